"""How the clocks of a video, of its streams and of ffmpeg stand to one another."""

import os
import re
import subprocess
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from d2m_cli.media import ffmpeg_path, picture_stream

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.stream import VideoStream

_TS_DISCONT = 0x0200
"""libavformat's flag of containers whose time stamps may jump."""

_LATE_BY = 32
"""Packets after a picture that stands alone among which those shown before it lie."""

_JUMP_AHEAD = 10.0
_JUMP_BACK = 0.1
"""Seconds from which on ffmpeg takes it for another clock (`-dts_delta_threshold`), and for a pause
before."""


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


class Jumps:
    """Seconds by which ffmpeg moves what follows where the clock of a stream jumps.

    Recordings that were joined byte by byte, and broadcasts, start their clock anew in the middle.
    ffmpeg lets the next packet follow the last one there; so does `shift`.
    """

    def __init__(self, container: "InputContainer", stream: "Stream") -> None:
        self.shifts = [0.0]
        self._may_jump = may_jump(container)
        self._step = 1 / float(getattr(stream, "average_rate", None) or 25)
        self._last = self._next = 0.0
        self._begun = False

    def place(self, time: float, shifts: list[float]) -> float:
        """Where what a subtitle stream has at `time` s belongs, by one of the picture's `shifts`.

        Streams lie side by side, so it is the one that brings it nearest to the last packet seen.
        """
        return min((time + shift for shift in shifts), key=lambda t: abs(t - self._last))

    @property
    def shift(self) -> float:
        """Seconds to add to the time of the last packet seen."""
        return self.shifts[-1]

    def see(self, packet: "Packet") -> None:
        """Note the next packet of the stream, in the order of the file."""
        if not self._may_jump or packet.dts is None:
            return
        time = float(packet.dts * packet.time_base) + self.shift
        jumps = abs(time - self._next) > _JUMP_AHEAD or time < self._last - _JUMP_BACK
        if self._begun and jumps:
            self.shifts.append(self.shift + self._next - time)
            time = self._next
        self._begun = True
        self._last = time
        self._next = time + (float((packet.duration or 0) * packet.time_base) or self._step)


def clock_shifts(path: Path) -> list[float]:
    """All that is added to the times of packets of `path`, from its begin to its end: 0 first."""
    import av

    with av.open(str(path.absolute())) as container:
        picture = picture_stream(container)
        if picture is None or not may_jump(container):
            return [0.0]
        jumps = Jumps(container, picture)
        for packet in container.demux(picture):
            jumps.see(packet)
    return jumps.shifts


def may_jump(container: "InputContainer") -> bool:
    """Whether the clock of an open file may start anew in the middle: it is made for broadcasts.

    Such a container also goes on where a packet was lost on the way.
    """
    return bool(container.format.flags & _TS_DISCONT)


@dataclass(frozen=True)
class Clock:
    """How ffmpeg's clock for one stream of a file stands to the clip's own."""

    first_picture: float
    """Seconds on ffmpeg's clock at which the clip's time 0 lies."""
    seekable: bool
    """The container has an index that leads to the right key frame."""
    picture: int
    """Number of the stream that is the picture."""
    untimed: int = 0
    """Pictures at its begin that lie before time 0 of a Matroska file.

    Nobody learns when those are shown: they can be neither copied nor sought, and ffmpeg gives them
    the times of others.
    """


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
        untimed = _untimed(container, index) if "matroska" in container.format.name else 0
        indexed = any(name in container.format.name for name in ("mp4", "matroska"))
        seekable = indexed and not untimed
        zero = picture_begin(path, picture)
        used = _begin(container.streams[index if stream is None else stream])
        if zero is None or container.start_time is None:
            return Clock(0.0, seekable, index, untimed)
        if may_jump(container):
            return Clock(zero - (zero if used is None else used), seekable, index)
    return Clock(zero - file_start(path), seekable, index, untimed)


def _untimed(container: "InputContainer", index: int) -> int:
    """How many packets at the begin of stream `index` have no time to be shown at."""
    count = timed = 0
    for packet in container.demux(index):
        untimed = packet.size > 0 and packet.pts is packet.dts is None
        count, timed = count + untimed, 0 if untimed else timed + 1
        if timed > _LATE_BY:
            break
    return count


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
