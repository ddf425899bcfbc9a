"""What stands at a time of its own beside a picture, moved to the clip's clock and cut to it.

ffmpeg moves such streams with the whole file, keeps what lies before a part's begin, and shifts
everything when a first subtitle would begin before 0; so each is written to a small file of its
own first, in which time 0 is the clip's.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av

from d2m_cli.clock import Jumps, clock_shifts, file_start, may_jump, picture_begin
from d2m_cli.media import picture_stream
from d2m_cli.output.metadata import metadata_words
from d2m_cli.output.places import writing_scratch
from d2m_cli.output.streams import Companion, Luggage, count_chapters
from d2m_cli.types import Clip


@dataclass(frozen=True)
class Moved:
    """A file with one stream on the clip's clock."""

    path: Path
    begin: float
    """Seconds of its first packet: ffmpeg begins to count there."""


def stands_elsewhere(clip: Clip) -> bool:
    """Whether the clip is a part, its first picture is not the first thing in the file, or the
    file's clock may jump, which ffmpeg would mend for pictures and sound alone."""
    if clip.start > 0 or (clip.end is not None and clip.end < clip.duration):
        return True
    with av.open(str(clip.path.absolute())) as container:
        begin = (container.start_time or 0) / av.time_base
        if may_jump(container):
            return True
        return abs(_first_picture(container) - begin) > 1e-3


@writing_scratch()
def move_stream(clip: Clip, index: int, path: Path) -> Moved | None:
    """Write stream `index` within the clip to the new file `path`; None when nothing is left."""
    shifts = clock_shifts(clip.path)
    last = -1
    with av.open(str(clip.path.absolute())) as source, av.open(str(path), "w") as sink:
        zero = _first_picture(source) + clip.start
        stream, picture = source.streams[index], picture_stream(source)
        assert picture is not None, "the clip was probed before"
        jumps, own = Jumps(source, picture), Jumps(source, stream)
        target = sink.add_stream_from_template(stream)
        target.metadata.update(stream.metadata)
        target.disposition = stream.disposition
        for packet in source.demux(*((stream, picture) if len(shifts) > 1 else (stream,))):
            if packet.stream is picture:
                jumps.see(packet)
            if packet.stream is picture or packet.pts is None:
                continue
            unit = packet.time_base
            begin = float(packet.pts * unit)
            if stream.type == "audio":
                own.see(packet)
                begin += shifts[min(len(own.shifts), len(shifts)) - 1] - zero
            else:
                begin = jumps.place(begin, shifts) - zero
            end = begin + float((packet.duration or 0) * unit)
            if begin >= clip.seconds:
                break
            if end <= 0 if packet.duration else begin < 0:
                continue
            ticks = round(max(begin, 0.0) / unit)
            if len(shifts) > 1 and ticks <= last:
                continue  # what went on beyond the picture before it, and covers this
            packet.pts = packet.dts = last = ticks
            if packet.duration:
                packet.duration = round((min(end, clip.seconds) - max(begin, 0.0)) / unit)
            packet.stream = target
            sink.mux(packet)
    return Moved(path, file_start(path)) if last >= 0 else None


@dataclass(frozen=True)
class Chapters:
    """A text file of chapters as ffmpeg takes it."""

    path: Path
    count: int


@writing_scratch()
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


@writing_scratch()
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


def add_chapters(command: list[str], clip: Clip, draft: Path, folder: Path) -> int:
    """Name in `command` the inputs of metadata and of chapters; returns how many chapters."""
    inputs = [command[at + 1] for at, word in enumerate(command) if word == "-i"]
    source = inputs.index(str(clip.path.absolute()))
    count = count_chapters(clip, draft.suffix.lower())
    chapters = source if count else -1
    if count and stands_elsewhere(clip):
        moved = move_chapters(clip, folder)
        count = moved.count
        chapters = len(inputs)
        end = len(command) - 1 - command[::-1].index("-i") + 2
        command[end:end] = ["-f", "ffmetadata", "-i", str(moved.path)]
    place = command.index(str(draft.absolute()))
    command[place:place] = [
        *("-map_metadata", str(source), "-map_chapters", str(chapters)),
        *metadata_words(clip.path),
    ]
    return count
