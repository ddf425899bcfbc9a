"""What goes along with a video's picture into its output."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import av

from d2m_cli.media import picture_stream
from d2m_cli.output.checks import CONTAINERS, holds, no_video_holds
from d2m_cli.output.describe import StreamFacts
from d2m_cli.types import Clip

_SUBTITLES_AS = {"mp4": "mov_text", "mov": "mov_text", "matroska": "subrip", "webm": "webvtt"}
"""What text subtitles become where the container cannot hold them as they are."""

_TEXT_SUBTITLES = ("subrip", "ass", "webvtt", "mov_text", "text")

_COVERS = ("png", "mjpeg", "bmp")
"""Cover pictures that MP4 knows; QuickTime has no place for any."""

_COVER_TYPES = {"png": "image/png", "mjpeg": "image/jpeg", "bmp": "image/bmp", "gif": "image/gif"}
"""Types of attachments that Matroska's readers take for a cover."""

_WRITTEN_ANEW = {"text", "tmcd"}
"""Tags of data tracks that ffmpeg writes by itself, from chapters and from the time code."""


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
