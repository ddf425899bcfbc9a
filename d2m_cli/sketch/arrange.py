"""A sketch of new music for a dance: chords, bass, melody and drums on the dance's own beats.

What a dance cannot say (key, harmony, tune) comes from the seed; what it does say decides the rest:
every note and drum stroke lies on its beats, its energy decides how many voices play how loudly,
and the music closes on its last beat. The sketch is not the music: the generator has learned to
turn the sketches of real pieces (`partials.analyse`, `drums.find_drum_onsets`) into those pieces.

Letters: `S` sixteenths of the piece, `T` steps of the rhythm.
"""

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.drums import place_drum_onsets
from d2m_cli.sketch.humanise import to_partials
from d2m_cli.sketch.partials import Partials
from d2m_cli.sketch.rules import STYLE_RULES, StyleRules
from d2m_cli.sketch.score import Score
from d2m_cli.spec import SIXTEENTHS_PER_BEAT
from d2m_cli.types import FloatArray, Rhythm


@dataclass(frozen=True)
class Sketch:
    """What is to sound when."""

    partials: Partials
    drum_onsets: FloatArray
    """`(BANDS, F)` strengths at `DRUM_RATE`."""


def arrange(rhythm: Rhythm, energy: FloatArray, seconds: float, style: str, seed: int) -> Sketch:
    """Sketch for a dance with `rhythm` and `energy` `(T,)` 0..1 at the rhythm's rate."""
    random = np.random.default_rng((seed, crc32(style.encode())))
    rules = STYLE_RULES.get(style, StyleRules())
    first = int(np.floor(rhythm.phase[0])) * SIXTEENTHS_PER_BEAT
    last = int(np.ceil(rhythm.phase[-1])) * SIXTEENTHS_PER_BEAT
    starts = _times(rhythm, np.arange(first, last) / SIXTEENTHS_PER_BEAT)
    middles = _times(rhythm, (np.arange(first, last) + 0.5) / SIXTEENTHS_PER_BEAT)
    lively = np.interp(middles, np.arange(len(energy)) / rhythm.rate, energy)
    score = Score(first, lively, rules, random)
    close = max(0, int(np.floor(rhythm.phase[-1])) * SIXTEENTHS_PER_BEAT - first)
    score.play(close)
    partials = to_partials(score.levels, middles, rules.balance, random)
    return Sketch(partials, place_drum_onsets(starts, score.drum_onsets, seconds))


def _times(rhythm: Rhythm, beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds at which the phase reaches `beats`; beyond its ends it goes on at its last pace."""
    phase = rhythm.phase.astype(np.float64)
    steps = np.interp(beats, phase, np.arange(len(phase)))
    steps += np.minimum(beats - phase[0], 0.0) / (phase[1] - phase[0])
    steps += np.maximum(beats - phase[-1], 0.0) / (phase[-1] - phase[-2])
    return np.asarray(steps / rhythm.rate)
