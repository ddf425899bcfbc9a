"""What goes along with a video's picture into its output, and where a copied picture may end."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from d2m_cli.media import picture_stream
from d2m_cli.output.checks import CONTAINERS, holds
from d2m_cli.types import Clip

_SUBTITLES_AS = {"mp4": "mov_text", "mov": "mov_text", "matroska": "subrip", "webm": "webvtt"}
"""What text subtitles become where the container cannot hold them as they are."""

_TEXT_SUBTITLES = ("subrip", "ass", "webvtt", "mov_text", "text")


@dataclass(frozen=True)
class Companion:
    """A stream of the input that goes along with the picture."""

    index: int
    kind: str
    codec: str
    """What it becomes: `copy` or a subtitle codec."""


def companions(video: Path, suffix: str) -> list[Companion]:
    """Streams of `video` beside its picture and its sound that a file with `suffix` can hold.

    Attachments and data are listed where the container has a place for such; whether it takes a
    certain kind of data shows only when it is written.
    """
    places = {"attachment": ("matroska",), "data": ("mp4", "mov")}
    kept = []
    with av.open(str(video.absolute())) as container:
        picture = picture_stream(container)
        for stream in container.streams:
            context = stream.codec_context
            name = context.codec.canonical_name if context else ""
            codec: str | None = None
            if stream.type == "subtitle":
                codec = _subtitle_codec(name, suffix)
            elif (
                stream.type == "video" and stream is not picture and holds(suffix, name)
            ) or CONTAINERS[suffix] in places.get(stream.type, ()):
                codec = "copy"
            if codec:
                kept.append(Companion(stream.index, stream.type, codec))
    return kept


def has_phone_metadata(video: Path) -> bool:
    """Whether `video` has metadata under dotted keys (`com.apple.quicktime.model` and such)."""
    with av.open(str(video.absolute())) as container:
        return any("." in key for key in container.metadata)


def copy_limit(clip: Clip) -> float | None:
    """Where to end a copy of the picture near `clip.end`, so that no picture before it is missing.

    Packets stand in the order of decoding. Only after some of them are all pictures there up to the
    last one; of these places the one nearest to the end is taken. Given as decoding time in seconds
    from the first picture, between two packets; None when the whole picture is to be copied.
    """
    if clip.end is None or clip.end >= clip.duration:
        return None
    with av.open(str(clip.path.absolute())) as container:
        stream = picture_stream(container)
        assert stream is not None, f"{clip.path} was probed before"
        packets = [packet for packet in container.demux(stream) if packet.size]
        unit = float(stream.time_base or 0)
    decoded = np.array([(p.pts if p.dts is None else p.dts) or 0 for p in packets]) * unit
    times = np.array([(p.dts if p.pts is None else p.pts) or 0 for p in packets]) * unit
    shown = np.sort(times)
    whole = np.flatnonzero(np.maximum.accumulate(times) == shown)[:-1] + 1
    if not len(whole):
        return None
    count = whole[np.abs(shown[whole] - shown[0] - clip.seconds).argmin()]
    return float(decoded[count - 1] + decoded[count]) / 2 - float(shown[0])


def _subtitle_codec(name: str, suffix: str) -> str | None:
    container = CONTAINERS[suffix]
    if holds(suffix, name) and (container, name) != ("matroska", "mov_text"):
        return "copy"
    return _SUBTITLES_AS.get(container) if name in _TEXT_SUBTITLES else None
