"""What is above 11 kHz, and how far apart the sides are, as a small network hears it in the rest.

`benchmarks/fit_finish.py` fits it to full-band stereo originals. Letters as in `frames.py`; `I`
inputs, `H` hidden values.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from d2m_cli.output.finish.frames import Array, band_means, decibels

HEARD = (200, 400, 800, 1200, 1800, 2500, 3500, 4500, 5500, 6500, 7500, 8500, 9500, 10500)
"""Hz: edges of the bands that the network hears."""

NOISY = (2500, 5500, 8000, 10500)
"""Hz: edges of the bands whose flatness it hears."""

ADDED = (11000, 12000, 13200, 14500, 15800, 17400, 20000)
"""Hz: edges of the bands whose levels it tells."""

APART = (200, 400, 800, 1600, 3200, 6400, 11000, 15800, 20000)
"""Hz: edges of the bands of the sides."""

AROUND = (0, 1, 8, 48)
"""Frames on either side that a mean takes in."""

CONTEXT = max(AROUND)

WIDEST = -6.0
"""dB that the side is below the middle at least: the sum of both channels loses at most 1 dB."""

_TREBLE = 4
"""Bands of `HEARD`, from above, whose mean is the level that all others are compared with."""
_FURTHEST = 60.0
"""dB: what lies further from that level is heard as this far."""


def treble(heard: Array) -> Array:
    """dB `(T,)` of the mean power from 6.5 to 10.5 kHz in the powers `(T, F)` of bins."""
    return decibels(band_means(heard, HEARD)[:, -_TREBLE:].mean(axis=1))


def inputs(heard: Array) -> Array:
    """Inputs `(T, I)` for the inner frames of bins' powers `(T + 2 CONTEXT, F)`.

    Levels of bands against `treble`, in the frame and in means of growing length around it, and
    how flat bands are in it and in the mean of 17 frames: 10 dB count as 1.
    """
    bands, level = band_means(heard, HEARD), treble(heard)
    log = decibels(heard)
    flat = band_means(log, NOISY) - decibels(band_means(heard, NOISY))
    own = level[CONTEXT : len(level) - CONTEXT, None]
    levels = [decibels(_mean_around(bands, frames)) - own for frames in AROUND]
    flats = [_mean_around(flat, frames) for frames in (0, 8)]
    found: Array = np.concatenate([*levels, *flats], axis=1).clip(-_FURTHEST, _FURTHEST) / 10
    return found


def _mean_around(values: Array, frames: int) -> Array:
    """Means `(T, B)` over `frames` on either side, of the inner frames of `(T + 2 CONTEXT, B)`."""
    inner = values[CONTEXT - frames : len(values) - CONTEXT + frames]
    windows = np.lib.stride_tricks.sliding_window_view(inner, 2 * frames + 1, axis=0)
    means: Array = windows.mean(axis=-1)
    return means


class Network(NamedTuple):
    """Weights, as they lie in `finish.npz`."""

    hidden: Array
    """`(I + 1, H)`: of a layer of tanh; the last row is added."""
    levels: Array
    """`(H + I + 1, B)`: of the levels of `ADDED`, of that layer and of the inputs."""
    sides: Array
    """`(I + 1, B)`: of the sides of `APART`, of the inputs alone."""
    spread: Array
    """`(N,)`: a short filter as loud at all frequencies, whose output is unlike its input."""

    def added(self, heard: Array) -> Array:
        """Levels `(T, B)` of `ADDED`, dB against `treble`, from `inputs` `(T, I)`."""
        layer = np.tanh(_with_one(heard) @ self.hidden)
        found: Array = _with_one(np.concatenate([layer, heard], axis=1)) @ self.levels
        return found

    def apart(self, heard: Array) -> Array:
        """Side against middle `(T, B)` in the bands of `APART`, dB, from `inputs` `(T, I)`."""
        found: Array = (_with_one(heard) @ self.sides).clip(-_FURTHEST, WIDEST)
        return found


def load_network(path: Path = Path(__file__).with_name("finish.npz")) -> Network:
    """The network of a file that `benchmarks/fit_finish.py` wrote."""
    with np.load(path) as file:
        return Network(*(file[name].astype(np.float64) for name in Network._fields))


def _with_one(values: Array) -> Array:
    return np.concatenate([values, np.ones((len(values), 1))], axis=1)
