"""Where in the beat and in the bar a dancer is, as a small network sees it in the movement.

Convolutions over the curves of all joints, eight seconds wide, tell at every step three points of
the plane: their angles are the phases in the beat, in a bar of three and in a bar of four, their
sizes how sure that is (the concentration of a von Mises distribution). The network was trained on
filmed ballroom dances and on invented ones (`benchmarks/fit_rhythm.py`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2m_cli.features.motion import JOINTS
from d2m_cli.features.periodicity import Movement

Array = NDArray[np.float32]
Phases = NDArray[np.complex128]

BEATS = (1, 3, 4)
"""Beats in the cycle that each point goes round in: the beat, a bar of three, a bar of four."""

DILATIONS = (1, 2, 4, 8, 16)
"""Steps between the taps of each block."""

STEP = 2
"""Steps of a motion in one of the network's."""

_QUIET = 0.3
"""A joint's unit is its own spread and this share of the mean joint's: noise is not blown up."""

FLOOR = 1e-3
"""Mean square under which values are not scaled up."""

_SWAPPED = [0, *(n + 1 if n % 2 else n - 1 for n in range(1, len(JOINTS)))]
"""For each joint the place of its counterpart on the other side of the body."""


class PhaseNetwork(NamedTuple):
    """Weights, as they lie in `phases.npz`. `I` inputs, `C` channels, `B` blocks."""

    first: Array
    """`(C, I, 3)`, of a convolution."""
    first_bias: Array
    taps: Array
    """`(B, C, C, 5)`, of the dilated convolution of each block."""
    taps_bias: Array
    mix: Array
    """`(B, C, C)`, behind it."""
    mix_bias: Array
    last: Array
    """`(6, C)`: real and imaginary parts of the three points."""
    last_bias: Array

    def __call__(self, curves: Array) -> Array:
        """Parts `(6, T)` of the points, from `inputs` `(I, T)`."""
        hidden = _convolved(curves, self.first, self.first_bias, 1)
        blocks = zip(DILATIONS, self.taps, self.taps_bias, self.mix, self.mix_bias, strict=True)
        for dilation, taps, taps_bias, mix, mix_bias in blocks:
            inner = _convolved(_scaled(hidden), taps, taps_bias, dilation).clip(min=0.0)
            hidden = hidden + mix @ inner + mix_bias[:, None]
        return np.asarray(self.last @ _scaled(hidden).clip(min=0.0) + self.last_bias[:, None])


@cache
def load_network(path: Path = Path(__file__).with_name("phases.npz")) -> PhaseNetwork:
    """The network of a file that `benchmarks/fit_rhythm.py` wrote."""
    with np.load(path) as file:
        return PhaseNetwork(*(file[name].astype(np.float32) for name in PhaseNetwork._fields))


def inputs(movement: Movement) -> Array:
    """Curves `(I, T / 2)` that the network sees, 0 where nobody is in sight.

    Velocities of the joints across and along the picture in units of their spread, the logarithms
    of their speeds, each joint as much as it is visible; accents, bounce, and who is seen.
    """
    seen = movement.seen[:, None]
    steps = max(float(seen.sum()), 1.0)
    shown = movement.visible * seen
    speed = np.linalg.norm(movement.velocity, axis=-1)
    spread = np.sqrt((speed**2 * seen).sum(axis=0) / steps)
    unit = spread + _QUIET * spread.mean() + 1e-6
    velocity = movement.velocity * (shown / unit)[..., None]
    size = np.log(speed + 0.2 * speed.mean(axis=0) + 1e-6)
    size = (size - (size * seen).sum(axis=0) / steps) * shown
    bounce = movement.bounce * movement.seen
    bounce = bounce / (np.sqrt((bounce**2).sum() / steps) + 1e-6)
    single = np.stack([movement.accents * movement.seen, bounce, movement.seen], axis=1)
    curves = np.concatenate([velocity[..., 0], velocity[..., 1], size, single], axis=1)
    curves = np.concatenate([curves, np.repeat(curves[-1:], -len(curves) % STEP, axis=0)])
    return curves.reshape(-1, STEP, curves.shape[1]).mean(axis=1).T.astype(np.float32)


def mirrored(curves: Array) -> Array:
    """The `inputs` `(..., I, T)` of the mirrored picture."""
    joints = len(JOINTS)
    other = curves.copy()
    for group in range(3):
        part = slice(group * joints, (group + 1) * joints)
        other[..., part, :] = curves[..., part, :][..., _SWAPPED, :]
    other[..., :joints, :] *= -1.0
    return other


def dance_phases(movement: Movement) -> Phases:
    """The points `(3, T)` of a movement, one for each of `BEATS`; 0 where nobody is seen.

    The mean over the movement and its mirror image, which so has the same.
    """
    curves = inputs(movement)
    network = load_network()
    parts = (network(curves) + network(mirrored(curves))).astype(np.float64) / 2.0
    points = parts[0::2] + 1j * parts[1::2]
    points = np.repeat(points, STEP, axis=1)[:, : len(movement.seen)]
    return np.asarray(points * movement.seen)


def _convolved(values: Array, weights: Array, bias: Array, dilation: int) -> Array:
    """Convolution `(C, T)` of `values` `(I, T)` with `weights` `(C, I, K)`, zeros around."""
    width = weights.shape[2]
    margin = dilation * (width // 2)
    padded = np.pad(values, [(0, 0), (margin, margin)])
    steps = values.shape[1]
    taps = [padded[:, tap * dilation : tap * dilation + steps] for tap in range(width)]
    flat = weights.transpose(0, 2, 1).reshape(len(weights), -1)
    return np.asarray(flat @ np.concatenate(taps) + bias[:, None])


def _scaled(values: Array) -> Array:
    """Values `(C, T)` in units of their root mean square over the channels."""
    return np.asarray(values / np.sqrt((values**2).mean(axis=0) + FLOOR))
