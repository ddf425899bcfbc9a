"""Makes parts of a take anew: all else stays bit for bit, and no seam is heard.

A new piece is written on the beats and in the key of the old one. In the parts its sketch takes
the place of the old one, and a generator that hears the codes around them draws theirs. They are
decoded with the codes around, brought to loudness by the gain of the old take, and cross-faded with
the old sound within the parts.

Letters: `N` samples, `T` codes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from d2m_cli.errors import InputError
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.generation.edges import with_edges
from d2m_cli.generation.level_model import LevelModel
from d2m_cli.generation.masked_sampling import Known
from d2m_cli.output.audio import apply_gain, write_wav
from d2m_cli.output.places import scratch_folder
from d2m_cli.progress import Step, timed
from d2m_cli.spec import SAMPLE_RATE, Level
from d2m_cli.studio.joining import joined_arrangement, joined_notes, joined_sketch
from d2m_cli.studio.making import Written, level_model, write_piece
from d2m_cli.studio.settings import TakeSettings
from d2m_cli.studio.spans import ALWAYS, Span
from d2m_cli.studio.takes import MUSIC, Take, write_codes, write_facts, write_sketch
from d2m_cli.studio.work import Stages
from d2m_cli.types import Codes, Dance, FloatArray, IntArray

CROSS_FADE = 0.03
"""Seconds in which a new part comes in, and in which it goes; both lie inside the part."""

_AROUND = 1.0
"""Seconds of old sound on either side that a limiter hears, so that it comes in as it was."""
_BLOCK = 10 * SAMPLE_RATE


def make_parts(
    maker: D2MMaker,
    dance: Dance,
    old: Take,
    settings: TakeSettings,
    spans: Sequence[Span],
    folder: Path,
    work: Stages,
) -> Take:
    """A take in `folder` that is `old` but for `spans`, which follow `settings`.

    Raises `InputError` where the settings cannot be joined to the old take, and what `make_take`
    raises.
    """
    timings: dict[str, float] = {}
    dance = replace(dance, rhythm=old.rhythm)
    places = whole_codes(spans, settings.level, old.seconds)
    spans = in_seconds(places, settings.level, old.seconds)
    wide = [_widened(span, old.seconds) for span in spans]
    with timed(timings, Step.COMPOSE):
        model = level_model(maker, settings.level)
        home = old.score.tonality
        new = write_piece(maker, dance, settings, home)
        if new.score.meter != old.meter:
            raise InputError(
                f"{new.style.name} counts {new.score.meter} beats in a bar and {old.id} "
                f"{old.meter}: choose a style of the same meter."
            )
        arrangement = joined_arrangement(old.arrangement, new.sketch.arrangement, wide)
        sketch = joined_sketch(old.sketch, new.sketch, wide, arrangement)
        score = joined_notes(old.score, new.score, dance.rhythm, wide)
        work.check()
        codes = _drawn(model, replace(new, sketch=sketch), settings, old.codes, places, work)
    with timed(timings, Step.DECODE):
        _join_music(model, dance, old, Codes(codes, settings.level), places, folder / MUSIC, work)
    write_codes(folder, codes)
    write_sketch(folder, dance.rhythm, sketch, score)
    take = replace(
        old,
        folder=folder,
        id=folder.name,
        settings=settings,
        style=new.style.name,
        arrangement=arrangement,
        parent=old.id,
        parts=tuple(spans),
        timings=timings,
    )
    write_facts(take)
    work.check()
    return take


def require_alike(old: Take, settings: TakeSettings) -> None:
    """Raise `InputError` where a part with `settings` cannot be joined to `old`."""
    if settings.level is not old.settings.level:
        raise InputError(
            f"{old.id} has level {old.settings.level}: its parts cannot have another one."
        )
    if settings.grid != old.settings.grid:
        raise InputError(
            f"A part of {old.id} has its beats: leave tempo, beat offset and meter as they are, "
            "or make a new take."
        )


def whole_codes(spans: Sequence[Span], level: Level, seconds: float) -> list[tuple[int, int]]:
    """First and last code of the whole codes in each span of a piece of `seconds`.

    Raises `InputError` where there is none.
    """
    found = []
    total = math.ceil(round(seconds * SAMPLE_RATE) / level.hop)
    for start, end in spans:
        last = total if end >= seconds else math.floor(end * level.code_rate + 1e-6)
        first = math.ceil(start * level.code_rate - 1e-6)
        if first < last:
            found.append((first, last))
    if not found:
        raise InputError("This part is too short, or locked as a whole: choose another one.")
    return found


def in_seconds(places: Sequence[tuple[int, int]], level: Level, seconds: float) -> list[Span]:
    """The spans of first and last codes of a piece of `seconds`."""
    rate = level.code_rate
    return [Span(first / rate, min(last / rate, seconds)) for first, last in places]


def _widened(span: Span, seconds: float) -> Span:
    """The span with what begins before the piece or ends after it, where it reaches so far."""
    start = ALWAYS.start if span.start == 0 else span.start
    return Span(start, ALWAYS.end if span.end == seconds else span.end)


def _drawn(
    model: LevelModel,
    new: Written,
    settings: TakeSettings,
    old: IntArray,
    places: Sequence[tuple[int, int]],
    work: Stages,
) -> IntArray:
    """Codes `(T,)`: the old ones, and new ones at `places`."""
    hidden = torch.zeros(len(old), dtype=torch.bool)
    for first, last in places:
        hidden[first:last] = True
    parts = model.sample_codes(
        new.dance,
        new.style,
        settings.seed,
        settings.quality.passes,
        lambda share: work(Step.COMPOSE, share, 1.0),
        new.sketch,
        Known(torch.from_numpy(old), hidden),
    )
    return np.concatenate([part.cpu().numpy() for part in parts])


def _join_music(
    model: LevelModel,
    dance: Dance,
    old: Take,
    codes: Codes,
    places: Sequence[tuple[int, int]],
    out: Path,
    work: Stages,
) -> None:
    """Write the old music with the sound of `codes` at `places`."""
    hop, around = codes.level.hop, round(_AROUND * codes.level.code_rate)
    first, last = max(0, places[0][0] - around), min(len(codes.indices), places[-1][1] + around)
    with scratch_folder() as scratch:
        raw, level = Path(scratch) / "raw.wav", Path(scratch) / "part.wav"
        pieces = _told(model.decode_part(codes, first, last), (last - first) * hop, work)
        write_wav(raw, with_edges(pieces, dance, first * hop))
        apply_gain(raw, level, old.gain)
        with (
            soundfile.SoundFile(old.path) as kept,
            soundfile.SoundFile(level) as new,
            soundfile.SoundFile(out, "w", SAMPLE_RATE, channels=1, subtype="PCM_16") as sink,
        ):
            total = kept.frames
            spans = [(a * hop, min(b * hop, total)) for a, b in places]
            for start in range(0, total, _BLOCK):
                work.check()
                block = kept.read(_BLOCK, dtype="int16")
                begin, end = max(start, first * hop), min(start + len(block), last * hop)
                if begin < end:
                    new.seek(begin - first * hop)
                    heard = new.read(end - begin, dtype="int16")
                    share = new_share(spans, begin, begin + len(heard), total)
                    place = slice(begin - start, begin - start + len(heard))
                    mixed = block[place] * (1.0 - share) + heard * share
                    block[place] = np.rint(mixed).astype(np.int16)
                sink.write(block)


def _told(pieces: Iterable[FloatArray], total: int, work: Stages) -> Iterator[FloatArray]:
    """Pass on pieces `(N,)` of sound, and say how much of `total` samples is done."""
    done = 0
    for piece in pieces:
        done += len(piece)
        work(Step.DECODE, done, total)
        yield piece


def new_share(
    spans: Sequence[tuple[int, int]], begin: int, end: int, total: int
) -> NDArray[np.float64]:
    """Share `(N,)` 0..1 that the new sound has of samples `begin` to `end - 1` of `total`.

    It is 0 outside the `spans` and rises and falls inside them, but for the ends of the piece.
    """
    at = np.arange(begin, end) + 0.5
    share = np.zeros(len(at))
    for first, last in spans:
        fade = max(min(round(CROSS_FADE * SAMPLE_RATE), (last - first) // 2), 1)
        rising = np.ones(len(at)) if first == 0 else ((at - first) / fade).clip(0.0, 1.0)
        falling = np.ones(len(at)) if last == total else ((last - at) / fade).clip(0.0, 1.0)
        share += rising * falling * ((at > first) & (at < last))
    return share
