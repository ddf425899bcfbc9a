"""Small silent videos of the dances, for the players of the report."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import ffmpeg

from d2m_cli.output.run import run_ffmpeg

HEIGHT = 240
"""Pixels."""
RATE = 15
"""Pictures per second."""
QUALITY = 34
"""H.264's constant rate factor: about 8 kB a second of a dancer."""


def preview_videos(videos: Mapping[str, Path], count: int, seconds: float) -> dict[str, bytes]:
    """The first `seconds` of the first `count` videos as small MP4 files without sound."""
    shown = list(videos.items())[:count]
    with tempfile.TemporaryDirectory() as folder:
        return {name: _preview(path, Path(folder) / "small.mp4", seconds) for name, path in shown}


def _preview(path: Path, out: Path, seconds: float) -> bytes:
    picture = ffmpeg.input(str(path.absolute()), t=seconds).video
    small = picture.filter("scale", -2, HEIGHT).filter("fps", RATE)
    sink = small.output(
        str(out),
        vcodec="libx264",
        crf=QUALITY,
        preset="veryfast",
        pix_fmt="yuv420p",
        movflags="+faststart",
    )
    run_ffmpeg(sink, out)
    return out.read_bytes()
