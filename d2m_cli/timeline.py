"""Beat phase and time: where beats lie, and how a beat goes on beyond the ends of what is known.

A phase counts beats since the first one, unwrapped and rising: a beat lies at each whole number.
`models.blocks.phase_at` does the same for tensors.

Letters: `T` time steps, `B` beats, `N` places that are asked for.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def beat_times(phase: NDArray[np.floating], rate: float) -> Array:
    """`(B,)` seconds at which a `phase` `(T,)` with `rate` steps per second passes a whole number.

    Beyond its ends there are no beats.
    """
    whole = np.arange(np.ceil(phase[0]), np.floor(phase[-1]) + 1)
    steps = np.interp(whole, phase, np.arange(len(phase)))
    return np.asarray(steps / rate, dtype=np.float64)


def extrapolate(at: Array, x: Array, y: NDArray[Any], before: float, after: float) -> Array:
    """`y` `(T,)` over the rising `x` `(T,)` at `at` `(N,)`, linear between the steps.

    Beyond the ends it goes on evenly: `before` and `after` are what `x` takes for one of `y` there.
    """
    early, late = overhang(at, x[0], x[-1])
    return np.interp(at, x, y) + early / before + late / after


def between(at: Array, x: Array, y: Array) -> Array:
    """`y` `(T,)` over the rising `x` `(T,)`, two at least, at `at` `(N,)` within `x`: smooth, and
    nowhere beyond the two steps that a place lies between.

    Piecewise cubic Hermite polynomials (Fritsch and Butland 1984), as `PchipInterpolator` of
    `scipy.interpolate`, whose import takes longer than the look at a second of video.
    """
    width = np.diff(x)
    slope = np.diff(y) / width
    rise = np.concatenate([slope[:1], np.zeros(len(x) - 2), slope[-1:]])
    if len(x) > 2:
        before, after = 2 * width[1:] + width[:-1], width[1:] + 2 * width[:-1]
        same = slope[1:] * slope[:-1] > 0
        both = before[same] / slope[:-1][same] + after[same] / slope[1:][same]
        rise[1:-1][same] = (before + after)[same] / both
        rise[0] = _end_slope(width[0], width[1], slope[0], slope[1])
        rise[-1] = _end_slope(width[-1], width[-2], slope[-1], slope[-2])
    part = (np.searchsorted(x, at, side="right") - 1).clip(0, len(width) - 1)
    w, s = width[part], (at - x[part]) / width[part]
    bend = (rise[part] + rise[part + 1] - 2 * slope[part]) * w
    return np.asarray(
        y[part] + s * (rise[part] * w + s * ((slope[part] - rise[part]) * w - bend * (1 - s)))
    )


def _end_slope(width: float, next_width: float, slope: float, next_slope: float) -> float:
    """Slope at an end by a parabola through three points, kept from turning the curve round."""
    found = ((2 * width + next_width) * slope - width * next_slope) / (width + next_width)
    if found * slope <= 0:
        return 0.0
    return 3 * slope if slope * next_slope < 0 and abs(found) > 3 * abs(slope) else found


def overhang(at: Array, first: float, last: float) -> tuple[Array, Array]:
    """How far `at` `(N,)` lies before `first` (negative or 0) and after `last` (positive or 0)."""
    return np.minimum(at - first, 0.0), np.maximum(at - last, 0.0)
