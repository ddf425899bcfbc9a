"""Does the music answer what happens in the dance besides its beat?

Conventions. The level of a piece is its mean power in dB. The freeze contrast is the level within
`AROUND_SECONDS` before and after the freezes less that in them; what lies in the first
`RING_SECONDS` of a freeze does not count, for the stroke that the dancer stops on rings. Busyness
of a piece is its onset strength, smoothed over a second like the dance's energy; the busyness
correlation is Pearson's, less its mean over 40 circular shifts of the music (chance). Both are this
project's own.

Metrics
-------
* `freeze_contrast`: how much quieter the music is where the dancer stands still
* `busyness`, `busyness_correlation`: whether the music is busy where the dance is lively

>>> sound = np.ones(10 * SAMPLE_RATE, np.float32)
>>> sound[4 * SAMPLE_RATE : 6 * SAMPLE_RATE] = 0.1
>>> round(freeze_contrast(sound, [(4.0, 6.0)]))
20
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from d2m_cli.metrics.onsets import CURVE_RATE, onset_curve
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

AROUND_SECONDS = 2.0
RING_SECONDS = 0.25
SMOOTHING_SECONDS = 1.0
SHIFTS = 40
SILENCE = 1e-9
"""Power that stands for silence: -90 dB."""


def freeze_contrast(samples: FloatArray, freezes: Sequence[tuple[float, float]]) -> float | None:
    """Contrast in dB of music `(N,)` at `SAMPLE_RATE`; `freezes` are (start, end) in seconds.

    `None` without a freeze within the music, or for silent music.
    """
    times = np.arange(len(samples)) / SAMPLE_RATE
    inside, within = np.zeros(len(samples), bool), np.zeros(len(samples), bool)
    around = np.zeros(len(samples), bool)
    for start, end in freezes:
        within |= (times >= start) & (times < end)
        inside |= (times >= start + RING_SECONDS) & (times < end)
        around |= (times >= start - AROUND_SECONDS) & (times < end + AROUND_SECONDS)
    around &= ~within
    if not inside.any() or not around.any() or not np.any(samples):
        return None
    power = np.square(samples, dtype=np.float64)
    levels = (10 * np.log10(max(float(power[part].mean()), SILENCE)) for part in (around, inside))
    loud, quiet = levels
    return loud - quiet


def busyness(samples: FloatArray) -> NDArray[np.float64]:
    """Smoothed onset strength `(T_env,)` at `CURVE_RATE` of music `(N,)` at `SAMPLE_RATE`."""
    from scipy.ndimage import gaussian_filter1d

    curve = onset_curve(samples, "mean").astype(np.float64)
    return np.asarray(gaussian_filter1d(curve, SMOOTHING_SECONDS * CURVE_RATE))


def busyness_correlation(
    busy: NDArray[np.float64], energy: NDArray[np.floating], rate: float
) -> float | None:
    """Correlation above chance, -2..2, of `busyness` `(T_env,)` with energy `(T,)` at `rate`.

    `None` where either does not change, or for less than two seconds.
    """
    count = min(len(busy), int(len(energy) / rate * CURVE_RATE))
    if count < 2 * CURVE_RATE:
        return None
    curve = busy[:count]
    lively = np.interp(np.arange(count) / CURVE_RATE, np.arange(len(energy)) / rate, energy)
    if curve.std() < SILENCE or lively.std() < SILENCE:
        return None
    shifts = (round(count * (number + 1) / (SHIFTS + 1)) for number in range(SHIFTS))
    chance = [np.corrcoef(np.roll(curve, shift), lively)[0, 1] for shift in shifts]
    return float(np.corrcoef(curve, lively)[0, 1] - np.mean(chance))
