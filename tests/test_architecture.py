"""Imports run in one direction (docs/architecture.md); this fails on one that runs back."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT

PACKAGE = ROOT / "d2m_cli"
GROUND = {
    "spec",
    "timeline",
    "types",
    "errors",
    "device",
    "progress",
    "files",
    "pcm",
    "librosa_lock",
    "media",
    "clock",
    "caches",
    "opencv",
    "__init__",
    "ahead",
    "arrays",
    "cluster",
    "record",
    "side_by_side",
    "lean_torch",
    "memory",
}
TYPES_ONLY = {"evaluation.record": "record"}
"""Modules that hold types alone: ground, so that a record may be named by whoever shows it."""

ALLOWED = {
    "__init__": GROUND | {"generation", "evaluation", "studio"},
    "__main__": {"cli"},
    "ingest": GROUND,
    "features": GROUND,
    "models": GROUND,
    "codec": GROUND,
    "sketch": GROUND,
    "output": GROUND,
    "losses": GROUND,
    "metrics": GROUND,
    "bundles": GROUND | {"codec", "models", "sketch"},
    "analysis": GROUND | {"bundles", "ingest", "features", "models"},
    "data": GROUND | {"analysis", "ingest", "features", "sketch"},
    "songs": GROUND | {"bundles", "data", "features", "sketch", "output"},
    "report": GROUND | {"metrics"},
    "generation": GROUND
    | {"analysis", "bundles", "ingest", "features", "models", "codec", "sketch", "output"}
    | {"official", "data"},
    "official": GROUND | {"analysis", "bundles", "features", "models", "codec", "data"},
    "training": GROUND
    | {"models", "codec", "losses", "data", "features", "metrics", "report", "bundles"}
    | {"generation", "sketch"},
}
ALLOWED["studio"] = (
    GROUND
    | {"analysis", "bundles", "features", "ingest", "generation", "sketch", "output"}
    | {"codec", "models", "data"}
)
ALLOWED["studio_page"] = GROUND | {"studio", "ingest"}
ALLOWED["evaluation"] = GROUND | ALLOWED.keys()
EVERYTHING = GROUND | ALLOWED.keys() | {"cli"}
HEAVY = {"torch", "librosa", "mediapipe", "av", "moviepy", "scipy", "matplotlib", "lightning"}


def room_of(file: Path) -> str:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return TYPES_ONLY.get(".".join(parts), parts[0])


def imported_rooms(file: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file} uses a relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            package, *inner = name.split(".")
            if package == "d2m_cli" and ".".join(inner[:2]) in TYPES_ONLY:
                rooms.add(TYPES_ONLY[".".join(inner[:2])])
            elif package == "d2m_cli":
                rooms.add(inner[0] if inner and inner[0] in EVERYTHING else "__init__")
    return rooms


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("*.py")), ids=lambda f: str(f.name))
def test_no_import_runs_back(file: Path) -> None:
    room = room_of(file)
    allowed = EVERYTHING if room == "cli" else ALLOWED.get(room, GROUND) | {room}
    wrong = imported_rooms(file) - allowed
    assert not wrong, f"{file.relative_to(PACKAGE)} ({room}) imports {sorted(wrong)}"


@pytest.mark.parametrize(
    ("room", "line", "wrong"),
    [
        ("models", "from d2m_cli.generation.pipeline import Dance2Music", {"generation"}),
        ("models", "import d2m_cli.cli.app", {"cli"}),
        ("metrics", "from d2m_cli.ingest.audio import load_music", {"ingest"}),
        ("metrics", "from d2m_cli.evaluation.baselines import System", {"evaluation"}),
        ("training", "from d2m_cli.evaluation.ablation import held_out", {"evaluation"}),
        ("report", "from d2m_cli.evaluation.evaluate import Evaluation", {"evaluation"}),
        ("report", "from d2m_cli.evaluation.record import EvaluationRecord", set()),
        ("record", "from d2m_cli.evaluation.baselines import System", {"evaluation"}),
        ("evaluation", "from d2m_cli.cli.app import app", {"cli"}),
        ("evaluation", "from d2m_cli.training.run.loop import run", set()),
    ],
)
def test_the_check_sees_an_import_that_runs_back(
    tmp_path: Path, room: str, line: str, wrong: set[str]
) -> None:
    file = tmp_path / "module.py"
    file.write_text(line)
    assert imported_rooms(file) - (ALLOWED.get(room, GROUND) | {room}) == wrong


def test_metrics_take_arrays_of_numpy_alone() -> None:
    for file in (PACKAGE / "metrics").glob("*.py"):
        assert "torch" not in file.read_text(encoding="utf-8"), file.name


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys, d2m_cli.cli.app; print([m for m in {sorted(HEAVY)!r} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert result.stdout.strip() == "[]"


def test_generate_begins_without_what_its_networks_need() -> None:
    heavy = sorted({"torch", "scipy", "librosa", "mediapipe"})
    code = (
        f"import sys, d2m_cli.cli.generate.jobs; print([m for m in {heavy!r} if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert told.stdout.strip() == "[]"


def test_files_stay_short() -> None:
    long = {
        str(file.relative_to(PACKAGE)): lines
        for file in PACKAGE.rglob("*.py")
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 250
    }
    assert not long


def test_no_two_classes_of_the_researching_rooms_have_one_name() -> None:
    rooms = ("metrics", "evaluation", "report")
    homes: dict[str, set[str]] = {}
    for file in PACKAGE.rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, set()).add(str(file.relative_to(PACKAGE)))
    twice = {name: places for name, places in homes.items() if len(places) > 1}
    assert not {n: p for n, p in twice.items() if any(f.startswith(rooms) for f in p)}
