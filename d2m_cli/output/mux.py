"""New sound for a video whose picture stays as it is."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
import soundfile

from d2m_cli.media import read_clock
from d2m_cli.output.checks import CONTAINERS, check_container, no_video_holds
from d2m_cli.output.describe import StreamFacts, describe
from d2m_cli.output.moved import move_chapters, move_stream, stands_elsewhere, take_cover
from d2m_cli.output.picture import copied_picture, picture_anew
from d2m_cli.output.places import finished_file, scratch_folder
from d2m_cli.output.readback import Promise, read_back
from d2m_cli.output.run import compiled, run_command
from d2m_cli.output.sound import for_stream, new_sound, sound_options
from d2m_cli.output.streams import (
    Luggage,
    count_chapters,
    count_packets,
    cut_near_end,
    has_phone_metadata,
    pack,
)
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import Clip

_MOMENT = 1.0
"""Seconds that are written to see whether a container takes everything."""


def mux(clip: Clip, wav: Path, out: Path, mix: float = 0.0) -> list[str]:
    """Write the picture of `clip` with the music in `wav` (mono) as its sound to `out`.

    The picture is copied packet by packet; subtitles, further pictures, covers, telemetry and
    attachments, chapters and metadata (rotation too) come along where the container of `out` can
    hold them, cut to the clip. The sound is 48 kHz stereo, AAC (Opus in WebM, PCM in AVI), begins
    with the picture and lasts as long as the clip. `mix` (0..1) adds the original sound, at that
    much of its amplitude. The file is read again before it gets its name.

    A clip that ends early has its copied picture end where the stream can be cut without a gap,
    which with B-pictures may be a few pictures off. One that begins after 0 s must have its picture
    encoded anew (H.264 at a quality where no difference is seen, HEVC for more than 8 bits; VP9 in
    WebM, MPEG-4 in AVI), for a copy could only begin at a key frame.

    Returns what of the input does not come along, one short phrase each. Raises `OutputError` when
    `out` cannot be written, its container does not hold the picture, or it did not become whole.
    """
    plan = _plan(clip, out)
    with finished_file(out) as draft:
        lost = _write(plan, wav, draft, out, mix)
    return [*plan.luggage.left_out, *lost]


def rehearse(clip: Clip, out: Path) -> list[str]:
    """Write a moment of `clip` to a scratch file as `mux` would, to see whether `out` can be.

    Returns and raises what `mux` does.
    """
    end = min(clip.start + _MOMENT, clip.start + clip.seconds)
    plan = _plan(replace(clip, end=end), out)
    with scratch_folder() as folder:
        wav, trial = Path(folder) / "silence.wav", Path(folder) / f"trial{out.suffix}"
        with finished_file(wav) as draft:
            soundfile.write(draft, np.zeros(round(_MOMENT * SAMPLE_RATE)), SAMPLE_RATE)
        with finished_file(trial) as draft:
            lost = _write(plan, wav, draft, out, mix=0.0)
    return [*plan.luggage.left_out, *lost]


@dataclass(frozen=True)
class _Plan:
    """What is to be written for a clip, and in which way."""

    clip: Clip
    suffix: str
    streams: list[StreamFacts]
    picture: StreamFacts
    copied: bool
    cut: float | None
    """Decoding time at which the copied picture ends, if before the file does."""
    luggage: Luggage


def _plan(clip: Clip, out: Path) -> _Plan:
    streams = describe(clip.path)
    picture = streams[read_clock(clip.path).picture]
    copied = clip.start == 0.0 and not no_video_holds(picture.codec)
    if copied:
        check_container(clip.path, out)
    suffix = out.suffix.lower()
    luggage = pack(streams, picture.index, suffix, copied)
    cut = cut_near_end(clip) if copied else None
    return _Plan(clip, suffix, streams, picture, copied, cut, luggage)


def _write(plan: _Plan, wav: Path, draft: Path, out: Path, mix: float) -> list[str]:
    """Write `draft` and read it back; messages name `out`. Returns the side data that is lost."""
    clip = plan.clip
    music = ffmpeg.input(str(wav.absolute()))
    old = picture = ffmpeg.input(str(clip.path.absolute()), **_begin(clip))
    if plan.cut is not None:
        # An input of its own: a limit on the output would end the sound as well.
        picture = ffmpeg.input(str(clip.path.absolute()), **_begin(clip), t=f"{plan.cut:.6f}")
    sound = new_sound(clip, music, old, mix)
    with scratch_folder() as name:
        folder = Path(name)
        kept, others = _others(plan, old, folder)
        sink = ffmpeg.output(
            picture[str(plan.picture.index)],
            sound,
            *others,
            str(draft.absolute()),
            **_options(plan, kept, folder),
        )
        command = compiled(sink)
        chapters = _add_chapters(command, clip, draft, folder)
        run_command(command, out)
    count = count_packets(clip) if plan.copied and plan.cut is None else None
    promise = Promise(plan.picture, plan.copied, count, clip.seconds, kept, chapters)
    return read_back(draft, out, promise)


def _begin(clip: Clip) -> dict[str, Any]:
    """Input options after which the clip's time 0 is ffmpeg's, whatever began before it."""
    first_picture = read_clock(clip.path).first_picture
    options: dict[str, Any] = {"fflags": "+genpts"}  # AVI has no presentation times
    if clip.start:
        return {**options, "ss": f"{first_picture + clip.start:.6f}"}
    return {**options, "itsoffset": f"{-first_picture:.6f}"}


def _others(plan: _Plan, old: Any, folder: Path) -> tuple[Luggage, list[Any]]:
    """What comes along, less what the part has nothing of, and its streams in this order.

    Attachments come last, as Matroska's muxer wants.
    """
    clip, kept, streams = plan.clip, [], []
    still = ffmpeg.input(str(clip.path.absolute()))  # covers and attachments have no time
    elsewhere = stands_elsewhere(clip)
    order = ("video", "subtitle", "data", "attachment")
    for each in sorted(plan.luggage.kept, key=lambda one: order.index(one.kind)):
        source = old[str(each.index)]
        if each.kind == "attachment" or plan.streams[each.index].attached:
            source = still[str(each.index)]
        elif each.kind != "video" and elsewhere:
            moved = move_stream(clip, each, folder)
            if moved is None:
                continue
            source = ffmpeg.input(str(moved.path), itsoffset=f"{moved.begin:.6f}")["0"]
        kept.append(each)
        if not each.cover:
            streams.append(source)
    return Luggage(kept, plan.luggage.left_out), streams


def _options(plan: _Plan, kept: Luggage, folder: Path) -> dict[str, Any]:
    """How the container and its streams are written."""
    clip, suffix = plan.clip, plan.suffix
    options: dict[str, Any] = {
        "format": CONTAINERS[suffix],
        "codec:v": "copy",
        "codec:d": "copy",
        "codec:t": "copy",
        "strict": "unofficial",  # the record of Dolby Vision, in MP4
        **sound_options(suffix),
    }
    if plan.copied:
        options |= copied_picture(plan.picture, suffix)
    else:
        options |= for_stream("v:0", picture_anew(clip.path, suffix))
        options["t"] = f"{clip.seconds:.6f}"
    for number, each in enumerate(kept.of("subtitle")):
        options[f"codec:s:{number}"] = each.codec
    for number, each in enumerate(kept.of("video"), start=1):
        if plan.streams[each.index].attached:
            options[f"disposition:v:{number}"] = "attached_pic"
    if kept.covers:
        options |= _attach(clip, kept, folder)
    if CONTAINERS[suffix] in ("mp4", "mov"):
        # Phones' own keys need QuickTime's newer form of metadata, which fewer players read.
        phone = "+use_metadata_tags" if has_phone_metadata(clip.path) else ""
        options["movflags"] = "+faststart" + phone
    return options


def _attach(clip: Clip, kept: Luggage, folder: Path) -> dict[str, Any]:
    """Options that put cover pictures into a Matroska file as it holds them: as attachments."""
    options: dict[str, Any] = {"attach": []}
    for number, cover in enumerate(kept.covers, start=len(kept.of("attachment"))):
        path, name = take_cover(clip, cover, folder)
        options["attach"].append(str(path))
        options[f"metadata:s:t:{number}"] = [f"mimetype={cover.cover}", f"filename={name}"]
    return options


def _add_chapters(command: list[str], clip: Clip, draft: Path, folder: Path) -> int:
    """Name in `command` the inputs of metadata and of chapters; returns how many chapters."""
    inputs = [command[at + 1] for at, word in enumerate(command) if word == "-i"]
    source = inputs.index(str(clip.path.absolute()))
    chapters, count = source, count_chapters(clip)
    if count and stands_elsewhere(clip):
        moved = move_chapters(clip, folder)
        count = moved.count
        chapters = len(inputs)
        end = len(command) - 1 - command[::-1].index("-i") + 2
        command[end:end] = ["-f", "ffmetadata", "-i", str(moved.path)]
    place = command.index(str(draft.absolute()))
    command[place:place] = ["-map_metadata", str(source), "-map_chapters", str(chapters)]
    return count
