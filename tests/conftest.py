"""Real videos for the tests, made by the ffmpeg that comes along, whichever one is chosen."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from data_trees import write_music
from project import EXAMPLE, EXAMPLE_BPM

from d2m_cli.media import bundled_ffmpeg

RunFfmpeg = Callable[..., None]


def pytest_configure(config: pytest.Config) -> None:
    """One thread a process, as two processes share the tests: more threads wait for one another.

    Nothing of the user's own folder is read or written.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if "D2M_HOME" not in os.environ:
        home = tempfile.TemporaryDirectory(prefix="d2m-home-", ignore_cleanup_errors=True)
        config.add_cleanup(home.cleanup)
        os.environ["D2M_HOME"] = home.name


@pytest.fixture(scope="session")
def run_ffmpeg() -> RunFfmpeg:
    """Run ffmpeg with the given arguments; fails loudly."""

    def run(*arguments: str | Path) -> None:
        command = [bundled_ffmpeg(), "-v", "error", "-y", "-nostdin", *map(str, arguments)]
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


@pytest.fixture(scope="session")
def dance_clips(tmp_path_factory: pytest.TempPathFactory, run_ffmpeg: RunFfmpeg) -> dict[str, Path]:
    """Two parts of the example dance, 2.1 s each, with clicks on its beats and its half beats."""
    folder = tmp_path_factory.mktemp("dances")
    clips = {}
    for name, start, bpm in (("first", 0.0, EXAMPLE_BPM), ("second", 5.0, 2 * EXAMPLE_BPM)):
        music = write_music(folder / f"{name}.wav", bpm, seconds=2.1)
        clips[name] = folder / f"{name}.mp4"
        picture = ("-ss", str(start), "-t", "2.1", "-i", EXAMPLE)
        tracks = ("-i", music, "-map", "0:v", "-map", "1:a")
        run_ffmpeg(*picture, *tracks, "-c:v", "libx264", "-preset", "veryfast", clips[name])
    return clips


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not (mount := shutil.which("mount")):
        pytest.skip("there is no mount command here")
    command = [mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk may not be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
