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


def overhang(at: Array, first: float, last: float) -> tuple[Array, Array]:
    """How far `at` `(N,)` lies before `first` (negative or 0) and after `last` (positive or 0)."""
    return np.minimum(at - first, 0.0), np.maximum(at - last, 0.0)
