"""`d2m generate --project` writes the kept take without the page, and makes nothing new."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from studio_quick import QUICK

from d2m_cli import Studio, Take
from d2m_cli.cli import app
from d2m_cli.errors import InputError
from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.sound import load_sound
from d2m_cli.studio.project import Project

Run = Callable[..., int]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*words: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["d2m", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            app.main()
        return int(ended.value.code or 0)

    return run


def test_the_kept_take_is_written_while_the_studio_is_open(
    studio: Studio, first: Take, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = studio.redo(first.id, 1.0, 2.0, settings=QUICK)
    studio.keep(first.id)
    out, beats = tmp_path / "out.mp4", tmp_path / "beats.mid"
    assert run("generate", "--project", studio.file, "-o", out, "--beats", beats, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["take"]["id"] == first.id != second.id
    assert probe(out).has_audio and beats.read_bytes()[:4] == b"MThd"
    assert abs(len(load_sound(out, first.rate)) - len(first.samples)) < 0.05 * first.rate
    assert run("generate", "--project", studio.folder, "-o", f"{tmp_path}/takes/") == 0
    assert (tmp_path / "takes" / "dance.d2m.mp4").is_file()
    studio.undo()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--style", "rock"], "made already: leave --style out"),
        (["--seed", "4"], "made already: leave --seed out"),
        (["--lufs", "-14"], "made already: leave --lufs out"),
        (["examples/dance.mp4"], "leave the video out"),
    ],
)
def test_what_would_make_another_take_is_refused(
    studio: Studio, run: Run, words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("generate", "--project", studio.file, "-o", "x.wav", *words) == 1
    assert why in " ".join(capsys.readouterr().err.split())
    assert not Path("x.wav").exists()


def test_a_project_that_is_only_read_cannot_be_changed(studio: Studio, first: Take) -> None:
    with pytest.raises(InputError, match="not open for changes"):
        Project.read(studio.file).keep(first.id)
    assert Project.read(studio.file).take(first.id).record() == first.record()
