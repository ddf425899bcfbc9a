"""What stands at a time of its own beside a picture, moved to the clip's clock and cut to it.

ffmpeg moves such streams with the whole file, keeps what lies before a part's begin, and shifts
everything when a first subtitle would begin before 0; so each is written to a small file of its
own first, in which time 0 is the clip's.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from d2m_cli.media import file_start, picture_begin, picture_stream
from d2m_cli.output.streams import Companion, Luggage
from d2m_cli.types import Clip


@dataclass(frozen=True)
class Moved:
    """A file with one stream on the clip's clock."""

    path: Path
    begin: float
    """Seconds of its first packet: ffmpeg begins to count there."""


def stands_elsewhere(clip: Clip) -> bool:
    """Whether the clip is a part, or its first picture is not the first thing in the file."""
    if clip.start > 0 or (clip.end is not None and clip.end < clip.duration):
        return True
    with av.open(str(clip.path.absolute())) as container:
        begin = (container.start_time or 0) / av.time_base
        return abs(_first_picture(container) - begin) > 1e-3


def move_stream(clip: Clip, companion: Companion, folder: Path) -> Moved | None:
    """Write the stream of `companion` within the clip to `folder`; None when nothing is left."""
    suffix = ".mp4" if companion.source in ("mov_text", "bin_data") else ".mkv"
    path = folder / f"{companion.index}{suffix}"
    count = 0
    with av.open(str(clip.path.absolute())) as source, av.open(str(path), "w") as sink:
        zero = _first_picture(source) + clip.start
        stream = source.streams[companion.index]
        target = sink.add_stream_from_template(stream)
        target.metadata.update(stream.metadata)
        target.disposition = stream.disposition
        for packet in source.demux(stream):
            if packet.pts is None:
                continue
            unit = packet.time_base
            begin = float(packet.pts * unit) - zero
            end = begin + float((packet.duration or 0) * unit)
            if begin >= clip.seconds:
                break
            if end <= 0 if packet.duration else begin < 0:
                continue
            packet.pts = packet.dts = round(max(begin, 0.0) / unit)
            if packet.duration:
                packet.duration = round((min(end, clip.seconds) - max(begin, 0.0)) / unit)
            packet.stream = target
            sink.mux(packet)
            count += 1
    if not count:
        return None
    return Moved(path, file_start(path))


@dataclass(frozen=True)
class Chapters:
    """A text file of chapters as ffmpeg takes it."""

    path: Path
    count: int


def move_chapters(clip: Clip, folder: Path) -> Chapters:
    """Write the chapters within the clip to a text file in `folder`."""
    with av.open(str(clip.path.absolute())) as container:
        zero = _first_picture(container) + clip.start
        lines = [";FFMETADATA1"]
        for chapter in container.chapters():
            unit: Any = chapter["time_base"]
            begin = max(float(chapter["start"] * unit) - zero, 0.0)
            end = min(float(chapter["end"] * unit) - zero, clip.seconds)
            if end <= begin:
                continue
            lines += ["[CHAPTER]", "TIMEBASE=1/1000000"]
            lines += [f"START={round(begin * 1e6)}", f"END={round(end * 1e6)}"]
            lines += [f"{_quoted(k)}={_quoted(v)}" for k, v in chapter["metadata"].items()]
    path = folder / "chapters.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")
    return Chapters(path, lines.count("[CHAPTER]"))


def attach_covers(clip: Clip, kept: Luggage, folder: Path) -> list[str]:
    """Arguments that put cover pictures into a Matroska file as it holds them: as attachments."""
    arguments: list[str] = []
    for number, cover in enumerate(kept.covers, start=len(kept.of("attachment"))):
        path, name = take_cover(clip, cover, folder)
        arguments += ["-attach", str(path)]
        for fact in (f"mimetype={cover.cover}", f"filename={name}"):
            arguments += [f"-metadata:s:t:{number}", fact]
    return arguments


def take_cover(clip: Clip, companion: Companion, folder: Path) -> tuple[Path, str]:
    """Write a cover picture to `folder` as a file of its own; also returns the name it had."""
    ending = companion.cover.partition("/")[2].replace("jpeg", "jpg")
    path = folder / f"cover{companion.index}.{ending}"
    with av.open(str(clip.path.absolute())) as container:
        stream = container.streams[companion.index]
        packets = (packet for packet in container.demux(stream) if packet.size)
        path.write_bytes(b"".join(bytes(packet) for packet in packets))
        return path, stream.metadata.get("filename", f"cover.{ending}")


def _first_picture(container: Any) -> float:
    """Seconds on the file's own clock at which its picture begins."""
    stream = picture_stream(container)
    assert stream is not None, "the clip was probed before"
    return picture_begin(Path(container.name), stream) or 0.0


def _quoted(text: str) -> str:
    return "".join(f"\\{c}" if c in "=;#\\\n" else c for c in text)
