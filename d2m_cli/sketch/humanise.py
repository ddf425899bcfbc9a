"""From a score to partials and drum onsets as those of real music.

Real music's sixteenths (`partials.analyse`) are more than its notes: drums and breath leave weak
partials that come and go, the octaves have their balance, no tone stands still. Its onsets
(`drums.find_drum_onsets`) are now louder and now softer, a little early or late, mixed otherwise in
every piece, and there are more of them than drum strokes. A generator that has learned from such
sketches takes a bare score for something that it does not know, and pieces that differ in their
notes alone sound alike.

Letters: `S` sixteenths of the piece, `F` steps at `DRUM_RATE`.
"""

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.sketch.drums import WEAKEST
from d2m_cli.sketch.partials import MAX_PARTIALS, QUIET_DB, Partials, frequencies
from d2m_cli.sketch.pitches import OCTAVE, PITCHES
from d2m_cli.sketch.rules import Balance, StyleRules
from d2m_cli.spec import DRUM_RATE
from d2m_cli.types import FloatArray

LOUDNESS = 0.12
"""Root mean square of a sketch: a little under the median of the training music (0.16), to leave
room for the drums."""

BACKGROUND_DB = (-26.0, -10.0)
"""Levels of the partials that belong to no note, against the loudest of their sixteenth."""
BACKGROUND_PARTIALS = 6
"""How many of them a sixteenth has."""
WAVER_DB = 2.5
"""Standard deviation of a partial's level from sixteenth to sixteenth."""
DRIFT = 0.5
"""The same of its phase, in radians; a new note begins anywhere."""
STRUCK = 3.5
"""A level that rises by more than this factor is a new note."""
SHIFT_DB = (-20.0, 6.0)
"""Octaves in which a calm dance leaves out the voices are not made up for."""

MIX, STROKE = (0.3, 0.5, 0.5), 0.2
"""Standard deviations of the logarithm of each band's strength from piece to piece, and of a drum
onset's within its piece."""
STRONG, FAINTEST = 0.45, 0.3
"""An onset that the score wants so strong stays at least so strong: the beat must be heard."""
LATE, GHOST_LATE = 0.005, 0.012
"""Standard deviations of an onset's time, and of a ghost's, in seconds."""
GHOSTS, GHOSTS_VARY = 0.12, 0.7
"""Weak onsets around each stroke, mean, and how that varies from piece to piece;"""
GHOST_PLACES = (-1.0, -0.5, 0.5, 1.0)
"""how far from it they fall, in sixteenths;"""
GHOST_STRENGTHS = (0.2, 0.5)
"""and how strong they are."""
RULES_VARY = 0.5
"""Standard deviation of the logarithm of a rule from piece to piece, and"""
ROLLOFF_VARIES, ROLLOFFS = 0.15, (0.1, 0.9)
"""that of the overtones, in itself, and its bounds."""


def to_partials(
    levels: NDArray[np.float64],
    middles: NDArray[np.float64],
    balance: Balance,
    random: Generator,
) -> Partials:
    """Partials of a score `levels` `(S, PITCHES)` whose sixteenths have `middles` `(S,)` seconds.

    `balance` is that of the whole piece.
    """
    struck = _struck(levels)
    levels = _balanced(levels, balance) * 10 ** (random.normal(0.0, WAVER_DB, levels.shape) / 20)
    loudest = levels.max(axis=1, keepdims=True)
    levels = np.maximum(levels, _breath(loudest, balance, random))
    levels[levels < loudest * 10 ** (-QUIET_DB / 20)] = 0.0
    return _strongest(levels, struck, middles, random)


def levelled_partials(
    levels: NDArray[np.float64], middles: NDArray[np.float64], random: Generator
) -> Partials:
    """Partials of levels `(S, PITCHES)` that are real music's already, as of `to_partials`."""
    return _strongest(levels, _struck(levels), middles, random)


def varied(rules: StyleRules, random: Generator) -> StyleRules:
    """Rules of one piece of a style: its voices are mixed, and its tones made, in their own way."""
    decay, chords, melody = np.exp(random.normal(0.0, RULES_VARY, 3))
    rolloff = rules.overtone_rolloff + random.normal(0.0, ROLLOFF_VARIES)
    return replace(
        rules,
        decay_sixteenths=rules.decay_sixteenths * decay,
        chords=rules.chords * chords,
        melody=rules.melody * melody,
        overtone_rolloff=float(np.clip(rolloff, *ROLLOFFS)),
    )


def loosened(drum_onsets: FloatArray, sixteenth: float, random: Generator) -> FloatArray:
    """Drum onsets `(BANDS, F)` as played, with weak ones between; `sixteenth` in seconds."""
    found = np.zeros_like(drum_onsets)
    end = np.flatnonzero(drum_onsets.max(axis=0)).max(initial=0) / DRUM_RATE
    for row, onsets, spread in zip(found, drum_onsets, MIX, strict=True):
        steps = np.flatnonzero(onsets)
        places = steps / DRUM_RATE
        times = places + random.normal(0.0, LATE, len(steps))
        mix = random.normal(0.0, spread)
        strength = onsets[steps] * np.exp(mix + random.normal(0.0, STROKE, len(steps)))
        strength = np.maximum(strength, FAINTEST * (onsets[steps] >= STRONG))
        heard = strength > WEAKEST
        _put(row, times[heard], strength[heard].clip(max=1.0))
        each = GHOSTS * np.exp(random.normal(0.0, GHOSTS_VARY))
        ghosts = np.repeat(places, random.poisson(each, len(places)))
        ghosts += sixteenth * random.choice(GHOST_PLACES, len(ghosts))
        ghosts += random.normal(0.0, GHOST_LATE, len(ghosts))
        strengths = random.uniform(*GHOST_STRENGTHS, len(ghosts))
        _put(row, ghosts[ghosts < end], strengths[ghosts < end])
    return found


def _put(row: FloatArray, times: NDArray[np.float64], strengths: NDArray[np.floating]) -> None:
    """Raise `row` `(F,)` to `strengths` at `times` (seconds); what lies outside is left out."""
    steps = (times * DRUM_RATE).round().astype(int)
    inside = (steps >= 0) & (steps < len(row))
    np.maximum.at(row, steps[inside], strengths[inside].astype(np.float32))


def _struck(levels: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a tone begins anew in levels `(S, PITCHES)`."""
    return np.asarray(levels > STRUCK * np.vstack([np.zeros(PITCHES), levels[:-1]]))


def _strongest(
    levels: NDArray[np.float64],
    struck: NDArray[np.bool_],
    middles: NDArray[np.float64],
    random: Generator,
) -> Partials:
    """The strongest partials of each sixteenth, all together at `LOUDNESS`."""
    pitch = np.argsort(-levels, axis=1)[:, :MAX_PARTIALS]
    level = np.take_along_axis(levels, pitch, 1)
    level *= LOUDNESS / max(np.sqrt(0.5 * (level**2).sum(axis=1).mean()), 1e-9)
    phase = np.take_along_axis(_phases(struck, middles, random), pitch, 1)
    return Partials(
        middles, pitch.astype(np.uint8), level.astype(np.float32), phase.astype(np.float32)
    )


def _balanced(levels: NDArray[np.float64], balance: Balance) -> NDArray[np.float64]:
    """Levels whose octaves have the shares `balance`, passing smoothly from one to the next."""
    power = (levels**2).sum(axis=0).reshape(-1, OCTAVE).sum(axis=1)
    share = 10 * np.log10(np.maximum(power / max(power.sum(), 1e-12), 1e-9))
    shift = np.clip(np.array(balance) - share, *SHIFT_DB)
    return levels * _by_pitch(shift)


def _by_pitch(octaves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factors `(PITCHES,)` of dB that the middles of the octaves have."""
    middles = OCTAVE * (np.arange(len(octaves)) + 0.5)
    return np.asarray(10 ** (np.interp(np.arange(PITCHES), middles, octaves) / 20))


def _breath(
    loudest: NDArray[np.float64], balance: Balance, random: Generator
) -> NDArray[np.float64]:
    """Levels `(S, PITCHES)` of `BACKGROUND_PARTIALS` partials in each sixteenth.

    Most lie where the balance has most power.
    """
    chance = random.random((len(loudest), PITCHES)) ** (1 / _by_pitch(np.array(balance)))
    found = np.zeros(chance.shape)
    places = np.argsort(-chance, axis=1)[:, :BACKGROUND_PARTIALS]
    heights = 10 ** (random.uniform(*BACKGROUND_DB, places.shape) / 20)
    np.put_along_axis(found, places, heights, 1)
    return found * loudest


def _phases(
    struck: NDArray[np.bool_], middles: NDArray[np.float64], random: Generator
) -> NDArray[np.float64]:
    """Phases `(S, PITCHES)`: tones that drift a little, and begin anywhere when struck."""
    steps = random.normal(0.0, DRIFT, struck.shape)
    steps[struck] = random.uniform(0, 2 * np.pi, int(struck.sum()))
    steps[0] = random.uniform(0, 2 * np.pi, PITCHES)
    return (2 * np.pi * frequencies() * middles[:, None] + np.cumsum(steps, axis=0)) % (2 * np.pi)
