"""A smooth curve through points that rises only where they rise (Fritsch and Butland, 1984).

As `scipy.interpolate.PchipInterpolator`, whose module takes as long to import as eight seconds of
dance take to be understood.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def pchip(places: Array, heights: Array, wanted: Array) -> Array:
    """Heights `(T,)` at `wanted` places between the first and the last of `(N,)` rising `places`.

    Cubic pieces through `heights` `(N,)`, N >= 2, none of which leaves the range of its two ends.
    """
    steps = np.diff(places)
    rises = np.diff(heights) / steps
    slopes = _slopes(steps, rises)
    turn = (slopes[:-1] + slopes[1:] - 2.0 * rises) / steps
    at = np.searchsorted(places, wanted, side="right").clip(1, len(places) - 1) - 1
    way = wanted - places[at]
    bend = (rises - slopes[:-1]) / steps - turn
    cubic = (turn / steps)[at] * way + bend[at]
    return np.asarray((cubic * way + slopes[at]) * way + heights[at])


def _slopes(steps: Array, rises: Array) -> Array:
    """Slope `(N,)` at each point: 0 where the curve turns, else a harmonic mean of both sides."""
    if len(steps) == 1:
        return np.repeat(rises, 2)
    before, after = rises[:-1], rises[1:]
    near, far = 2.0 * steps[1:] + steps[:-1], steps[1:] + 2.0 * steps[:-1]
    slopes = np.zeros(len(steps) + 1)
    same = np.flatnonzero(before * after > 0.0)
    mean = near[same] / before[same] + far[same] / after[same]
    slopes[same + 1] = (near + far)[same] / mean
    slopes[0] = _end(steps[:2], rises[:2])
    slopes[-1] = _end(steps[:-3:-1], rises[:-3:-1])
    return slopes


def _end(steps: Array, rises: Array) -> float:
    """Slope at an end by three points, from the end on, bent no further than keeps the shape."""
    (first, second), (rise, next_rise) = steps, rises
    slope = ((2.0 * first + second) * rise - first * next_rise) / (first + second)
    if slope * rise <= 0.0:
        return 0.0
    if rise * next_rise <= 0.0 and abs(slope) > 3.0 * abs(rise):
        return float(3.0 * rise)
    return float(slope)
