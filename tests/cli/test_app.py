"""The command as a whole: its first lines, help for people, version and completion."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from project import ROOT
from typer.main import get_command

import d2m_cli
from d2m_cli.cli.app import COMMANDS, app
from d2m_cli.cli.failures import sentence


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m d2m_cli` with the given words."""
    variables = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **environment}
    return subprocess.run(
        [sys.executable, "-m", "d2m_cli", *words],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def all_commands() -> list[str]:
    found = [""]
    for name in COMMANDS:
        inner = getattr(loaded(name), "commands", {})
        found += [name, *(f"{name} {part}" for part in inner)]
    return found


def loaded(name: str) -> Any:
    group: Any = get_command(app)
    return group.load(name)


def test_alone_it_shows_the_three_commonest_lines() -> None:
    result = run()
    assert result.returncode == 0
    assert sum(line.startswith("  d2m generate") for line in result.stdout.splitlines()) == 3


@pytest.mark.parametrize("name", list(COMMANDS))
def test_the_list_says_what_each_command_says_of_itself(name: str) -> None:
    told = " ".join((loaded(name).help or "").split("\n\n")[0].split())
    assert COMMANDS[name].summary == told


def test_only_the_command_that_is_called_is_imported() -> None:
    done = run("--help", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not imported & {"rich", "numpy", "d2m_cli.cli.options", "d2m_cli.cli.generate"}


def test_version() -> None:
    assert run("--version").stdout == f"d2m {d2m_cli.__version__}\n"


def test_generate_comes_first_and_research_has_its_own_panel() -> None:
    shown = run("-h").stdout
    order = [
        shown.index(name) for name in (" generate ", " styles ", " doctor ", "For researchers")
    ]
    assert order == sorted(order)
    assert shown.index("For researchers") < shown.index(" evaluate ") < shown.index(" train ")


@pytest.mark.parametrize("command", all_commands())
def test_help_is_in_peoples_words(command: str, monkeypatch, capsys) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    with pytest.raises(SystemExit) as stopped:
        app([*command.split(), "-h"], prog_name="d2m")
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert "Usage: d2m" in shown
    assert not set("{}") & set(shown)
    assert "......" not in shown and "...]..." not in shown
    for word in ("<bool>", "<str>", "<int>", "<float", "<path>", "list["):
        assert word not in shown


def test_generate_groups_its_options() -> None:
    shown = run("generate", "-h").stdout
    panels = ["Music", "Part of the video", "Output", "For researchers"]
    order = [shown.index(f"─ {panel} ─") for panel in panels]
    assert order == sorted(order)
    assert shown.index("An editor:") < shown.index("A batch:")
    assert shown.index("─ For researchers ─") < shown.index("--level")


def test_the_shell_completes_commands_and_options() -> None:
    def completed(words: str) -> list[str]:
        variables = {
            "_D2M_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        }
        return run(**variables).stdout.split()

    assert completed("d2m gen") == ["generate"]
    assert {"--style", "--start"} <= set(completed("d2m generate --st"))


def test_a_mistyped_value_says_what_is_meant() -> None:
    for words, told in (
        (("--start", "soon"), "1:02.5"),
        (("--tempo", "nan"), "x2 or half"),
        (("--mix", "2"), "from 0 to 1"),
        (("--seed", "-1"), "whole number from 0 to 2^63-1"),
        (("--level", "god"), "Invalid value for '--level': 'god' is not one of 'high', 'low'"),
    ):
        result = run("generate", "dance.mp4", *words)
        assert result.returncode == 2
        assert told in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    "words",
    [
        ("measure", "codec"),
        ("measure", "inputs"),
        ("measure", "distances"),
        ("measure", "styles"),
        ("measure", "rhythm"),
        ("evaluate",),
        ("eval-beats", "."),
        ("prepare", "aist", "-o", "cache"),
    ],
)
def test_a_path_that_is_missing_is_told_before_the_heavy_imports(words: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom d2m_cli.cli.app import app\n"
        f"try: app([*{words!r}, 'absent'], standalone_mode=False)\n"
        "except Exception as error: print(error)\n"
        "print([name for name in ('torch', 'librosa', 'scipy') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "absent does not exist: check the path.\n[]\n"


@pytest.mark.parametrize("option", ["--stems", "--stem=drums"])
def test_who_asks_for_stems_is_told_why_there_are_none(option: str) -> None:
    result = run("generate", "dance.mp4", option)
    assert result.returncode == 1
    assert result.stderr.startswith("d2m: There are no stems") and result.stderr.count("\n") == 1
    assert "--style" not in result.stderr


@pytest.mark.parametrize(
    "error", [MemoryError(), ImportError("libx.so: failed to map segment from shared object")]
)
def test_who_has_no_memory_left_is_told_so(error: Exception) -> None:
    assert sentence(error).startswith("Memory ran out")
