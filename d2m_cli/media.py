"""The one ffmpeg binary that decoding, muxing and moviepy share, and how its clock runs."""

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream


def ffmpeg_path() -> str:
    """Path of the system's ffmpeg if one is on the PATH, else of the one inside imageio-ffmpeg."""
    return shutil.which("ffmpeg") or _bundled()


@cache
def _bundled() -> str:
    import imageio_ffmpeg

    return str(Path(imageio_ffmpeg.get_ffmpeg_exe()))


def complaint(stderr: str) -> str:
    """The first line of ffmpeg's errors, which names the cause, without its `[mov @ 0x55..]`."""
    lines = [line.rpartition("] ")[2].strip() for line in stderr.splitlines()]
    return next((line.rstrip(".") for line in lines if line), "no reason given")


def picture_stream(container: "InputContainer") -> "VideoStream | None":
    """First video stream of an open file that moves, so not its cover art; None without one."""
    from av.stream import Disposition

    moving = (s for s in container.streams.video if not s.disposition & Disposition.attached_pic)
    return next(moving, None)


@dataclass(frozen=True)
class Clock:
    """How ffmpeg's clock, which begins with the earliest stream, stands to a clip's own."""

    first_picture: float
    """Seconds on ffmpeg's clock at which the clip's time 0 lies."""
    seekable: bool
    """The container has an index that leads to the right key frame."""


def read_clock(path: Path) -> Clock:
    """The clock of the video at `path`, which must be one that can be opened."""
    import av

    with av.open(str(path.absolute())) as container:
        stream = picture_stream(container)
        assert stream is not None, f"{path} was probed before"
        seekable = any(name in container.format.name for name in ("mp4", "matroska"))
        if stream.start_time is None or container.start_time is None:
            return Clock(0.0, seekable)
        begin = float(stream.start_time * (stream.time_base or 0))
        return Clock(begin - container.start_time / av.time_base, seekable)
