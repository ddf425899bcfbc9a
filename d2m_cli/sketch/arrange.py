"""A sketch of new music for a dance: chords, bass, melody and drums on the dance's own beats.

What a dance cannot say (key, harmony, tune) comes from the seed; what it does say decides the rest:
every note and drum stroke lies on its beats, its energy decides how many voices play how loudly,
its freezes and accents are answered (`answer`), and the music closes on its last beat that leaves
the chord time to ring. The sketch is not the music: the generator has learned to turn the sketches
of real pieces (`partials.analyse`, `drums.find_drum_onsets`) into those pieces.

Letters: `S` sixteenths of the piece, `T` steps of the rhythm.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from d2m_cli.sketch.answer import Pause, answer
from d2m_cli.sketch.arrangement import NOTES, Arrangement, Stretch, joined, triad_name
from d2m_cli.sketch.compose import compose
from d2m_cli.sketch.drums import place_drum_onsets
from d2m_cli.sketch.grid import Grid
from d2m_cli.sketch.humanise import loosened, to_partials, varied
from d2m_cli.sketch.levels import levels, onset_strengths
from d2m_cli.sketch.partials import Partials
from d2m_cli.sketch.play import HARMONICS, Sounding, TimedNote, sounding
from d2m_cli.sketch.rules import SCALES, TRIAD, StyleRules
from d2m_cli.sketch.score import CHORD_LOWEST, Score, Tonality
from d2m_cli.types import Events, FloatArray, Rhythm


@dataclass(frozen=True)
class Sketch:
    """What is to sound when."""

    partials: Partials
    drum_onsets: FloatArray
    """`(BANDS, F)` strengths at `DRUM_RATE`."""
    arrangement: Arrangement
    """The same in words."""
    notes: Sounding | None = None
    """Its notes, where it was made from a score."""


def arrange(
    rhythm: Rhythm,
    energy: FloatArray,
    seconds: float,
    style: str,
    rules: StyleRules,
    seed: int,
    events: Events = Events(),
    limbs: FloatArray | None = None,
) -> Sketch:
    """Sketch for a dance with `rhythm`, `events`, and `energy` `(T,)` 0..1 at the rhythm's rate.

    Seed and name of the `style` pick the piece, `rules` say how it is built; `limbs` `(2, T)` is
    the energy of arms and legs, where it is known.
    """
    return sketch_of(dance_score(rhythm, energy, style, rules, seed, events, limbs), seconds)


def sketch_of(written: DanceScore, seconds: float) -> Sketch:
    """The sketch of a score; its dice are thrown on, so that a score has one sketch."""
    score = written.score
    middles = written.grid.seconds(np.arange(score.sixteenths) + 0.5)
    partials = to_partials(levels(score), middles, score.rules.balance, written.random)
    begun = written.grid.seconds(np.array([note.start for note in score.notes]))
    placed = place_drum_onsets(begun, onset_strengths(score), seconds)
    drum_onsets = loosened(placed, float(np.median(np.diff(middles))), written.random)
    return Sketch(partials, drum_onsets, in_words(written, seconds), _sounding(written))


def _sounding(written: DanceScore) -> Sounding:
    """The notes of a score in seconds; each begins in phases of its own, as instruments do."""
    score, seconds = written.score, written.grid.seconds
    starts = seconds(np.array([note.start for note in score.notes]))
    ends = seconds(np.array([note.start + note.length for note in score.notes]))
    notes = [
        TimedNote(note.part, start, end, note.pitch, note.velocity)
        for note, start, end in zip(score.notes, starts.tolist(), ends.tolist(), strict=True)
    ]
    sixteenth = float(np.median(np.diff(seconds(np.arange(score.sixteenths + 1)))))
    return sounding(
        notes,
        score.rules,
        sixteenth,
        lambda note: written.random.uniform(-np.pi, np.pi, HARMONICS),
    )


@dataclass(frozen=True)
class DanceScore:
    """The score of a dance's music."""

    score: Score
    grid: Grid
    pauses: tuple[Pause, ...]
    random: np.random.Generator
    """The dice that threw it, for what comes next."""


def dance_score(
    rhythm: Rhythm,
    energy: FloatArray,
    style: str,
    rules: StyleRules,
    seed: int,
    events: Events = Events(),
    limbs: FloatArray | None = None,
    tonality: Tonality | None = None,
) -> DanceScore:
    """The score that `arrange` makes a sketch of; `energy` is `(T,)`, `limbs` `(2, T)`, as there.

    A `tonality` takes the place of the one that would be thrown.
    """
    random = np.random.default_rng((seed, crc32(style.encode())))
    grid = Grid.of(rhythm, rules.meter)
    lively = grid.curve(energy)
    own = varied(rules, random)
    score = compose(grid.plan(events), lively, own, random, grid.first, grid.close, tonality)
    pauses = answer(score, grid.heard(events, lively, limbs), grid.first, grid.close)
    return DanceScore(score, grid, tuple(pauses), random)


def in_words(written: DanceScore, seconds: float) -> Arrangement:
    """What the score of a piece that lasts `seconds` plays."""
    starts = written.grid.seconds(np.arange(written.score.sixteenths))
    score, rhythm = written.score, written.grid.rhythm
    edges = np.append(starts, seconds).clip(0.0, seconds)
    scale = next(name for name, steps in SCALES.items() if steps == score.scale)
    sections, chords = [], []
    for bar in score.bars:
        start, end = float(edges[max(bar.begin, 0)]), float(edges[max(bar.end, 0)])
        root, third, fifth = (score.pitch(bar.root + degree, CHORD_LOWEST) for degree in TRIAD)
        sections.append(Stretch(start, end, bar.section))
        chords.append(Stretch(start, end, triad_name(root, third, fifth)))
    beats = rhythm.beats
    opens_bar = (np.ceil(rhythm.phase[0]) + np.arange(len(beats))) % score.rules.meter == 0
    return Arrangement(
        key=f"{NOTES[score.key]} {scale}",
        beats=tuple(beats.tolist()),
        downbeats=tuple(beats[opens_bar].tolist()),
        sections=joined(sections),
        chords=joined(chords),
        pauses=tuple((float(edges[p.begin]), float(edges[p.end])) for p in written.pauses),
    )
