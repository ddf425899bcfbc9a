"""Real videos for the tests, made by the ffmpeg that the project uses."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from d2m_cli.media import ffmpeg_path

RunFfmpeg = Callable[..., None]


def pytest_configure() -> None:
    """One thread a process, as two processes share the tests: more threads wait for one another."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def run_ffmpeg() -> RunFfmpeg:
    """Run ffmpeg with the given arguments; fails loudly."""

    def run(*arguments: str | Path) -> None:
        command = [ffmpeg_path(), "-v", "error", "-y", "-nostdin", *map(str, arguments)]
        subprocess.run(command, check=True)

    return run


@pytest.fixture(scope="session")
def clip_3s(tmp_path_factory: pytest.TempPathFactory, run_ffmpeg: RunFfmpeg) -> Path:
    """Test picture with a running counter, 3 s, 320x240, 30 fps H.264 with B-pictures; AAC tone."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    picture = ("-f", "lavfi", "-i", "testsrc=duration=3:size=320x240:rate=30")
    sound = ("-f", "lavfi", "-i", "sine=frequency=440:duration=3:sample_rate=48000")
    codecs = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac")
    run_ffmpeg(*picture, *sound, *codecs, "-movflags", "+faststart", path)
    return path
