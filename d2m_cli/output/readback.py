"""A written video is read again before it gets its name: whole, and all there that should be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from d2m_cli.errors import OutputError
from d2m_cli.media import picture_stream
from d2m_cli.output.describe import ROTATION, StreamFacts, describe
from d2m_cli.output.streams import Luggage
from d2m_cli.output.stretch import StoredPictures

_SOUND_SECONDS = 0.15
"""How far the new sound may end from the clip's end: an encoder's frame, and its delay."""

_PICTURE_SECONDS = 0.25


@dataclass(frozen=True)
class Promise:
    """What the file is to hold."""

    picture: StreamFacts
    """The input's picture."""
    copied: bool
    """The picture is not encoded anew."""
    pictures: StoredPictures
    seconds: float
    """Length of the sound."""
    luggage: Luggage
    chapters: int


def read_back(draft: Path, out: Path, promise: Promise) -> list[str]:
    """Compare `draft`, which is to become `out`, with what was promised.

    Returns what the picture had beside it and has no more, one name each. Raises `OutputError`
    when pictures, sound, a stream, a chapter or the rotation are missing.
    """
    try:
        with av.open(str(draft.absolute())) as container:
            found = _measure(container)
            chapters = len(container.chapters())
    except av.FFmpegError as error:
        raise _broken(out, "it cannot be read again") from error
    pictures = promise.pictures
    if pictures.count is not None and found.count != pictures.count:
        raise _broken(out, f"{found.count} of {pictures.count} pictures arrived")
    if found.count > pictures.most and (promise.copied or out.suffix.lower() != ".avi"):
        # AVI holds pictures at a steady pace only: some stand there more than once.
        raise _broken(out, f"{found.count} pictures came of {pictures.most}")
    late = max(_PICTURE_SECONDS, 2 * promise.seconds / max(found.count, 1))
    if found.last < pictures.last - late:
        raise _broken(out, f"{found.last:.2f} of {pictures.last:.2f} s of picture arrived")
    if abs(found.sound_end - promise.seconds) > _SOUND_SECONDS:
        raise _broken(out, f"{found.sound_end:.2f} of {promise.seconds:.2f} s of sound arrived")
    if chapters < promise.chapters:
        raise _broken(out, f"{chapters} of {promise.chapters} chapters arrived")
    written = describe(draft)
    _check_streams(written, out, promise.luggage)
    picture = next((s for s in written if s.kind == "video" and not s.attached), None)
    kept = picture.side_data if picture else ()
    lost = [name for name in dict.fromkeys(promise.picture.side_data) if name not in kept]
    if not promise.copied:
        return [name for name in lost if name != ROTATION]  # turned upright when it was encoded
    if ROTATION in lost:
        raise OutputError(
            f"A {out.suffix} file cannot tell players to turn the picture here: "
            f"name the output {out.stem}.mp4 or {out.stem}.mov."
        )
    return lost


def is_whole(out: Path, seconds: float) -> bool:
    """Whether the video or sound file at `out` can be read to its end and lasts `seconds`."""
    try:
        with av.open(str(out.absolute())) as container:
            if picture_stream(container) is None:
                told = container.duration
                return told is not None and abs(told / av.time_base - seconds) < _SOUND_SECONDS
            found = _measure(container)
    except (av.FFmpegError, OSError):
        return False
    late = max(_PICTURE_SECONDS, 2 * seconds / max(found.count, 1))
    return seconds - found.last < late and abs(found.sound_end - seconds) < _SOUND_SECONDS


@dataclass(frozen=True)
class _Found:
    count: int
    """Pictures, hidden ones too."""
    last: float
    """Seconds from the first picture that is shown to the begin of the last."""
    sound_end: float
    """Seconds from there to the end of the sound."""


def _measure(container: Any) -> _Found:
    stream = picture_stream(container)
    if stream is None or not container.streams.audio:
        raise av.InvalidDataError(0, "no picture or no sound")
    sound = container.streams.audio[0]
    count, begin, last, end = 0, float("inf"), 0.0, 0.0
    for packet in container.demux(stream, sound):
        time = packet.dts if packet.pts is None else packet.pts
        if packet.is_corrupt:
            raise av.InvalidDataError(0, "damaged")
        if time is None or not packet.size:
            continue
        at = float(time * packet.time_base)
        if packet.stream is stream:
            count += 1
            last = max(last, at)
            begin = begin if packet.is_discard else min(begin, at)
        else:
            end = max(end, at + float((packet.duration or 0) * packet.time_base))
    if not count:
        raise av.InvalidDataError(0, "no picture")
    return _Found(count, last - begin, end - begin)


def _check_streams(written: list[StreamFacts], out: Path, luggage: Luggage) -> None:
    for kind in ("subtitle", "data", "attachment", "video"):
        wanted = len(luggage.of(kind)) + (kind == "video")
        there = sum(
            (stream.kind == kind and stream.codec != "none") or (kind, stream.kind) == _FONT
            for stream in written
        )
        if there < wanted:
            raise _broken(out, f"{there} of {wanted} {kind} streams arrived")
    covers = sum(stream.attached for stream in written)
    if covers < len(luggage.covers):
        raise _broken(out, "the cover picture did not arrive")


_FONT = ("attachment", "attachment")
"""An attachment counts whether or not ffmpeg knows what it holds."""


def _broken(out: Path, what: str) -> OutputError:
    return OutputError(
        f"{out} would not be whole ({what}), so it was not written: another kind of file "
        "(.mp4, .mkv) or another disk may do."
    )
