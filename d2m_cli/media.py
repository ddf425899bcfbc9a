"""The one ffmpeg binary that decoding, muxing and moviepy share, and how its clock runs."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from d2m_cli.errors import D2MError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

_TS_DISCONT = 0x0200
"""libavformat's flag of containers whose time stamps may jump."""

_NOT_UTF_8 = "d2m-path:"

_LATE_BY = 32
"""Packets after a picture that stands alone among which those shown before it lie."""

_LOOK_AT = 1000
"""Packets of a file with several pictures that are read to see which of them moves."""


def ffmpeg_path() -> str:
    """Path of the ffmpeg in use: the one that `D2M_FFMPEG` names, else the one that comes along.

    Raises `D2MError` when there is no such program.
    """
    named = os.environ.get("D2M_FFMPEG")
    if not named:
        return bundled_ffmpeg()
    found = shutil.which(named)
    if found is None:
        raise D2MError(f"D2M_FFMPEG names '{named}', which is no program: correct it or unset it.")
    return found


@cache
def bundled_ffmpeg() -> str:
    """Path of the ffmpeg inside imageio-ffmpeg, or of the system's where that package has none.

    Raises `D2MError` when there is neither.
    """
    import imageio_ffmpeg

    try:
        return str(Path(imageio_ffmpeg.get_ffmpeg_exe()))
    except RuntimeError as error:
        raise D2MError(
            "There is no ffmpeg here: install one and name it with D2M_FFMPEG."
        ) from error


def word_of(path: Path) -> str:
    """A path as ffmpeg-python takes it, which knows no names that are not UTF-8."""
    text = str(path.absolute())
    try:
        text.encode()
    except UnicodeEncodeError:
        return _NOT_UTF_8 + os.fsencode(text).hex()
    return text


def real_words(command: Iterable[str]) -> list[str]:
    """A command line of ffmpeg-python with the paths behind `word_of` in their places."""
    mark = len(_NOT_UTF_8)
    return [
        os.fsdecode(bytes.fromhex(word[mark:])) if word.startswith(_NOT_UTF_8) else word
        for word in command
    ]


def complaint(stderr: str) -> str:
    """The first line of ffmpeg's errors, which names the cause, without its `[mov @ 0x55..]`."""
    lines = [line.rpartition("] ")[2].strip() for line in stderr.splitlines()]
    return next((line.rstrip(".") for line in lines if line), "no reason given")


def picture_stream(container: "InputContainer") -> "VideoStream | None":
    """First video stream of an open file that moves; None without one.

    Cover art does not move, and neither does a track of one picture beside others.
    """
    from av.stream import Disposition

    moving = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if len(moving) < 2:
        return moving[0] if moving else None
    counts = _first_packets(Path(container.name), {stream.index for stream in moving})
    return next((stream for stream in moving if counts[stream.index] > 1), moving[0])


def undecodable_packets(path: Path, index: int) -> int:
    """How many packets of stream `index` come before the first picture that stands alone.

    A transport stream that was cut anywhere begins with such, and no player shows them. 0 where
    no picture is marked as standing alone.
    """
    import av

    count = 0
    with av.open(str(path.absolute())) as container:
        for packet in container.demux(index):
            if packet.size and packet.is_keyframe:
                return count
            count += packet.size > 0
    return 0


def picture_begin(path: Path, stream: "VideoStream") -> float | None:
    """Seconds on the file's own clock at which its picture `stream` begins to be shown.

    None where nothing tells.
    """
    import av

    skipped = undecodable_packets(path, stream.index)
    if not skipped:
        return _begin(stream)
    with av.open(str(path.absolute())) as container:
        sized = (packet for packet in container.demux(stream.index) if packet.size)
        decoded = islice(sized, skipped, skipped + _LATE_BY)
        times = [packet.pts * packet.time_base for packet in decoded if packet.pts is not None]
    return float(min(times)) if times else _begin(stream)


def _first_packets(path: Path, streams: set[int]) -> dict[int, int]:
    """How many of the first `_LOOK_AT` packets of the file belong to each of `streams`."""
    import av

    counts = dict.fromkeys(streams, 0)
    with av.open(str(path)) as container:
        for packet in islice(container.demux(), _LOOK_AT):
            if packet.stream.index in counts and packet.size:
                counts[packet.stream.index] += 1
    return counts


@dataclass(frozen=True)
class SoundTrack:
    """A sound stream that can be decoded."""

    index: int
    """Number of the stream in its file."""
    channels: int
    alone: bool
    """It is the only sound stream of its file."""


def sound_track(path: Path) -> SoundTrack | None:
    """First sound of the file at `path` that can be decoded; None without one.

    Phones and films carry sound in codecs that are unknown here beside one that is not.
    """
    import av

    with av.open(str(path.absolute())) as container:
        indices = [stream.index for stream in container.streams.audio]
    for index in indices:
        channels = _channels(path, index)
        if channels:
            return SoundTrack(index, channels, len(indices) == 1)
    return None


def _channels(path: Path, index: int) -> int:
    """Channels of the first sound that comes out of a stream; 0 when none does."""
    import av

    with av.open(str(path.absolute())) as container:
        stream = container.streams[index]
        if not isinstance(stream, av.AudioStream) or stream.codec_context is None:
            return 0
        for packet in container.demux(stream):
            try:
                frames = stream.decode(packet)
            except av.FFmpegError:
                continue
            if frames:
                return frames[0].layout.nb_channels
    return 0


@dataclass(frozen=True)
class Clock:
    """How ffmpeg's clock for one stream of a file stands to the clip's own."""

    first_picture: float
    """Seconds on ffmpeg's clock at which the clip's time 0 lies."""
    seekable: bool
    """The container has an index that leads to the right key frame."""
    picture: int
    """Number of the stream that is the picture."""


def read_clock(path: Path, stream: int | None = None) -> Clock:
    """The clock of the video at `path`, which must be one that can be opened.

    ffmpeg begins to count with the earliest stream of a file; in transport streams and their like
    with the earliest that is used, which is to be number `stream` alone (None: the picture).
    """
    import av

    with av.open(str(path.absolute())) as container:
        picture = picture_stream(container)
        assert picture is not None, f"{path} was probed before"
        index = picture.index
        seekable = any(name in container.format.name for name in ("mp4", "matroska"))
        zero = picture_begin(path, picture)
        used = _begin(container.streams[index if stream is None else stream])
        if zero is None or container.start_time is None:
            return Clock(0.0, seekable, index)
        if container.format.flags & _TS_DISCONT:
            return Clock(zero - (zero if used is None else used), seekable, index)
    return Clock(zero - file_start(path), seekable, index)


def _begin(stream: "Stream") -> float | None:
    """Seconds on the file's own clock at which a stream begins; None where nothing tells."""
    if stream.start_time is None or stream.time_base is None:
        return None
    return float(stream.start_time * stream.time_base)


def file_start(path: Path) -> float:
    """Seconds on a file's own clock at which ffmpeg begins to count; 0 where it does not know.

    A chosen ffmpeg is asked: in Matroska versions differ.
    """
    import av

    if not os.environ.get("D2M_FFMPEG"):
        with av.open(str(path.absolute())) as container:
            return (container.start_time or 0) / av.time_base
    command = [ffmpeg_path(), "-hide_banner", "-nostdin", "-i", str(path.absolute())]
    told = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    found = re.search(rb"Duration: [^\n]*, start: (-?[\d.]+)", told.stderr)
    return float(found[1]) if found else 0.0
