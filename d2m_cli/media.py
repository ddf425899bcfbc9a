"""The one ffmpeg binary that decoding, muxing and moviepy share, and which streams count."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m_cli.errors import D2MError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_NOT_UTF_8 = "d2m-path:"

_SUPPLEMENTAL = {"h264": "6", "hevc": "39|40"}
"""Types of the units that hold supplemental information, by codec."""

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


def _first_packets(path: Path, streams: set[int]) -> dict[int, int]:
    """How many of the first `_LOOK_AT` packets of the file belong to each of `streams`."""
    import av

    counts = dict.fromkeys(streams, 0)
    with av.open(str(path)) as container:
        for packet in islice(container.demux(), _LOOK_AT):
            if packet.stream.index in counts and packet.size:
                counts[packet.stream.index] += 1
    return counts


def decoding_options(path: Path, index: int) -> dict[str, str]:
    """Options of ffmpeg's input under which stream `index`, the picture, can be decoded.

    ffmpeg 9 stops with "File exists" where both the container and the pictures say that they are
    3-D: what the pictures say (NAL units of supplemental information) is then left out.
    """
    import av

    with av.open(str(path.absolute())) as container:
        stream = container.streams[index]
        if not isinstance(stream, av.VideoStream):
            return {}
        units = _SUPPLEMENTAL.get(stream.codec_context.name)
        try:
            first = next(iter(container.decode(stream)), None) if units else None
        except av.FFmpegError:
            return {}
    if first is None or times_three_d(first) < 2 or _is_older():
        return {}
    return {"bsf:v": f"filter_units=remove_types={units}"}


def times_three_d(frame: Any) -> int:
    """How often a decoded frame says that it is 3-D."""
    from av.sidedata.sidedata import Type

    entries = frame.side_data  # iterating gives the entries with PyAV 18, their types with PyAV 19
    return sum(entries[number].type == Type.STEREO3D for number in range(len(entries)))


def _is_older() -> bool:
    """Whether the ffmpeg in use is one before 7.1, which filters no inputs and needs it not."""
    told = subprocess.run([ffmpeg_path(), "-version"], capture_output=True, check=False).stdout
    found = re.match(rb"ffmpeg version n?(\d+)\.(\d+)", told)
    return found is not None and (int(found[1]), int(found[2])) < (7, 1)


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
