"""What a newcomer does: the README's lines in order, a batch, mistakes, pairs, a mos test."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest
from project import ROOT

from d2m_cli.cli import app

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHORT_SECONDS = "2.5"
SLOWEST_MISTAKE = 40.0
"""Times that `python -c pass` takes; an idle machine needs about ten."""


def block(heading: str, language: str) -> str:
    """The one block of a section of the README that is no set-up command."""
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(rf"```{language}\n(.*?)```", section, flags=re.DOTALL)
    assert len(blocks) == 1, f"{heading}: {len(blocks)} blocks"
    return str(blocks[0])


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, run_ffmpeg) -> Path:
    """What the README's lines need of a clone, with a short dance in the place of the example."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "examples").mkdir()
    dance = ROOT / "examples" / "dance.mp4"
    run_ffmpeg("-i", dance, "-t", SHORT_SECONDS, "-c", "copy", folder / "examples" / "dance.mp4")
    shutil.copytree(ROOT / "examples" / "sounds", folder / "examples" / "sounds")
    return folder


@pytest.fixture
def d2m(monkeypatch: pytest.MonkeyPatch, clone: Path, capfd: pytest.CaptureFixture[str]):
    """Run the command line in this process, in the clone; gives status, output and complaints."""
    monkeypatch.chdir(clone)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["d2m", *words])
        with pytest.raises(SystemExit) as stopped:
            app.main()
        out, err = capfd.readouterr()
        return int(stopped.value.code or 0), out, err

    return run


def test_the_lines_of_use_work_pasted_in_order(d2m, clone: Path) -> None:
    lines = [line.split(" #")[0].strip() for line in block("Use", "bash").splitlines()]
    assert len(lines) > 8
    for line in lines:
        line = line.replace("--start 0:02 --end 0:08.5", "--start 0:00.5 --end 0:02.1")
        status, _, complaints = d2m(*shlex.split(line)[1:], *fast(line))
        assert status == 0, f"{line}\n{complaints}"
    names = {str(path.relative_to(clone)) for path in clone.rglob("*") if path.is_file()}
    assert names >= {
        *("take2.mp4", "rock.mp4", "fast.mp4", "like.mp4", "music.wav", "beats.mid", "part.mp4"),
        *("mixed.mp4", "mixed.png", "scored/dance.d2m.mp4", "takes/dance.d2m.metal-seed1.mp4"),
    }


def fast(line: str) -> list[str]:
    """The faster level, so that the test takes less time."""
    return ["--level", "high"] if line.startswith("d2m generate") else []


def test_the_lines_of_python_work(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(clone)
    exec(compile(block("Python", "python"), "README.md", "exec"), {})
    assert (clone / "rock3.mp4").stat().st_size > 10_000


def test_a_batch_with_a_bad_file_then_its_pairs(d2m, clone: Path) -> None:
    clips = clone / "clips"
    clips.mkdir()
    shutil.copy(clone / "examples" / "dance.mp4", clips / "good.mp4")
    (clips / "bad.mp4").write_text("not a video")
    status, out, complaints = d2m("generate", "clips/", "-o", "made/", "--level", "high", "--json")
    assert status == 1
    assert "1 of 2 videos done; failed: bad.mp4, because" in complaints
    good, bad = json.loads(out)
    assert good["out"] == "made/good.d2m.mp4" and good["beats"]
    assert good["key"] and good["chords"] and good["sections"]
    assert bad["video"] == "clips/bad.mp4" and "bad.mp4" in bad["error"]

    again = d2m("generate", "clips/good.mp4", "-o", "made/", "--level", "high")
    assert again[0] == 1 and "exists" in again[2]
    resumed = d2m("generate", "clips/good.mp4", "-o", "made/", "--level", "high", "--resume")
    assert resumed[0] == 0 and "is there and whole" in resumed[2]

    (clips / "bad.mp4").unlink()
    status, out, complaints = d2m("eval-beats", "made", "made", "--json")
    assert status == 0, complaints
    assert [pair["name"] for pair in json.loads(out)["pairs"]] == ["good"]

    built = d2m("mos", "build", "test", "--system", "d2m=made", "--items", "1")
    assert built[0] == 0, built[2]
    key = (clone / "test" / "key.json").read_bytes()
    assert d2m("mos", "build", "test", "--system", "d2m=made", "--items", "1")[0] == 1
    assert (clone / "test" / "key.json").read_bytes() == key


MISTAKES = {
    "missing": (["none.mp4"], "does not exist"),
    "address": (["https://example.org/dance.mp4"], "yt-dlp"),
    "style": (["examples/dance.mp4", "--style", "polka"], "polka"),
    "suffix": (["examples/dance.mp4", "-o", "out.xyz"], "out.xyz"),
    "folder": (["examples/dance.mp4", "-o", "none/out.mp4"], "does not exist"),
    "exists": (["examples/dance.mp4", "-o", "there.mp4"], "exists"),
}


@pytest.mark.parametrize("name", list(MISTAKES))
def test_a_wrong_word_is_told_at_once(name: str, clone: Path) -> None:
    words, told = MISTAKES[name]
    (clone / "there.mp4").write_bytes(b"old")
    command = [sys.executable, "-X", "importtime", "-m", "d2m_cli", "generate", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def timed(command: list[str]) -> tuple[float, subprocess.CompletedProcess[str]]:
        begin = perf_counter()
        done = subprocess.run(
            command, cwd=clone, env=environment, capture_output=True, text=True, check=False
        )
        return perf_counter() - begin, done

    ratios = []
    for _ in range(3):
        nothing, _ = timed([sys.executable, "-c", "pass"])
        took, done = timed(command)
        ratios.append(took / nothing)
        assert done.returncode == 1
        assert told in next(line for line in done.stderr.splitlines() if line.startswith("d2m: "))
        assert not re.search(r"\| +(torch|numpy|mediapipe)$", done.stderr, re.MULTILINE)
    assert min(ratios) < SLOWEST_MISTAKE, ratios
