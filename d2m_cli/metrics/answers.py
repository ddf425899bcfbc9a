"""Does the music answer what happens in the dance besides its beat?

Conventions. The level of a piece is its mean power in dB. The freeze contrast is the level within
`AROUND_SECONDS` before and after the freezes less that in them; what lies in the first
`RING_SECONDS` of a freeze does not count, for the stroke that the dancer stops on rings. Busyness
of a piece is its onset strength, loudness its level in dB, both smoothed over a second like the
dance's energy; what lies `RANGE_DB` under the loudest is silence, so that what is left of sound in
a pause is no music. Correlations are Pearson's. An accent is answered where one of the strongest
onsets of the piece (`STRONG_SHARE`) lies within `NEAR_SECONDS`. Correlations and answers are less
their mean over 40 circular shifts of the music (chance). All are this project's own.

Metrics
-------
* `freeze_contrast`: how much quieter the music is where the dancer stands still
* `busyness`, `loudness`, `correlation_with_energy`: whether the music is busy, or loud, where the
  dance is lively
* `accent_response`: whether sudden stops and starts meet strong onsets

>>> sound = np.ones(10 * SAMPLE_RATE, np.float32)
>>> sound[4 * SAMPLE_RATE : 6 * SAMPLE_RATE] = 0.1
>>> round(freeze_contrast(sound, [(4.0, 6.0)]))
20
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from d2m_cli.metrics.onsets import CURVE_RATE, HOP, music_onsets, onset_curve
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

Curve = NDArray[np.float64]

AROUND_SECONDS = 2.0
RING_SECONDS = 0.25
SMOOTHING_SECONDS = 1.0
RANGE_DB = 40.0
STRONG_SHARE = 0.25
NEAR_SECONDS = 0.1
FEWEST_ACCENTS = 2
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


def busyness(samples: FloatArray) -> Curve:
    """Smoothed onset strength `(T_env,)` at `CURVE_RATE` of music `(N,)` at `SAMPLE_RATE`."""
    return _smooth(onset_curve(samples, "mean", RANGE_DB).astype(np.float64))


def loudness(samples: FloatArray) -> Curve:
    """Smoothed level in dB `(T_env,)` at `CURVE_RATE` of music `(N,)` at `SAMPLE_RATE`."""
    padded = np.pad(samples, (0, -len(samples) % HOP)).astype(np.float64)
    power = _smooth(np.square(padded.reshape(-1, HOP)).mean(axis=1))
    level = 10 * np.log10(np.maximum(power, SILENCE))
    return np.maximum(level, level.max(initial=0.0) - RANGE_DB)


def correlation_with_energy(
    curve: Curve, energy: NDArray[np.floating], rate: float
) -> float | None:
    """Correlation above chance, -2..2, of a curve `(T_env,)` with energy `(T,)` at `rate`.

    `None` where either does not change, or for less than two seconds.
    """
    count = min(len(curve), int(len(energy) / rate * CURVE_RATE))
    if count < 2 * CURVE_RATE:
        return None
    curve = curve[:count]
    lively = np.interp(np.arange(count) / CURVE_RATE, np.arange(len(energy)) / rate, energy)
    if curve.std() < SILENCE or lively.std() < SILENCE:
        return None
    chance = [np.corrcoef(np.roll(curve, shift), lively)[0, 1] for shift in _shifts(count)]
    return float(np.corrcoef(curve, lively)[0, 1] - np.mean(chance))


def accent_response(samples: FloatArray, accents: Sequence[float]) -> float | None:
    """Share of accents (seconds) that are answered, above chance, -1..1.

    `None` for fewer than `FEWEST_ACCENTS` within the music `(N,)` at `SAMPLE_RATE`, or without an
    onset in it.
    """
    seconds = len(samples) / SAMPLE_RATE
    within = np.array([time for time in accents if 0 <= time < seconds])
    onsets = music_onsets(samples)
    if len(within) < FEWEST_ACCENTS or not len(onsets):
        return None
    curve = onset_curve(samples, "mean", RANGE_DB)
    places = np.round(onsets * CURVE_RATE).astype(int).clip(0, len(curve) - 1)
    strength = np.array([curve[max(place - 1, 0) : place + 2].max() for place in places])
    strong = onsets[strength >= np.quantile(strength, 1 - STRONG_SHARE)]

    def answered(times: NDArray[np.float64]) -> float:
        apart = np.abs(times[:, None] - strong[None]).min(axis=1)
        return float(np.mean(apart <= NEAR_SECONDS))

    shifts = _shifts(len(curve))
    chance = [answered((within + shift / CURVE_RATE) % seconds) for shift in shifts]
    return answered(within) - float(np.mean(chance))


def _smooth(curve: Curve) -> Curve:
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(curve, SMOOTHING_SECONDS * CURVE_RATE))


def _shifts(count: int) -> list[int]:
    """Steps of circular shifts over `count`."""
    return [round(count * (number + 1) / (SHIFTS + 1)) for number in range(SHIFTS)]
