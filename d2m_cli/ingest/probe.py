"""What a video file is, found by reading its packets: exact where headers are missing or wrong."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from d2m_cli.clock import Jumps, may_jump, undecodable_packets
from d2m_cli.errors import InputError
from d2m_cli.ingest.matroska import is_cut_off
from d2m_cli.ingest.readable import check_readable
from d2m_cli.media import picture_stream, sound_track
from d2m_cli.types import Clip, file_state

_STILL_FORMATS = ("image2", "_pipe", "tty")
"""Parts of the names of demuxers that make a 'video' of a still picture or of a text file."""

_MISSING_SECONDS = 0.25
"""A file that ends this long before the end that its header announces was cut off."""


def probe(path: Path, start: float = 0.0, end: float | None = None) -> Clip:
    """Facts about the video at `path`, or about the part of it from `start` to `end` seconds.

    The duration is that of the picture, from the first picture's start to the last one's end; the
    sound may be longer or shorter. Reads all packets of the file but decodes one picture only.

    Raises `InputError` when the file is missing, not a video, truncated, without a picture stream
    (cover art is none) or without a single picture, and when `start` or `end` do not fit.
    """
    path = Path(path)
    state = file_state(path)
    with _open(path) as container:
        stream = _picture_stream(container, path)
        scan = _scan(container, stream, path)
        aspect = float(stream.sample_aspect_ratio or 1)
    picture = scan.picture
    if picture is None:
        raise InputError(f"{path} cannot be decoded: the file is damaged or its codec is unknown.")
    rotation = round(-picture.rotation / 90) % 4 * 90
    size = (round(picture.width * aspect), picture.height)
    width, height = reversed(size) if rotation in (90, 270) else size
    clip = Clip(
        path=path,
        duration=scan.duration,
        fps=scan.count / scan.duration,
        width=width,
        height=height,
        rotation=rotation,
        has_audio=sound_track(path) is not None,
        start=start,
        end=end,
        state=state,
    )
    _check_part(clip)
    return clip


def has_sound(path: Path) -> bool:
    """Whether the audio or video file at `path` has sound that can be decoded.

    Raises `InputError` when it cannot be opened.
    """
    _open(path).close()
    return sound_track(path) is not None


@dataclass
class _Scan:
    """What a pass over all packets of a file found; times in seconds of the file's own clock."""

    first: float = float("inf")
    last: float = float("-inf")
    """Begin of the first and of the last picture."""
    end: float = float("-inf")
    """End of the last picture; equals `last` where the container tells no lengths."""
    skip: int = 0
    """Packets of pictures that no player shows, which are still to come."""
    count: int = 0
    end_of_all: float = 0.0
    """End of the last packet of any stream."""
    picture: av.VideoFrame | None = None
    """The first one that could be decoded."""

    @property
    def duration(self) -> float:
        if self.end > self.last:
            return self.end - self.first
        steps = max(self.count - 1, 1)
        return (self.last - self.first) * (steps + 1) / steps or 1.0


def _open(path: Path) -> InputContainer:
    check_readable(path)
    try:
        return av.open(str(path.absolute()))
    except PermissionError as error:
        raise InputError(f"{path} cannot be read: check its permissions.") from error
    except av.FFmpegError as error:
        raise InputError(
            f"{path} cannot be opened (it is truncated, or no video or audio file at all): "
            "check that it plays."
        ) from error


def _picture_stream(container: InputContainer, path: Path) -> VideoStream:
    """The stream to watch: neither cover art, nor a still picture, nor text."""
    if "webp" in container.format.name:
        raise InputError(f"{path} is a WebP, which cannot be read here: save it as GIF or MP4.")
    stream = picture_stream(container)
    if stream is None or any(part in container.format.name for part in _STILL_FORMATS):
        raise InputError(f"{path} has no video stream: give a file with moving pictures.")
    return stream


def _scan(container: InputContainer, stream: VideoStream, path: Path) -> _Scan:
    """Read every packet; decode only until the first picture has come out."""
    scan = _Scan(skip=undecodable_packets(path, stream.index))
    jumps = Jumps(container, stream)
    try:
        for packet in container.demux():
            if packet.is_corrupt and not may_jump(container):
                raise _truncated(path)
            if packet.has_sidedata("encryption_info"):
                raise InputError(
                    f"{path} is encrypted (copy protection): give a copy that plays everywhere."
                )
            if packet.stream is stream:
                jumps.see(packet)
            if packet.stream is stream and scan.picture is None:
                scan.picture = _first_picture(stream, packet)
            _note_times(scan, packet, stream, jumps.shift)
    except av.FFmpegError as error:
        raise _truncated(path) from error
    announced = _announced_end(container, stream)
    in_matroska = "matroska" in container.format.name
    cut_off = is_cut_off(path) if in_matroska else announced - scan.end_of_all > _MISSING_SECONDS
    if cut_off or _reaches_past_end(stream, path):
        raise _truncated(path)
    if (
        in_matroska
        and scan.last < announced
        and (announced < scan.end or len(container.streams) == 1)
    ):
        # The file does not say how long its last picture stands: `scan` took another's length.
        scan.end = announced
    if scan.count == 0 and scan.picture is not None:
        raise InputError(
            f"{path} is a bare stream of pictures without times: put it into a container "
            "(ffmpeg -r 30 -i IN -c copy OUT.mp4, with its own rate)."
        )
    if scan.count == 0:
        raise InputError(f"{path} holds no picture (zero frames): give a file with some.")
    return scan


def _note_times(scan: _Scan, packet: av.Packet, stream: VideoStream, shift: float) -> None:
    # AVI knows no presentation times: what stands there for some packets is guessed.
    in_avi = stream.container.format.name == "avi"
    time = packet.dts if in_avi or packet.pts is None else packet.pts
    if time is None or packet.is_discard:
        return
    begin = float(time * packet.time_base) + shift
    length = float((packet.duration or 0) * packet.time_base)
    scan.end_of_all = max(scan.end_of_all, begin + length)
    if packet.stream is stream and scan.skip:
        scan.skip -= packet.size > 0
    elif packet.stream is stream:
        scan.count += packet.size > 0  # AVI says "as before" with an empty packet
        scan.first = min(scan.first, begin)
        scan.last = max(scan.last, begin)
        scan.end = max(scan.end, begin + length)


def _first_picture(stream: VideoStream, packet: av.Packet) -> av.VideoFrame | None:
    """What comes out after `packet`, if anything; a damaged one gives none."""
    try:
        return next(iter(stream.decode(packet)), None)
    except av.FFmpegError:
        return None


def _announced_end(container: InputContainer, stream: VideoStream) -> float:
    """End in seconds as the header tells it; 0 for containers that do not tell, or only guess."""
    if "avi" in container.format.name:
        return _seconds(stream.frames, stream)
    if "matroska" in container.format.name and container.duration is not None:
        # Some writers count the end from 0, some from the first packet.
        return (container.duration + max(container.start_time or 0, 0)) / av.time_base
    return 0.0


def _seconds(ticks: int, stream: VideoStream) -> float:
    return float(ticks * (stream.time_base or 0))


def _reaches_past_end(stream: VideoStream, path: Path) -> bool:
    """Whether the container's index names pictures that lie behind the end of the file."""
    entries = stream.index_entries
    if not len(entries):
        return False
    last = entries[len(entries) - 1]
    return last.pos + last.size > path.stat().st_size


def _truncated(path: Path) -> InputError:
    return InputError(f"{path} is truncated or damaged: copy or download it again.")


_SHORTEST_PART = 0.1
"""Seconds."""


def _check_part(clip: Clip) -> None:
    if clip.start < 0 or clip.start >= clip.duration:
        raise InputError(
            f"The start at {clip.start:g} s does not lie within {clip.path} "
            f"({clip.duration:.2f} s long): choose an earlier one."
        )
    if clip.end is not None and clip.end <= clip.start:
        raise InputError(
            f"The end at {clip.end:g} s does not lie after the start at {clip.start:g} s: "
            "choose a later one."
        )
    if clip.seconds < min(_SHORTEST_PART, clip.duration):
        raise InputError(
            f"The part from {clip.start:g} to {clip.start + clip.seconds:g} s of {clip.path} is "
            f"shorter than {_SHORTEST_PART:g} s: choose a longer one."
        )
