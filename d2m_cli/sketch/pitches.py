"""The semitones that partials lie on, and their octaves."""

import numpy as np
from numpy.typing import NDArray

LOWEST_PITCH = 28
"""MIDI number of the lowest partial (41 Hz, the lowest string of a bass)."""
PITCHES = 72
"""Semitones that partials may lie on: up to 2489 Hz."""
OCTAVE = 12
"""Semitones of an octave."""


def chroma_of(levels: NDArray[np.floating]) -> NDArray[np.float64]:
    """How loud each of the twelve tones is, `(S, 12)` from C on, of levels `(S, PITCHES)`."""
    found = np.zeros((len(levels), OCTAVE))
    for pitch in range(PITCHES):
        found[:, (LOWEST_PITCH + pitch) % OCTAVE] += levels[:, pitch] ** 2
    return np.sqrt(found)


def octave_edges() -> NDArray[np.float64]:
    """Hertz `(O + 1,)` between the octaves of the semitones."""
    semitones = np.arange(0, PITCHES + 1, OCTAVE) + LOWEST_PITCH - 69.5
    return hertz(semitones)


def hertz(semitones: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Frequencies `(N,)`, or one, so many `semitones` `(N,)` above A = 440 Hz."""
    return np.asarray(440.0 * 2.0 ** (semitones / 12.0), np.float64)
