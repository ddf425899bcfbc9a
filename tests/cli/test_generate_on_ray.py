"""`d2m generate --engine ray` gives what one machine gives, a line a clip, and goes on."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

OPTIONS = ("--audio-only", "--level", "high", "--quality", "draft", "--json", "--no-cache")


def d2m(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "d2m_cli", "generate", *map(str, arguments), *OPTIONS]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra `ray` is not installed")
def test_ray_makes_the_same_bytes(dance_clips: dict[str, Path], tmp_path: Path) -> None:
    clips, log = tmp_path / "clips", tmp_path / "log.jsonl"
    clips.mkdir()
    for name, clip in dance_clips.items():
        (clips / f"{name}.mp4").write_bytes(clip.read_bytes())
    (clips / "bad.mp4").write_text("no video")
    alone = d2m(clips, "-o", f"{tmp_path}/alone/", "--log", log)
    assert alone.returncode == 1, alone.stderr
    ray = ("--engine", "ray", "--workers", "2", "--log", log)
    shared = d2m(f"file://{clips}", "-o", f"file://{tmp_path}/shared/", *ray)
    if "Ray did not start" in shared.stderr:
        pytest.skip(shared.stderr)
    assert shared.returncode == 1, shared.stderr
    made = {path.name: path.read_bytes() for path in (tmp_path / "alone").iterdir()}
    assert len(made) == 2
    assert {path.name: path.read_bytes() for path in (tmp_path / "shared").iterdir()} == made
    for one, other in zip(json.loads(alone.stdout), json.loads(shared.stdout), strict=True):
        for record in (one, other):
            record.pop("stages", None), record.pop("out", None)
        assert one == other

    rows = [json.loads(line) for line in log.read_text().splitlines()]
    told = [(Path(row["video"]).name, row["status"]) for row in rows]
    usual = [("bad.mp4", "failed"), ("first.mp4", "done"), ("second.mp4", "done")]
    assert sorted(told[:3]) == usual and sorted(told[3:]) == usual
    assert all(row["seconds"] > 0 and row["worker"] for row in rows if row["status"] == "done")

    (tmp_path / "shared" / "first.d2m.wav").unlink()
    again = d2m(clips, "-o", f"{tmp_path}/shared/", "--resume", "--log", log)
    assert again.returncode == 1
    assert {path.name: path.read_bytes() for path in (tmp_path / "shared").iterdir()} == made
    rows = [json.loads(line) for line in log.read_text().splitlines()][6:]
    assert sorted(row["status"] for row in rows) == ["done", "failed", "there"]
