"""Does the music's beat lie where the dance's accents lie?

Conventions. A kinematic beat is a local minimum of the mean joint speed: the curve is smoothed with
a gaussian (Siyao et al., Bailando, CVPR 2022: 5 frames at 60 fps for motion capture; here 0.1 s,
for the jitter of poses estimated from video), and a beat is lower than every step within 1/6 s (Li
et al., AIST++, ICCV 2021: 10 frames at 60 fps). Both windows are seconds, so the frame rate does
not matter. The beat alignment score is the mean over one side's beats of `exp(-d^2 / (2 sigma^2))`,
d the distance to the nearest beat of the other side; AIST++ averages over the dance's beats with
sigma = 3 frames at 60 fps = 0.05 s, Bailando over the music's. The alignment lift is this project's
own: a score with sigma 0.1 s less what the same beats reach by chance, that is, on average over 40
circular shifts.

Metrics
-------
* `kinematic_beats`: beats of a dance from its joint speed
* `beat_alignment_score`: how near the beats of dance and music lie (BAS)
* `alignment_lift`: the same less chance

>>> dance = np.arange(0.5, 10.0, 0.5)
>>> beat_alignment_score(dance, dance), round(beat_alignment_score(dance, dance + 0.05), 4)
(1.0, 0.6065)
>>> [round(alignment_lift(dance, dance + late, 10.0), 2) for late in (0.0, 0.05, 0.25)]
[0.49, 0.38, -0.39]
"""

from enum import StrEnum

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from d2m_cli.errors import DataError
from d2m_cli.metrics.onsets import Times

BAS_SIGMA = 0.05
LIFT_SIGMA = 0.1
LIFT_SHIFTS = 40
SMOOTHING_SECONDS = 0.1
VALLEY_SECONDS = 1.0 / 6.0
_GOLDEN = (5.0**0.5 - 1.0) / 2.0


class Direction(StrEnum):
    """Whose beats the score is averaged over."""

    DANCE = "dance"
    """AIST++: does every accent of the dance meet the music?"""
    MUSIC = "music"
    """Bailando: does every beat of the music meet the dance?"""


def kinematic_beats(speed: NDArray[np.floating], rate: float) -> Times:
    """Beats `(B,)` in seconds: the valleys of a mean joint-speed curve `(T,)` sampled at `rate`.

    Steps of unknown speed (NaN, nobody in the picture) leave a gap; neither its edges nor the ends
    of the curve are beats.
    """
    if speed.ndim != 1 or rate <= 0:
        raise DataError(f"A speed curve of shape {speed.shape} at {rate} steps/s is not usable.")
    if not len(speed):
        return np.zeros(0)
    smooth = _smooth(np.asarray(speed, dtype=np.float64), SMOOTHING_SECONDS * rate)
    steps = _valleys(smooth, max(1, round(VALLEY_SECONDS * rate)))
    return np.asarray(steps / rate, dtype=np.float64)


def validate(dance: Times, music: Times) -> None:
    """Raise `DataError` unless both are rising, finite, one-dimensional times."""
    for name, times in (("dance", dance), ("music", music)):
        if times.ndim != 1 or not np.isfinite(times).all() or (np.diff(times) < 0).any():
            raise DataError(f"The beats of the {name} are not rising times in seconds.")


def beat_alignment_score(
    dance: Times,
    music: Times,
    direction: Direction = Direction.DANCE,
    sigma: float = BAS_SIGMA,
) -> float | None:
    """Score 0..1 of kinematic beats `(K,)` and music beats `(M,)` in seconds.

    `None` when the side averaged over has no beats; 0 when only the other has none.
    """
    validate(dance, music)
    if not len(dance if direction is Direction.DANCE else music):
        return None
    return _directed_score(dance, music, direction, sigma)


def alignment_lift(
    dance: Times,
    music: Times,
    seconds: float,
    direction: Direction = Direction.DANCE,
    sigma: float = LIFT_SIGMA,
) -> float | None:
    """Score less chance, about -0.5..1, of beats within a piece of `seconds`; 0 is chance.

    Chance is the mean score of the music's beats moved round the piece by 40 amounts: one in each
    fortieth of its length, at places that follow the golden section, since evenly spaced moves can
    fall in step with a steady beat. `None` when either side has no beats.
    """
    validate(dance, music)
    if not len(dance) or not len(music):
        return None
    if seconds <= 0:
        raise DataError(f"A piece of {seconds} seconds has no alignment lift.")
    order = np.arange(LIFT_SHIFTS)
    shifts = (order + order * _GOLDEN % 1.0) / LIFT_SHIFTS * seconds
    moved = [np.sort((music + shift) % seconds) for shift in shifts]
    score, *chance = [_directed_score(dance, beats, direction, sigma) for beats in (music, *moved)]
    return score - float(np.mean(chance))


def _valleys(curve: NDArray[np.float64], reach: int) -> NDArray[np.intp]:
    """Steps lower than the `reach` steps before and no higher than those after: of a level bottom
    the first step, and nothing where the curve does not move."""
    around = sliding_window_view(np.pad(curve, reach, mode="edge"), 2 * reach + 1)
    lowest = (curve < around[:, :reach].min(axis=1)) & (curve <= around[:, reach:].min(axis=1))
    return np.flatnonzero(lowest[:-1])


def _smooth(curve: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Gaussian mean of the known values of `(T,)`; unknown steps (NaN) stay so."""
    from scipy.ndimage import gaussian_filter1d

    known = np.isfinite(curve)
    total = gaussian_filter1d(np.where(known, curve, 0.0), sigma)
    weight = gaussian_filter1d(known.astype(np.float64), sigma)
    return np.where(known, total / np.maximum(weight, 1e-12), np.nan)


def _directed_score(dance: Times, music: Times, direction: Direction, sigma: float) -> float:
    own, other = (dance, music) if direction is Direction.DANCE else (music, dance)
    if not len(other):
        return 0.0
    after = np.searchsorted(other, own).clip(max=len(other) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.minimum(np.abs(own - other[before]), np.abs(own - other[after]))
    return float(np.exp(-(nearest**2) / (2.0 * sigma**2)).mean())
