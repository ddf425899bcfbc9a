"""Names that lead nowhere: each is one sentence about the place, told before the work."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from project import ROOT

COMMAND = [sys.executable, "-m", "d2m_cli"]


def told(words: list[str], folder: Path | str) -> str:
    """What the command says on its error output; its status is 1 and nothing is a defect."""
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("d2m: ") == 1 and "defect" not in done.stderr, done.stderr
    return done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "dance.mp4").write_bytes((ROOT / "examples/dance.mp4").read_bytes())
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["{long}"],
        ["dance.mp4", "-o", "{long}/out.mp4"],
        ["dance.mp4", "--plot", "{long}/"],
        ["dance.mp4", "--style-audio", "{long}"],
    ],
)
def test_a_name_that_is_too_long(words: list[str], folder: Path) -> None:
    long = 300 * "x" + ".mp4"
    said = told(["generate", *(word.format(long=long) for word in words)], folder)
    assert "cannot be reached (File name too long)" in said


@pytest.mark.parametrize("option", ["-o", "--plot", "--save-features", "--log", "--style-audio"])
def test_an_empty_name(option: str, folder: Path) -> None:
    said = told(["generate", "dance.mp4", option, ""], folder)
    assert f"The name after {option} is empty" in said
    assert [path.name for path in folder.iterdir()] == ["dance.mp4"]


@pytest.mark.parametrize(
    "words",
    [
        ["generate", "dance.mp4", "--log", "--json"],
        ["generate", "dance.mp4", "-o", "--level", "high"],
        ["studio", "dance.mp4", "--folder", "--no-browser"],
        ["measure", "codec", "codec.safetensors", "--music", "--level", "high"],
    ],
)
def test_an_option_is_no_value_of_another(words: list[str], folder: Path) -> None:
    said = told(words, folder)
    assert "lacks its value" in said and said.count("\n") == 1, said
    assert [path.name for path in folder.iterdir()] == ["dance.mp4"]


@pytest.mark.parametrize("log", ["absent/log.jsonl", "."])
def test_a_log_that_cannot_be_written_stops_before_the_work(log: str, folder: Path) -> None:
    said = told(["generate", "dance.mp4", "-o", "out.mp4", "--log", log], folder)
    assert "cannot be written" in said and "analyze" not in said
    assert [path.name for path in folder.iterdir()] == ["dance.mp4"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a folder in use")
def test_a_current_folder_that_is_gone(folder: Path) -> None:
    gone = folder / "gone"
    gone.mkdir()
    command = 'cd "$0" && rmdir "$0" && exec "$@"'
    done = subprocess.run(
        ["sh", "-c", command, gone, *COMMAND, "generate", folder / "dance.mp4"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("d2m: The current folder is gone")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["eval-beats", "tone.wav", "tone.wav", "--csv", "tone.wav"], "name it tone.csv"),
        (["eval-beats", "tone.wav", "tone.wav", "--plot", "tone.wav"], "name it tone.png"),
        (["evaluate", "dance.mp4", "--results", "dance.mp4"], "name it dance.json"),
        (["evaluate", "dance.mp4", "--html", "dance.mp4"], "name it dance.html"),
        (["evaluate", "empty"], "There is no dance: give videos"),
        (["styles", "--bundle", "absent"], "There is no bundle 'absent'"),
        (["measure", "rhythm", "dance.mp4"], "dance.mp4 is no folder"),
        (
            ["prepare", "song", "-o", "cache"],
            "choose one of aist, tiktok, folder, motion, music, s",
        ),
        (["prepare", "songs", "-o", "cache"], "add --soundfont FILE"),
        (["prepare", "songs", ".", "-o", "cache"], "leave . out"),
        (["generate", "dance.mp4", "--log", "dance.mp4"], "is an input of this command"),
        (["generate", "dance.mp4", "-o", "o.mp4", "--log", "o.mp4"], "Two outputs would be o.mp4"),
        (["prepare", "music", ".", "-o", "tone.wav"], "tone.wav is a file, where a folder"),
        (["studio", "dance.mp4", "--folder", "tone.wav"], "tone.wav exists and is no project"),
    ],
)
def test_what_newcomers_mix_up(words: list[str], wanted: str, folder: Path) -> None:
    soundfile.write(folder / "tone.wav", np.sin(np.arange(22050) / 8), 22050)
    (folder / "empty").mkdir()
    before = {path.name: path.read_bytes() for path in folder.glob("*.*")}
    assert wanted in told(words, folder)
    assert before == {path.name: path.read_bytes() for path in folder.glob("*.*")}


def test_a_number_that_is_none_is_told_in_plain_words(folder: Path) -> None:
    for port, wanted in (("abc", "it should be a valid integer\n"), ("99999", "it should be less")):
        command = [*COMMAND, "studio", "dance.mp4", "--port", port]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 2 and wanted in done.stderr


def test_an_output_without_its_option_is_told(folder: Path) -> None:
    command = [*COMMAND, "generate", "absent.mp4", "out.mp4"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith(
        "out.mp4, because it does not exist (an output is named with -o)."
    )
