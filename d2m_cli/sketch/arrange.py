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
from numpy.typing import NDArray

from d2m_cli.sketch.answer import LANDING, Heard, Pause, answer
from d2m_cli.sketch.arrangement import NOTES, Arrangement, Stretch, joined, triad_name
from d2m_cli.sketch.compose import compose
from d2m_cli.sketch.drums import place_drum_onsets
from d2m_cli.sketch.humanise import loosened, to_partials, varied
from d2m_cli.sketch.levels import levels, onset_strengths
from d2m_cli.sketch.partials import Partials
from d2m_cli.sketch.plan import plan_piece
from d2m_cli.sketch.rules import SCALES, TRIAD, StyleRules
from d2m_cli.sketch.score import CHORD_LOWEST, Score, Tonality
from d2m_cli.spec import SIXTEENTHS_PER_BEAT
from d2m_cli.timeline import extrapolate
from d2m_cli.types import Events, FloatArray, Rhythm

RINGING_SECONDS = 0.5
"""The closing chord is struck on the last beat that leaves it so long to ring."""


@dataclass(frozen=True)
class Sketch:
    """What is to sound when."""

    partials: Partials
    drum_onsets: FloatArray
    """`(BANDS, F)` strengths at `DRUM_RATE`."""
    arrangement: Arrangement
    """The same in words."""


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
    score, starts = written.score, written.seconds(np.arange(written.score.sixteenths))
    middles = written.seconds(np.arange(score.sixteenths) + 0.5)
    partials = to_partials(levels(score), middles, score.rules.balance, written.random)
    begun = written.seconds(np.array([note.start for note in score.notes]))
    placed = place_drum_onsets(begun, onset_strengths(score), seconds)
    drum_onsets = loosened(placed, float(np.median(np.diff(middles))), written.random)
    return Sketch(partials, drum_onsets, _in_words(written, starts, seconds))


@dataclass(frozen=True)
class DanceScore:
    """The score of a dance's music."""

    score: Score
    rhythm: Rhythm
    first: int
    """Sixteenths from beat 0 of the rhythm to the first of the score."""
    pauses: tuple[Pause, ...]
    random: np.random.Generator
    """The dice that threw it, for what comes next."""

    def seconds(self, steps: NDArray[np.floating | np.integer]) -> NDArray[np.float64]:
        """Times `(N,)` of places `(N,)` in sixteenths of the score; the dance begins at 0."""
        return _times(self.rhythm, (self.first + steps) / SIXTEENTHS_PER_BEAT)


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
    first = int(np.floor(rhythm.phase[0])) * SIXTEENTHS_PER_BEAT
    last = int(np.ceil(rhythm.phase[-1])) * SIXTEENTHS_PER_BEAT
    middles = _times(rhythm, (np.arange(first, last) + 0.5) / SIXTEENTHS_PER_BEAT)
    steps = np.arange(len(energy)) / rhythm.rate
    lively = np.interp(middles, steps, energy)
    arms, legs = (
        (lively, lively)
        if limbs is None
        else ((lively + np.interp(middles, steps, limb)) / 2 for limb in limbs)
    )
    closing = max(len(rhythm.phase) - 1 - round(RINGING_SECONDS * rhythm.rate), 0)
    close = max(0, int(np.floor(rhythm.phase[closing])) * SIXTEENTHS_PER_BEAT - first)
    own = varied(rules, random)

    def place(seconds: float) -> float:
        step = np.interp(seconds * rhythm.rate, np.arange(len(rhythm.phase)), rhythm.phase)
        return float(step) * SIXTEENTHS_PER_BEAT - first

    bar = rules.meter * SIXTEENTHS_PER_BEAT
    sections = [((first + place(section.start)) / bar, section.name) for section in events.sections]
    plan = plan_piece(sections, first // bar, -(-(first + close) // bar))
    score = compose(plan, lively, own, random, first, close, tonality)
    heard = Heard(
        arms,
        legs,
        [(place(freeze.start), place(freeze.end)) for freeze in events.freezes],
        [(place(accent.time), accent.strength) for accent in events.accents]
        + [(place(jump.time), LANDING) for jump in events.jumps]
        + [(place(drop.time), LANDING) for drop in events.drops],
        [(place(turn.start), place(turn.end)) for turn in events.turns],
    )
    pauses = answer(score, heard, first, close)
    return DanceScore(score, rhythm, first, tuple(pauses), random)


def _in_words(written: DanceScore, starts: NDArray[np.float64], seconds: float) -> Arrangement:
    """What the score plays, whose sixteenths begin at `starts` `(S,)` seconds."""
    score, rhythm = written.score, written.rhythm
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


def _times(rhythm: Rhythm, beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds at which the phase reaches `beats`; beyond its ends it goes on at its last pace."""
    phase = rhythm.phase.astype(np.float64)
    ends = phase[1] - phase[0], phase[-1] - phase[-2]
    return extrapolate(beats, phase, np.arange(len(phase)), *ends) / rhythm.rate
