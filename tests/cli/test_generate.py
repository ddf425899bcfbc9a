"""`d2m generate` as users run it: outputs, JSON, plots, and one sentence for each mistake."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread
from project import ROOT

from d2m_cli.bundles.places import embedded_folder
from d2m_cli.cli import app


@pytest.fixture(scope="session")
def dance(tmp_path_factory: pytest.TempPathFactory, run_ffmpeg) -> Path:
    path = tmp_path_factory.mktemp("dance") / "dance.mp4"
    run_ffmpeg("-i", ROOT / "examples" / "dance.mp4", "-t", "2.5", "-c", "copy", path)
    return path


class Result:
    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def d2m(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):
    """Run the command line in this process, as the console script does."""

    def run(*arguments: str | Path) -> Result:
        monkeypatch.setattr(sys, "argv", ["d2m", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            app.main()
        out, err = capfd.readouterr()
        code = stopped.value.code
        return Result(code if isinstance(code, int) else 0, out, err)

    return run


def test_hearing_a_song_is_a_step(d2m, dance: Path, tmp_path: Path) -> None:
    song = ROOT / "examples" / "sounds" / "low_pop_0.mp3"
    words = ("--style-audio", song, "--level", "high", "--quality", "draft", "--json")
    result = d2m("generate", dance, "-o", tmp_path / "out.wav", *words)
    stages = json.loads(result.out)["stages"]
    assert set(stages) == {"listen", "analyze", "compose", "decode", "postprocess", "write"}
    assert stages["listen"] > 0.05


def test_a_still_picture_is_offered_no_tempo(d2m, tmp_path: Path, run_ffmpeg) -> None:
    frame, still = tmp_path / "frame.png", tmp_path / "still.mp4"
    run_ffmpeg("-i", ROOT / "examples" / "dance.mp4", "-frames:v", "1", frame)
    run_ffmpeg("-loop", "1", "-t", "4.5", "-i", frame, "-pix_fmt", "yuv420p", still)
    options = ("--level", "high", "--quality", "draft")
    result = d2m("generate", still, "-o", tmp_path / "out.wav", *options)
    assert "a guess: hardly anything moves" in " ".join(result.out.replace("│", " ").split())
    assert "perhaps" not in result.out and "note: Hardly anything moves" in result.err
    result = d2m("generate", still, "-o", tmp_path / "out2.wav", *options, "--json")
    assert json.loads(result.out)["dance_tempo_alternatives"] == []


def test_json_plot_and_features(d2m, dance: Path, tmp_path: Path) -> None:
    out, plot = tmp_path / "out.mp4", tmp_path / "plot.png"
    options = ("--level", "high", "--json", "--plot", plot, "--save-features", tmp_path / "f")
    result = d2m("generate", dance, "-o", out, *options)
    assert result.status == 0, result.err
    facts = json.loads(result.out)
    assert facts["out"] == str(out) and out.stat().st_size > 10_000
    assert facts["duration"] == pytest.approx(2.5, abs=0.1)
    assert 0.9 < facts["dancer_found"] <= 1.0
    assert set(facts["stages"]) == {"analyze", "compose", "decode", "postprocess", "write"}
    assert imread(plot).shape[1] > 1000
    with np.load(tmp_path / "f" / "dance.npz") as features:
        assert features["motion"].shape[0] == len(features["motion_channels"]) == 53
    assert "mediapipe" not in result.err.lower() and "W0000" not in result.err


def test_of_two_dancers_one_is_followed(d2m, dance: Path, tmp_path: Path, run_ffmpeg) -> None:
    both = tmp_path / "both.mp4"
    still = "[0:v]trim=end_frame=1,loop=-1:1,setpts=N/30/TB[still];[still][0:v]hstack=shortest=1[v]"
    run_ffmpeg("-i", dance, "-filter_complex", still, "-map", "[v]", "-t", "1.5", both)
    options = ("--audio-only", "--level", "high", "--quality", "draft", "--json", "--overwrite")
    lively = json.loads(d2m("generate", both, *options).out)
    assert lively["dancer"] == 2 and min(lively["people_found"]) > 0.9
    assert any("2 people" in warning for warning in lively["warnings"])
    left = json.loads(d2m("generate", both, "--dancer", "left", *options).out)
    assert left["dancer"] == 1 and not any("people" in warning for warning in left["warnings"])
    third = d2m("generate", both, "--dancer", "3", *options)
    assert third.status == 1 and "no dancer 3: the video shows 2 people" in third.err


def test_several_videos_and_audio_only(d2m, dance: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.mp4"
    shutil.copy(dance, second)
    result = d2m("generate", dance, second, "-o", tmp_path / "out.wav", "--audio-only")
    assert result.status == 1 and "2 videos" in result.err  # one file for two videos
    result = d2m(
        *("generate", dance, second, "-o", f"{tmp_path}/out/", "--level", "high", "--audio-only")
    )
    assert result.status == 0, result.err
    for name in ("dance", "second"):
        samples, rate = soundfile.read(tmp_path / "out" / f"{name}.d2m.wav")
        assert len(samples) / rate == pytest.approx(2.5, abs=0.1)
    assert "2 of 2 videos done" in result.err


def test_one_bad_video_among_several_does_not_stop_the_others(
    d2m, dance: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("not a video")
    (tmp_path / "out").mkdir()
    result = d2m("generate", bad, dance, "-o", tmp_path / "out", "--level", "high")
    assert result.status == 1
    assert "bad.mp4" in result.err
    assert [f.name for f in (tmp_path / "out").iterdir()] == ["dance.d2m.mp4"]


def cases(dance: Path, clip: Path, folder: Path) -> dict[str, tuple[list[object], str]]:
    text, cut, taken = folder / "text.mp4", folder / "cut.mp4", folder / "taken.mp4"
    text.write_text("hello")
    (folder / "empty").mkdir()
    cut.write_bytes(dance.read_bytes()[: dance.stat().st_size // 2])
    taken.write_bytes(b"old")
    own = folder / "own.mp4"
    shutil.copy(dance, own)
    damaged = folder / "damaged"
    shutil.copytree(embedded_folder(), damaged)
    weights = damaged / "generator_high.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    out = folder / "new.mp4"
    return {
        "missing": ([folder / "none.mp4", "-o", out], "does not exist"),
        "text": ([text, "-o", out], "text.mp4"),
        "truncated": ([cut, "-o", out], "cut.mp4"),
        "nobody": ([clip, "-o", out], "No person"),
        "no folder": ([dance, "-o", folder / "no" / "new.mp4"], "does not exist"),
        "no suffix": ([dance, "-o", folder / "new"], "new.mp4, or"),
        "empty folder": ([folder / "empty", "-o", f"{folder}/made/"], "no video"),
        "address": (["https://example.org/dance.mp4", "-o", out], "yt-dlp"),
        "style": ([dance, "-o", out, "--style", "polka"], "chiptune"),
        "style twice": ([dance, "-o", out, "--style", "rock", "--style-audio", dance], "one of"),
        "song": ([dance, "-o", out, "--style-audio", folder / "none.mp3"], "none.mp3"),
        "end": ([dance, "-o", out, "--start", "0:02", "--end", "1.5"], "later"),
        "nobody in a folder": ([clip, "-o", f"{folder}/made/"], "No person"),
        "input": ([own, "-o", own, "--overwrite"], "own.mp4"),
        "exists": ([dance, "-o", taken], "overwrite"),
        "suffix": ([dance, "-o", folder / "new.xyz"], "xyz"),
        "bundle": ([dance, "-o", out, "--bundle", "nope"], "nope"),
        "hash": ([dance, "-o", out, "--bundle", damaged], "damaged"),
        "start": ([dance, "-o", out, "--start", "99"], "99"),
    }


def test_mistakes_get_one_sentence_and_leave_nothing(
    d2m, dance: Path, clip_3s: Path, tmp_path: Path
) -> None:
    for name, (arguments, said) in cases(dance, clip_3s, tmp_path).items():
        before = sorted(tmp_path.rglob("*"))
        result = d2m("generate", *arguments, "--level", "high")
        complaint = [line for line in result.err.splitlines() if line.startswith("d2m: ")]
        assert result.status == 1, name
        assert len(complaint) == 1 and said in result.err, f"{name}: {result.err}"
        assert "Traceback" not in result.err, name
        assert sorted(tmp_path.rglob("*")) == before, name
    assert (tmp_path / "taken.mp4").read_bytes() == b"old"


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from d2m_cli.errors import InputError

    monkeypatch.setattr(sys, "argv", ["d2m", "generate", str(tmp_path / "none.mp4"), "--debug"])
    with pytest.raises(InputError):
        app.main()
