"""The one ffmpeg binary that decoding, muxing and moviepy share."""

import shutil
from functools import cache
from pathlib import Path


def ffmpeg_path() -> str:
    """Path of the system's ffmpeg if one is on the PATH, else of the one inside imageio-ffmpeg."""
    return shutil.which("ffmpeg") or _bundled()


@cache
def _bundled() -> str:
    import imageio_ffmpeg

    return str(Path(imageio_ffmpeg.get_ffmpeg_exe()))


def complaint(stderr: str) -> str:
    """The last line that ffmpeg wrote before it gave up, without its `[mov @ 0x55..]` prefix."""
    lines = [line.rpartition("] ")[2].strip() for line in stderr.splitlines()]
    return next((line.rstrip(".") for line in reversed(lines) if line), "no reason given")
