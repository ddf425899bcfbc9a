"""The sound of a score's notes, plainly synthesised: what a generator that knows songs hears.

A tone is a row of harmonics that fades, a stroke of a drum is noise in the bands of its onset
(`levels.BANDS_OF_STROKES`) with the tones that sound in it. Songs of the training music are heard
in the same way (`examples/gpu/played.py`), beside how instruments play them.

Letters: `N` samples at `SAMPLE_RATE`.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.drums import bare_strokes
from d2m_cli.sketch.levels import (
    BANDS_OF_STROKES,
    HELD,
    OVERTONES,
    PITCHES_OF_STROKES,
    part_level,
)
from d2m_cli.sketch.notes import STROKES, Part
from d2m_cli.sketch.pitches import hertz
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

Array = NDArray[np.float64]

A = 69.0
"""MIDI number of the A of 440 Hz."""
HARMONICS = len(OVERTONES)
LEVEL = 0.12
"""Amplitude of the first harmonic of a tone of level 1."""
ATTACK, RELEASE = 0.004, 0.03
"""Seconds in which a tone comes and goes."""
HEARD = 0.25
"""Seconds from the start of a note in which its phases are measured; of a shorter note"""
SHORTEST = 512
"""samples at least."""
HIGHEST = 10000.0
"""Hz: no harmonic lies above."""
NOISE_LEVELS = (0.4, 0.13, 0.08)
"""Of a stroke's three bands: the peak of the drum, root mean square of the noises."""
FALLS = {
    "kick": 0.12,
    "snare": 0.1,
    "clap": 0.08,
    "rim": 0.03,
    "hat": 0.03,
    "pedal-hat": 0.04,
    "open-hat": 0.2,
    "crash": 0.7,
    "ride": 0.35,
    "tambourine": 0.08,
    "maracas": 0.03,
    "low-tom": 0.2,
    "mid-tom": 0.18,
    "high-tom": 0.15,
    "cowbell": 0.12,
    "clave": 0.04,
    "high-bongo": 0.07,
    "low-bongo": 0.1,
    "mute-conga": 0.05,
    "high-conga": 0.15,
    "low-conga": 0.18,
    "high-timbale": 0.15,
    "low-timbale": 0.18,
    "guiro": 0.12,
    "wood-block": 0.04,
}
"""Seconds in which a stroke falls to 1/e."""
LONGEST = 4.0
"""Of a stroke, in falls."""
_LONGEST_STROKE = int(LONGEST * max(FALLS.values()) * SAMPLE_RATE)


class TimedNote(NamedTuple):
    """A note of a score, or one that was played."""

    part: Part
    start: float
    """Seconds, and"""
    end: float
    pitch: int
    """As `notes.Note` has it."""
    velocity: float


Sounding = NDArray[np.float64]
"""What is to sound, `(7 + HARMONICS, N)`, a column a note: start and end in seconds, pitch, level
of the first harmonic, seconds in which it falls to 1/e, share of each next harmonic, whether it is
a stroke, and the harmonics' phases."""


def sounding(
    notes: Iterable[TimedNote],
    rules: StyleRules,
    sixteenth: float,
    phases: Callable[[TimedNote], Array],
) -> Sounding:
    """Notes as their style's `rules` let them sound; a sixteenth has so many seconds.

    `phases` of a note are those of its harmonics `(HARMONICS,)` at its start, in radians.
    """
    columns = []
    for note in notes:
        if note.part is Part.DRUMS:
            rest = note.start, note.pitch, note.velocity, 0.0, 0.0, 1.0, *np.zeros(HARMONICS)
        else:
            level = LEVEL * note.velocity * part_level(note.part, rules)
            fall = rules.decay_sixteenths * sixteenth * (1.0 if note.part is Part.MELODY else HELD)
            end, rolloff = note.end + RELEASE, rules.overtone_rolloff
            rest = end, note.pitch, level, fall, rolloff, 0.0, *phases(note)
        columns.append((note.start, *rest))
    return np.array(columns).reshape(-1, 7 + HARMONICS).T


def phases_in(wave: FloatArray, note: TimedNote) -> Array:
    """Phases `(HARMONICS,)` of a note that sounds in music `(N,)`, by its first quarter second."""
    begin = round(note.start * SAMPLE_RATE)
    length = min(round((note.end - note.start) * SAMPLE_RATE), round(HEARD * SAMPLE_RATE))
    heard = wave[begin : begin + max(length, SHORTEST)]
    turn = np.exp(-2j * np.pi * hertz(note.pitch - A) / SAMPLE_RATE * np.arange(len(heard)))
    harmonic, weighted = np.ones(len(heard), complex), heard * np.hanning(len(heard))
    found = np.zeros(HARMONICS)
    for number in range(HARMONICS):
        harmonic = harmonic * turn
        found[number] = np.angle(1j * (weighted @ harmonic))
    return found


def play(notes: Sounding, first: int, count: int) -> FloatArray:
    """Sound `(count,)` from sample `first` on, which may lie before the piece."""
    wave = np.zeros(count, np.float32)
    begins = np.round(notes[0] * SAMPLE_RATE).astype(int) - first
    lengths = np.round((notes[1] - notes[0]) * SAMPLE_RATE).astype(int).clip(min=1)
    heard = (begins < count) & (begins + lengths.clip(min=_LONGEST_STROKE) > 0)
    columns = begins[heard].tolist(), lengths[heard].tolist(), notes.T[heard]
    for begin, length, note in zip(*columns, strict=True):
        _, _, pitch, level, fall, rolloff, struck, *phases = note.tolist()
        stroke = _stroke(round(pitch)) if struck else None
        if stroke is not None:
            length = len(stroke)
        here = slice(max(begin, 0), min(begin + length, count))
        if here.start >= here.stop:
            continue
        inside = np.arange(here.start - begin, here.stop - begin)
        if stroke is not None:
            wave[here] += np.float32(level) * stroke[inside]
            continue
        shape = np.exp(-inside / (fall * SAMPLE_RATE))
        shape *= (inside / (ATTACK * SAMPLE_RATE)).clip(max=1.0)
        shape *= ((length - inside) / (RELEASE * SAMPLE_RATE)).clip(max=1.0)
        wave[here] += level * shape * _tone(float(hertz(pitch - A)), rolloff, phases, inside)
    return wave


def _tone(
    frequency: float, rolloff: float, phases: Sequence[float], inside: NDArray[np.int_]
) -> Array:
    """Samples `inside` `(M,)` of a tone that stands and whose first harmonic has level 1."""
    turn = np.exp(2j * np.pi * frequency / SAMPLE_RATE * inside)
    harmonic, level, sound = np.ones(len(inside), complex), 1.0, np.zeros(len(inside))
    for number, phase in enumerate(phases, 1):
        if number * frequency > HIGHEST:
            break
        harmonic = harmonic * turn
        sound += level * (harmonic * np.exp(1j * phase)).imag
        level *= rolloff
    return sound


@lru_cache(len(STROKES))
def _stroke(key: int) -> FloatArray:
    """A stroke `(N,)` of full velocity."""
    name = next(stroke for stroke, number in STROKES.items() if number == key)
    count = int(LONGEST * FALLS[name] * SAMPLE_RATE)
    seconds = np.arange(count) / SAMPLE_RATE
    sound = np.multiply(BANDS_OF_STROKES[name], NOISE_LEVELS) @ bare_strokes(count, key)
    for pitch, level in PITCHES_OF_STROKES.get(name, {}).items():
        if name != "kick":
            sound += LEVEL * level * np.sin(2 * np.pi * hertz(pitch - A) * seconds)
    return np.asarray(sound * np.exp(-seconds / FALLS[name]), np.float32)
