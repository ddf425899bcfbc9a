"""The semitones that partials lie on, and their octaves."""

import numpy as np
from numpy.typing import NDArray

LOWEST_PITCH = 28
"""MIDI number of the lowest partial (41 Hz, the lowest string of a bass)."""
PITCHES = 72
"""Semitones that partials may lie on: up to 2489 Hz."""
OCTAVE = 12
"""Semitones of an octave."""


def octave_edges() -> NDArray[np.float64]:
    """Hertz `(O + 1,)` between the octaves of the semitones."""
    semitones = np.arange(0, PITCHES + 1, OCTAVE) + LOWEST_PITCH - 69.5
    return np.asarray(440.0 * 2.0 ** (semitones / 12.0), np.float64)
