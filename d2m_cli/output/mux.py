"""New sound for a video whose picture stays as it is."""

from concurrent.futures import wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
import soundfile

from d2m_cli import ahead
from d2m_cli.clock import clock_shifts, read_clock
from d2m_cli.media import decoding_options, sound_track, word_of
from d2m_cli.output.checks import CONTAINERS, check_container, no_video_holds
from d2m_cli.output.describe import StreamFacts, describe
from d2m_cli.output.metadata import has_phone_metadata
from d2m_cli.output.moved import add_chapters, attach_covers, move_stream, stands_elsewhere
from d2m_cli.output.picture import copied_picture, lost_colour, picture_anew
from d2m_cli.output.places import finished_file, scratch_folder
from d2m_cli.output.readback import Promise, read_back
from d2m_cli.output.run import compiled, run_command
from d2m_cli.output.sound import for_stream, new_sound, sound_options, stereo_music
from d2m_cli.output.streams import (
    Luggage,
    chapters_of,
    count_chapters,
    loses_transparency,
    pack,
)
from d2m_cli.output.stretch import StoredPictures, stretch
from d2m_cli.output.timecode import moved_timecodes
from d2m_cli.output.unchanged import unchanged
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import Clip

_TICK = 0.001
"""Seconds by which a picture lies after the place that is sought, lest rounding pass over it."""

_FINE = "1/1000"
"""Time base of pictures that do not lie on a grid."""

_MOMENT = 1.0
"""Seconds that are written to see whether a container takes everything."""


def mux(clip: Clip, wav: Path, out: Path, mix: float = 0.0, finish: bool = True) -> list[str]:
    """Write the picture of `clip` with the music in `wav` (mono) as its sound to `out`.

    The picture is copied packet by packet; subtitles, further pictures, covers, telemetry and
    attachments, chapters and metadata (rotation too) come along where the container of `out` can
    hold them, cut to the clip. The sound is 48 kHz stereo, AAC (Opus in WebM, PCM in AVI), begins
    with the picture and lasts as long as the clip; `finish` makes the music full-band and stereo.
    `mix` (0..1) adds the original sound, at that much of its amplitude. The file is read again
    before it gets its name.

    A clip that ends early has its copied picture end where the stream can be cut without a gap,
    which with B-pictures may be a few pictures off. One that begins after 0 s must have its picture
    encoded anew (H.264 at a quality where no difference is seen, HEVC for more than 8 bits; VP9 in
    WebM, MPEG-4 in AVI), for a copy could only begin at a key frame.

    Returns what of the input does not come along, one short phrase each. Raises `OutputError` when
    `out` cannot be written, its container does not hold the picture, or it did not become whole,
    `InputError` when the video is another one than was looked at.
    """
    with finished_file(out) as draft, unchanged(clip), scratch_folder() as name:
        folder = Path(name)
        music = ahead.begin(lambda: stereo_music(wav, folder, finish))
        try:
            plan = _plan(clip, out)
        finally:
            wait([music])  # it writes to the folder
        lost = _write(plan, music.result(), draft, out, folder, mix)
    return [*plan.luggage.left_out, *lost]


def rehearse(clip: Clip, out: Path) -> list[str]:
    """Write a moment of `clip` to a scratch file as `mux` would, to see whether `out` can be.

    Returns and raises what `mux` does.
    """
    end = min(clip.start + _MOMENT, clip.start + clip.seconds)
    plan = _plan(replace(clip, end=end), out)
    with scratch_folder() as name:
        folder = Path(name)
        wav, trial = folder / "silence.wav", folder / f"trial{out.suffix}"
        with finished_file(wav) as draft:
            soundfile.write(draft, np.zeros(round(_MOMENT * SAMPLE_RATE)), SAMPLE_RATE)
        with finished_file(trial) as draft:
            silence = stereo_music(wav, folder, finish=False)
            lost = _write(plan, silence, draft, out, folder, mix=0.0)
    return [*plan.luggage.left_out, *lost]


@dataclass(frozen=True)
class _Plan:
    """What is to be written for a clip, and in which way."""

    clip: Clip
    suffix: str
    streams: list[StreamFacts]
    picture: StreamFacts
    copied: bool
    pictures: StoredPictures
    luggage: Luggage


def _plan(clip: Clip, out: Path) -> _Plan:
    streams = describe(clip.path)
    clock = read_clock(clip.path)
    picture = streams[clock.picture]
    copied = not (clip.start or clock.untimed or no_video_holds(picture.codec))
    if copied:
        check_container(clip.path, out)
    suffix = out.suffix.lower()
    luggage = pack(streams, picture.index, suffix, copied)
    if chapters_of(clip) > count_chapters(clip, suffix):
        luggage.left_out.append("chapters")
    if loses_transparency(clip, suffix, copied):
        luggage.left_out.append("transparency")
    if not copied:
        luggage.left_out.extend(lost_colour(clip.path))
    return _Plan(clip, suffix, streams, picture, copied, stretch(clip, copied), luggage)


def _write(plan: _Plan, music: Any, draft: Path, out: Path, folder: Path, mix: float) -> list[str]:
    """Write `draft` and read it back; messages name `out`. Returns the side data that is lost."""
    clip = plan.clip
    # A limit on the output would end the sound as well.
    limit = {} if plan.pictures.limit is None else {"t": f"{plan.pictures.limit:.6f}"}
    begin = 0.0 if plan.copied else plan.pictures.first - _TICK
    read = {} if plan.copied else decoding_options(clip.path, plan.picture.index)
    picture = _stream(clip, plan.picture.index, begin, **limit, **read)
    track = sound_track(clip.path) if mix > 0 else None
    old = _old_sound(clip, track.index, folder) if track else None
    sound = new_sound(clip, music, old, track, mix)
    kept, others = _others(plan, folder)
    streams = (picture, sound, *others)
    sink = ffmpeg.output(*streams, word_of(draft), **_options(plan, kept))
    command = compiled(sink)
    place = command.index(str(draft.absolute()))
    command[place:place] = attach_covers(clip, kept, folder)
    chapters = add_chapters(command, clip, draft, folder)
    run_command(command, out, draft)
    promise = Promise(plan.picture, plan.copied, plan.pictures, clip.seconds, kept, chapters)
    return read_back(draft, out, promise)


def _stream(clip: Clip, index: int, begin: float = 0.0, **options: Any) -> Any:
    """Stream number `index` of the clip's file, on ffmpeg's clock from `begin` s of the clip on.

    Where the container has no good index, what lies before is not passed over but cut off later.
    """
    clock = read_clock(clip.path, index)
    zero = clock.first_picture + clip.start + begin
    where = {"itsoffset": f"{-zero:.6f}"}
    if clip.start and clock.seekable and zero > 0:
        where = {"ss": f"{zero:.6f}"}
    options |= {"fflags": "+genpts", **where}  # AVI has no presentation times
    return ffmpeg.input(word_of(clip.path), **options)[str(index)]


def _old_sound(clip: Clip, index: int, folder: Path) -> Any:
    """The sound stream `index`, beside the picture even where the file's clock jumps."""
    if len(clock_shifts(clip.path)) > 1:
        moved = move_stream(clip, index, folder / "old.nut")
        if moved is not None:
            return ffmpeg.input(word_of(moved.path), itsoffset=f"{moved.begin:.6f}")["0"]
    return _stream(clip, index)


def _others(plan: _Plan, folder: Path) -> tuple[Luggage, list[Any]]:
    """What comes along, less what the part has nothing of, and its streams in this order.

    Attachments come last, as Matroska's muxer wants.
    """
    clip, kept, streams = plan.clip, [], []
    still = ffmpeg.input(word_of(clip.path))  # covers and attachments have no time
    elsewhere = stands_elsewhere(clip)
    order = ("video", "subtitle", "data", "attachment")
    for each in sorted(plan.luggage.kept, key=lambda one: order.index(one.kind)):
        if each.kind == "attachment" or plan.streams[each.index].attached:
            source = still[str(each.index)]
        elif each.kind != "video" and elsewhere:
            kind = ".mp4" if each.source in ("mov_text", "bin_data") else ".mkv"
            moved = move_stream(clip, each.index, folder / f"{each.index}{kind}")
            if moved is None:
                continue
            source = ffmpeg.input(word_of(moved.path), itsoffset=f"{moved.begin:.6f}")["0"]
        else:
            source = _stream(clip, each.index, t=f"{clip.seconds:.6f}")
        kept.append(each)
        if not each.cover:
            streams.append(source)
    return Luggage(kept, plan.luggage.left_out), streams


def _options(plan: _Plan, kept: Luggage) -> dict[str, Any]:
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
        later = plan.pictures.zero - plan.pictures.first + _TICK
        options |= for_stream("v:0", picture_anew(clip.path, suffix, later))
        options |= moved_timecodes(clip)
        shortened = plan.pictures.first < plan.pictures.zero
        if suffix != ".avi" and (shortened or plan.pictures.uneven):
            options["fps_mode:v:0"] = "vfr"  # in MP4 ffmpeg 5.1 would repeat pictures
            if shortened:
                options["enc_time_base:v:0"] = _FINE
        options["t"] = f"{clip.seconds:.6f}"
    if clip.end is not None and suffix != ".avi":
        # The last picture ends with the part, however long it stands in the whole.
        left = f"min(DURATION,{clip.seconds:.6f}/TB-PTS)"
        ends = f"setts=pts=PTS:dts=DTS:duration=if(isnan(PTS),DURATION,{left})"
        options["bsf:v:0"] = ends.replace(",", r"\,")
    for number, each in enumerate(kept.of("subtitle")):
        options[f"codec:s:{number}"] = each.codec
        options[f"disposition:s:{number}"] = each.disposition
    for number, each in enumerate(kept.of("video"), start=1):
        if plan.streams[each.index].attached:
            options[f"disposition:v:{number}"] = "attached_pic"
    if CONTAINERS[suffix] in ("mp4", "mov"):
        # Phones' own keys need QuickTime's newer form of metadata, which fewer players read.
        phone = "+use_metadata_tags" if has_phone_metadata(clip.path) else ""
        options["movflags"] = "+faststart" + phone
    return options
