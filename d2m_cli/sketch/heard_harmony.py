"""Key and chords of a sketch that nobody wrote down.

The key is the one whose profile fits best how long and how loud each of the twelve tones sounds
(Krumhansl and Kessler 1982), the chord of a bar the triad whose tones hold most of its sound.
"""

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.pitches import LOWEST_PITCH, OCTAVE, PITCHES

_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
PROFILES = {"major": np.array(_MAJOR), "minor": np.array(_MINOR)}
TRIADS = {"": (0, 4, 7), "m": (0, 3, 7)}


def chroma_of(levels: NDArray[np.floating]) -> NDArray[np.float64]:
    """How loud each of the twelve tones is, `(S, 12)` from C on, of levels `(S, PITCHES)`."""
    found = np.zeros((len(levels), OCTAVE))
    for pitch in range(PITCHES):
        found[:, (LOWEST_PITCH + pitch) % OCTAVE] += levels[:, pitch] ** 2
    return np.sqrt(found)


def key_of(chroma: NDArray[np.float64]) -> tuple[int, str]:
    """Key note in semitones above C, and "major" or "minor", of chroma `(S, 12)`."""
    weight = chroma.mean(axis=0)
    fits = {
        (key, mode): float(np.corrcoef(weight, np.roll(profile, key))[0, 1])
        for mode, profile in PROFILES.items()
        for key in range(OCTAVE)
    }
    return max(fits, key=lambda known: np.nan_to_num(fits[known]))


def triad_of(chroma: NDArray[np.float64]) -> tuple[int, str]:
    """Root in semitones above C, and the triad's suffix, of chroma `(S, 12)`."""
    weight = chroma.sum(axis=0)
    fits = {
        (root, suffix): float(weight[[(root + step) % OCTAVE for step in steps]].sum())
        for suffix, steps in TRIADS.items()
        for root in range(OCTAVE)
    }
    return max(fits, key=lambda known: fits[known])
