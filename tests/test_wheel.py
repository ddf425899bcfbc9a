"""What is needed to run is installed: a wheel, used in another folder without the checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest
from data_trees import write_music
from project import EXAMPLE_BPM, ROOT
from synthetic_dances import make_dances
from synthetic_music import make_cache

WEIGHTS = sorted(path.name for path in (ROOT / "weights").iterdir())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="the extra `test` is not installed")
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of an environment that has the wheel, and sees the libraries of this one."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder, with_pip=False)
    places = sysconfig.get_paths("venv", {"base": str(folder), "platbase": str(folder)})
    python = Path(places["scripts"]) / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    subprocess.run([*pip, "install", "--quiet", "--no-deps", str(wheel)], check=True)
    libraries = [path for path in sys.path if Path(path).name.endswith("-packages")]
    (Path(places["purelib"]) / "libraries.pth").write_text("\n".join(libraries) + "\n")
    return folder


def d2m(installed: Path, *arguments: str | Path, fails: bool = False) -> str:
    """What the installed command prints, or its complaint where it `fails`, in its own folder."""
    commands = sysconfig.get_path("scripts", "venv", {"base": str(installed)})
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [Path(commands) / "d2m", *arguments],
        cwd=installed,
        env={**environment, "D2M_HOME": str(installed / "home")},
        capture_output=True,
        text=True,
    )
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else done.stdout


def test_the_wheel_holds_the_package_and_the_weights_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"d2m_cli/embedded/{name}" for name in WEIGHTS} <= names
    kept = {"py", "toml", "html", "js", "css", "svg", "tflite", "md", "txt"}
    sources = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "d2m_cli").rglob("*.*")
        if path.suffix[1:] in kept
    }
    assert sources <= names
    tops = {name.partition("/")[0] for name in names}
    assert len(tops) == 2 and "d2m_cli" in tops, "beside the package there is its dist-info alone"
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_sdist_has_the_weights_and_no_tests(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="the extra `test` is not installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(built) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"weights/{name}" for name in WEIGHTS} <= names
    assert "d2m_cli/features/pose/networks/pose_landmarks.tflite" in names
    assert {name.partition("/")[0] for name in names}.isdisjoint({"tests", "benchmarks", ".ci"})


def test_the_installed_commands_explain_themselves(installed: Path) -> None:
    assert "generate" in d2m(installed, "--help")
    assert "--config" in d2m(installed, "train", "codec", "--help")


def test_the_weights_are_those_of_the_wheel(installed: Path) -> None:
    code = "from d2m_cli.bundles.places import embedded_folder; print(embedded_folder())"
    python = Path(sysconfig.get_path("scripts", "venv", {"base": str(installed)})) / "python"
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    found = subprocess.run(
        [python, "-c", code], cwd=installed, env=environment, capture_output=True, text=True
    )
    assert Path(found.stdout.strip()).is_relative_to(installed), found.stderr


def test_the_installed_command_makes_music(installed: Path, dance_clips: dict[str, Path]) -> None:
    fast = ("--level", "high", "--quality", "draft")
    d2m(installed, "generate", dance_clips["first"], "-o", "music.wav", *fast)
    assert (installed / "music.wav").stat().st_size > 80_000


def test_the_installed_command_trains_with_a_recipe_by_name(installed: Path) -> None:
    make_cache(installed / "cache/music")
    small = "batch=1 samples=4096 probe_crops=4 probe_samples=16384 kmeans_vectors=2500"
    changes = [f"--set={change}" for change in (*small.split(), "validation_crops=1")]
    d2m(installed, "train", "codec", "--config", "codec_high", "-o", "run", "--steps=1", *changes)
    assert (installed / "run/codec.safetensors").is_file()


def test_the_installed_command_trains_a_table_of_the_paper(installed: Path) -> None:
    make_dances(installed / "cache/dances", sketched=True)
    small = (
        "codec=embedded batch=1 seconds=0.5 validation_segments=1 pairs.music=cache/dances "
        "sizes.width=0.01 sizes.motion_width=0.01 sizes.min_channels=8 sizes.features=8 "
        "discriminator.channels=[4,4,4,4]"
    )
    plan = ("--seeds=1", "--steps=1", "--split=validation", "--segments=1", "--json")
    changes = [f"--set={change}" for change in small.split()]
    printed = d2m(installed, "train", "ablation", "table4", "-o", "runs", *plan, *changes)
    (table,) = json.loads(printed)["tables"]
    assert [row["name"] for row in table["rows"]] == ["High w/o M", "High w/o V", "High (full)"]
    assert all(row["mean"]["steps"] is not None for row in table["rows"])
    refused = d2m(installed, "train", "ablation", "table9", "-o", "runs", fails=True)
    assert "table4" in refused


def test_the_installed_command_evaluates(installed: Path, dance_clips: dict[str, Path]) -> None:
    write_music(installed / "rival/first.wav", EXAMPLE_BPM, seconds=2.1)
    options = ("--music=rival=rival", "--no-baselines", "--results=scores.json")
    d2m(installed, "evaluate", dance_clips["first"], *options)
    scores = json.loads((installed / "scores.json").read_text(encoding="utf-8"))
    assert [system["name"] for system in scores["systems"]] == ["rival"]
