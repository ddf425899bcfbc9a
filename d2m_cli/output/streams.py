"""What goes along with a video's picture into its output, and where a copied picture may end."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import av
import numpy as np
from numpy.typing import NDArray

from d2m_cli.clock import Jumps
from d2m_cli.media import picture_stream
from d2m_cli.output.checks import CONTAINERS, holds, no_video_holds
from d2m_cli.output.describe import StreamFacts
from d2m_cli.types import BoolArray, Clip

FloatArray64 = NDArray[np.float64]

_SUBTITLES_AS = {"mp4": "mov_text", "mov": "mov_text", "matroska": "subrip", "webm": "webvtt"}
"""What text subtitles become where the container cannot hold them as they are."""

_TEXT_SUBTITLES = ("subrip", "ass", "webvtt", "mov_text", "text")

_COVERS = ("png", "mjpeg", "bmp")
"""Cover pictures that MP4 knows; QuickTime has no place for any."""

_COVER_TYPES = {"png": "image/png", "mjpeg": "image/jpeg", "bmp": "image/bmp", "gif": "image/gif"}
"""Types of attachments that Matroska's readers take for a cover."""

_WRITTEN_ANEW = {"text", "tmcd"}
"""Tags of data tracks that ffmpeg writes by itself, from chapters and from the time code."""

_NEAR = 0.021
"""Seconds by which pictures may be moved to begin with a part: half a picture at 24 a second."""

_ROUNDING = 0.0025
"""Seconds by which even pictures differ in a container that counts milliseconds."""

_SPARE = 2
"""Pictures more than there were that a cut or an encoder may leave, at the begin and the end."""

_MIN_MARGIN = 2.0
"""Seconds beyond a part's end in which pictures that are shown before it may still follow."""


@dataclass(frozen=True)
class Companion:
    """A stream of the input that goes along with the picture."""

    index: int
    kind: str
    codec: str
    """What it becomes: `copy` or a subtitle codec."""
    source: str
    """Its codec in the input."""
    cover: str = ""
    """Media type of a cover picture that is to become an attachment; empty for all others."""
    disposition: str = "0"
    """As ffmpeg writes it: `default+forced`, or `0` for nothing in particular."""


@dataclass(frozen=True)
class Luggage:
    """What comes along, and what does not: one short phrase each, for the user."""

    kept: list[Companion] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def of(self, kind: str) -> list[Companion]:
        """The streams of a kind that come along as such; covers to attach are none."""
        return [each for each in self.kept if each.kind == kind and not each.cover]

    @property
    def covers(self) -> list[Companion]:
        """Cover pictures that become attachments."""
        return [each for each in self.kept if each.cover]


def pack(streams: list[StreamFacts], picture: int, suffix: str, copied: bool) -> Luggage:
    """Decide for each of `streams` beside number `picture` whether a file with `suffix` takes it.

    The old sound is not among them: it is replaced. A further picture comes along only where the
    main one is `copied`.
    """
    luggage = Luggage()
    for stream in streams:
        if stream.index == picture or stream.kind == "audio":
            continue
        codec = _codec(stream, suffix, copied)
        if codec is not None:
            cover = CONTAINERS[suffix] == "matroska" and stream.attached
            media = _COVER_TYPES[stream.codec] if cover else ""
            kept = Companion(
                stream.index, stream.kind, codec, stream.codec, media, stream.disposition
            )
            luggage.kept.append(kept)
        elif stream.kind != "data" or stream.tag not in _WRITTEN_ANEW:
            luggage.left_out.append(_name(stream))
    return luggage


def _codec(stream: StreamFacts, suffix: str, copied: bool) -> str | None:
    """What a stream becomes in a file with `suffix`; None when it cannot come along."""
    container = CONTAINERS[suffix]
    if stream.codec in ("none", "unknown"):
        return "copy" if (stream.kind, container) == ("attachment", "matroska") else None
    if stream.kind == "subtitle":
        return _subtitle_codec(stream.codec, suffix)
    if stream.attached:
        known = {"mp4": _COVERS, "matroska": tuple(_COVER_TYPES)}
        return "copy" if stream.codec in known.get(container, ()) else None
    places = {
        "video": copied and holds(suffix, stream.codec),
        "attachment": container == "matroska",
        "data": container in ("mp4", "mov") and stream.tag == "gpmd",
    }
    return "copy" if places.get(stream.kind, False) else None


def _name(stream: StreamFacts) -> str:
    what = {
        "video": "cover picture" if stream.attached else "further picture",
        "subtitle": "subtitles",
        "data": "data track",
    }.get(stream.kind, stream.kind)
    return f"{what} ({stream.tag if stream.kind == 'data' and stream.tag else stream.codec})"


@dataclass(frozen=True)
class StoredPictures:
    """The pictures of a clip as its file holds them."""

    count: int | None
    """Packets of a copy; None where the picture is cut or encoded anew."""
    most: int
    """Pictures that may be there at most."""
    last: float
    """Seconds from the clip's begin to that of its last picture."""
    limit: float | None = None
    """Where to end a copy, as decoding time in seconds from the first picture."""
    first: float = 0.0
    """Seconds from the clip's begin to the picture that is shown then (mostly negative)."""
    zero: float = 0.0
    """Seconds from the clip's begin to where the clock of a picture encoded anew begins."""
    uneven: bool = False
    """Not all pictures to be encoded anew stand as long as the file's do on the whole."""


def stretch(clip: Clip, copied: bool) -> StoredPictures:
    """Which pictures of its file make up the clip.

    Packets stand in the order of decoding. A copy may end only after packets of which all pictures
    are there up to the last one; of these places the one at the clip's end is taken, or the nearest
    to it. A copy begins with the first packet that stands alone.
    """
    part = clip.end is not None and clip.end < clip.duration
    margin = max(_MIN_MARGIN, 8 / clip.fps)
    decoded, times, hidden = _packets_until(
        clip, clip.start + clip.seconds + margin if part else None
    )
    shown = np.sort(times)
    begin = float(np.min(times[~hidden] if not hidden.all() else times))
    if copied and part:
        whole = np.flatnonzero(np.maximum.accumulate(times) == shown)[:-1] + 1
        limits = (decoded[whole - 1] + decoded[whole]) / 2 - begin
        whole, limits = whole[limits > 0], limits[limits > 0]
        if len(whole):
            # The last picture is shortened, so what counts is that the next one begins later.
            off = np.abs(shown[whole] - begin - clip.seconds)
            within = shown[whole - 1] < begin + clip.seconds - _ROUNDING
            off[within & (shown[whole] > begin + clip.seconds - _ROUNDING)] = 0.0
            nearest = off.argmin()
            last = float(shown[whole[nearest] - 1]) - begin
            most = int(whole[nearest]) + _SPARE
            return StoredPictures(None, most, last, float(limits[nearest]))
    if copied:
        return StoredPictures(len(times), len(times), float(shown[-1]) - begin)
    times = shown - begin - clip.start
    last = float(times[times < clip.seconds][-1])
    inside = times[(times >= 0) & (times < clip.seconds)]
    most = len(inside) + _SPARE
    uneven = bool((np.abs(np.diff(inside) - 1 / clip.fps) > _ROUNDING).any())
    # The nearest picture opens the part; one that stands long does so with what is left of it.
    nearest = float(times[np.abs(times).argmin()])
    if abs(nearest) <= _NEAR:
        return StoredPictures(None, most, last, first=nearest, zero=nearest, uneven=uneven)
    first = float(times[times <= 0][-1])
    return StoredPictures(None, most, last, first=first, uneven=uneven)


def _packets_until(clip: Clip, end: float | None) -> tuple[FloatArray64, FloatArray64, BoolArray]:
    """Of the packets up to `end` s after the first picture: decoding and presentation seconds, and
    which of them an edit list hides."""
    found: list[tuple[float, float, bool, bool]] = []
    with av.open(str(clip.path.absolute())) as container:
        stream = picture_stream(container)
        assert stream is not None, f"{clip.path} was probed before"
        jumps = Jumps(container, stream)
        for packet in container.demux(stream):
            if not packet.size:
                continue
            jumps.see(packet)
            unit = float(packet.time_base)
            dts = (packet.pts if packet.dts is None else packet.dts) or 0
            pts = (packet.dts if packet.pts is None else packet.pts) or 0
            decoded, shown = dts * unit + jumps.shift, pts * unit + jumps.shift
            found.append((decoded, shown, packet.is_discard, packet.is_keyframe))
            if end is not None and decoded - found[0][1] > end:
                break
    # Some containers mark no picture as one that stands alone.
    first = next((number for number, packet in enumerate(found) if packet[3]), 0)
    facts = np.array(found[first:])
    return facts[:, 0], facts[:, 1], facts[:, 2].astype(np.bool_)


def loses_transparency(clip: Clip, suffix: str, copied: bool) -> bool:
    """Whether the picture is partly transparent and will not be in a file with `suffix`.

    What is encoded anew is opaque; the transparency of VP8 and VP9 lies beside the packets, in
    Matroska and WebM alone. GIF and PNG say that they may be transparent whether or not they are.
    """
    with av.open(str(clip.path.absolute())) as container:
        stream = picture_stream(container)
        assert stream is not None, f"{clip.path} was probed before"
        beside = stated(stream.metadata, "alpha_mode") == "1"
        kind = stream.codec_context.format
        inside = kind is not None and any(part.is_alpha for part in kind.components)
        if no_video_holds(stream.codec_context.codec.canonical_name):
            return False
    if copied:
        return beside and CONTAINERS[suffix] not in ("matroska", "webm")
    return beside or inside


def stated(metadata: Mapping[str, str], name: str) -> str | None:
    """What a file says under `name`, which Matroska spells in capitals."""
    return next((value for key, value in metadata.items() if key.lower() == name), None)


def count_chapters(clip: Clip, suffix: str) -> int:
    """Chapters in the clip's file that one with `suffix` can hold: AVI holds none."""
    return 0 if CONTAINERS[suffix] == "avi" else chapters_of(clip)


def chapters_of(clip: Clip) -> int:
    """Chapters in the clip's file."""
    with av.open(str(clip.path.absolute())) as container:
        return len(container.chapters())


def _subtitle_codec(name: str, suffix: str) -> str | None:
    container = CONTAINERS[suffix]
    if holds(suffix, name) and (container, name) != ("matroska", "mov_text"):
        return "copy"
    return _SUBTITLES_AS.get(container) if name in _TEXT_SUBTITLES else None
