"""`d2m generate --motion FILE`: music for a dance of which there is no video, or one beside it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
from capture_files import bvh_text
from project import ROOT

DRAFT = ("--level", "high", "--quality", "draft", "--json")


def d2m(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "d2m_cli", "generate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_mixamo_dance_gets_its_music(tmp_path: Path) -> None:
    dance, out, beats = tmp_path / "dance.bvh", tmp_path / "music.wav", tmp_path / "beats.csv"
    dance.write_text(bvh_text(seconds=8.0, bpm=100.0))
    result = d2m("--motion", dance, "-o", out, "--beats", beats, *DRAFT)
    assert result.returncode == 0, result.stderr
    facts = json.loads(result.stdout)
    assert facts["music_tempo"] == pytest.approx(100.0, rel=0.04)
    samples, rate = soundfile.read(out)
    assert len(samples) / rate == pytest.approx(8.0, abs=0.05) and abs(samples).max() > 0.05
    assert len(beats.read_text().splitlines()) == len(facts["beats"]) + 1
    again = d2m("--motion", dance, "-o", out, "--resume", *DRAFT)
    assert again.returncode == 0 and "is there and whole" in again.stderr
    wrong = d2m("--motion", dance, "-o", tmp_path / "music.mp4", *DRAFT)
    assert wrong.returncode == 1 and "Traceback" not in wrong.stderr


def test_keypoints_of_a_video_stand_beside_it(tmp_path: Path, run_ffmpeg) -> None:
    video, out = tmp_path / "dance.mp4", tmp_path / "out.mp4"
    run_ffmpeg("-i", ROOT / "examples" / "dance.mp4", "-t", "2", "-c", "copy", video)
    landmarks = [[0.4 + 0.01 * n, 0.1 + 0.02 * n, 0.0, 0.9] for n in range(33)]
    frames = [[[x + 0.01 * (t % 15), *rest] for x, *rest in landmarks] for t in range(70)]
    path = tmp_path / "landmarks.json"
    path.write_text(json.dumps(frames))
    result = d2m(video, "--motion", path, "-o", out, *DRAFT)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["duration"] == pytest.approx(2.0, abs=0.1)
    path.write_text(json.dumps(frames[:30]))
    short = d2m(video, "--motion", path, "-o", tmp_path / "short.mp4", *DRAFT)
    assert short.returncode == 1 and "before the video" in short.stderr
    assert sorted(p.name for p in tmp_path.glob("*.mp4")) == ["dance.mp4", "out.mp4"]
