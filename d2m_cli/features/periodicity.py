"""How strongly a motion repeats at each frequency, seen in five ways, window by window.

A limb that swings to and fro once in two beats has a velocity whose *sign* repeats every two beats
and whose *size* repeats every beat. The mean speed of the body folds the sign away; so the velocity
of each joint is looked at with its sign, in units of its own spread, and only the powers are added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, minimum_filter

from d2m_cli.features.motion import HIPS, JOINTS, SHOULDERS, joint_positions, joint_speed
from d2m_cli.types import BoolArray, Motion

Array = NDArray[np.float64]
Number = TypeVar("Number", np.float64, np.complex128)

VIEWS = ("signed", "rests", "bounce", "vertical", "speed")
"""Signed velocities of the joints, the accent curve, the trunk's vertical velocity, the joints'
vertical velocities, and the logarithm of each joint's speed."""

FREQUENCIES: Array = 0.2 * np.exp(np.arange(0.0, np.log(45.0), 0.01))
"""Hz, `(F,)`, from a bar of a slow waltz to a quarter of a fast beat."""

WINDOW = 8.0
HOP = 1.0
"""Seconds of a window, in which the pulse is taken as steady, and from window to window."""

_INDEPENDENT = 20.0
"""Seconds of dance after which more of it is more of the same, and no new evidence."""

_SURROUNDINGS = 0.75
_VALLEY_SMOOTHING = 0.1
_VALLEY_WIDTH = 0.07
"""Seconds, widths (standard deviations) of the gaussians of the accent curve."""

_UNSEEN_MARGIN = 0.1
"""Seconds around a gap in which the dancer's movement is half guessed."""


@dataclass(frozen=True)
class Movement:
    """Curves of a motion at its rate; `T` steps, `J` joints."""

    velocity: Array
    """`(T, J, 2)` body units a second."""
    speed: Array
    """`(T,)` mean speed of the joints, body units a second."""
    accents: Array
    """`(T,)`, see `accent_curve`."""
    bounce: Array
    """`(T,)` vertical velocity of the trunk, down is positive."""
    visible: Array
    """`(T, J)` visibility of the joints, 0..1."""
    seen: Array
    """`(T,)` 0 where nobody is in sight, 1 where somebody is."""
    rate: float


def movement_of(motion: Motion) -> Movement:
    """The curves of a motion of any length."""
    positions = joint_positions(motion).astype(np.float64)
    rate = motion.rate
    moves = len(positions) > 1
    velocity = np.gradient(positions, axis=0) * rate if moves else np.zeros_like(positions)
    speed = joint_speed(positions, rate).astype(np.float64)
    unseen = gaussian_filter1d((~motion.found).astype(float), _UNSEEN_MARGIN * rate, mode="nearest")
    return Movement(
        velocity,
        speed,
        accent_curve(speed, rate),
        velocity[:, [*SHOULDERS, *HIPS], 1].mean(axis=1),
        motion.features[2 * len(JOINTS) : 3 * len(JOINTS)].T.astype(np.float64),
        (unseen < 0.1).astype(np.float64),
        rate,
    )


def accent_curve(speed: Array, rate: float) -> Array:
    """Accents `(T,)` of a joint-speed curve `(T,)` at `rate`: high where the dancer rests.

    The sum of two views, each of unit variance: how far the speed falls below its surroundings,
    which shows the tempo best, and its valleys, all alike, which show the phase best.
    """
    floor = 0.2 * speed.mean() + 1e-6
    depth = -np.log(speed + floor)
    depth -= gaussian_filter1d(depth, _SURROUNDINGS * rate, mode="nearest")
    smooth = gaussian_filter1d(speed, _VALLEY_SMOOTHING * rate, mode="nearest")
    valleys = gaussian_filter1d(
        valleys_of(smooth, max(1, round(rate / 6.0))).astype(np.float64), _VALLEY_WIDTH * rate
    )
    return _unit(depth) + _unit(valleys)


def valleys_of(curve: Array, order: int) -> BoolArray:
    """Where a curve `(T,)` lies below all its `order` neighbours to either side: `(T,)`.

    As `scipy.signal.argrelmin`, whose module takes as long to import as a look at two seconds of
    video.
    """
    beside = np.ones(2 * order + 1, np.bool_)
    beside[order] = False
    return np.asarray(curve < minimum_filter(curve, footprint=beside, mode="nearest"))


def _unit(curve: Array) -> Array:
    centred = curve - curve.mean()
    return centred / (centred.std() + 1e-9)


class Windows:
    """Overlapping windows of a movement. `W` windows of `L` steps."""

    def __init__(self, movement: Movement) -> None:
        steps, rate = len(movement.seen), movement.rate
        self.movement = movement
        self.length = min(steps, round(WINDOW * rate))
        last = steps - self.length
        self.starts = np.linspace(0, last, 1 + round(last / (HOP * rate))).round().astype(int)
        self.times: Array = (np.arange(self.length) - (self.length - 1) / 2.0) / rate
        """`(L,)` seconds from a window's middle."""
        self.centres: Array = (self.starts + (self.length - 1) / 2.0) / rate
        """`(W,)` seconds at which each window has its middle."""
        self.share = steps / (self.length * len(self.starts))
        """What a window counts: together they count as much as windows side by side would."""
        self.seconds: Array = self.pieces(movement.seen).sum(axis=1) / rate
        """`(W,)` seconds in which somebody is in sight."""
        self.repeats = max(1.0, steps / rate / _INDEPENDENT)
        """How many times over the dance says the same."""

    def pieces(self, curve: NDArray[Number]) -> NDArray[Number]:
        """The windows `(W, L, ...)` of a curve `(T, ...)`."""
        return np.stack([curve[start : start + self.length] for start in self.starts])

    def power(self) -> NDArray[np.float32]:
        """Share 0..1 of each view's variance that a wave explains, `(W, V, F)`.

        The `VIEWS` of many joints are means over the joints, weighted by visibility.
        """
        movement = self.movement
        angles = 2.0 * np.pi * self.times[:, None] * FREQUENCIES
        waves = np.concatenate([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        taper = np.sqrt(np.hanning(self.length + 2)[1:-1])
        joints = len(JOINTS)
        visible = movement.visible.mean(axis=0)
        sure = visible / max(float(visible.sum()), 1e-6)
        found = np.empty((len(self.starts), len(VIEWS), len(FREQUENCIES)), np.float32)
        for window, start in enumerate(self.starts):
            part = slice(start, start + self.length)
            velocity = movement.velocity[part]
            size = np.linalg.norm(velocity, axis=-1)
            size = np.log(size + 0.2 * size.mean(axis=0) + 1e-6)
            single = np.stack([movement.accents[part], movement.bounce[part]], axis=1)
            curves = np.concatenate([velocity[..., 0], velocity[..., 1], size, single], axis=1)
            explained = _explained(curves, taper * movement.seen[part], waves)
            across, along, speed = explained[: 3 * joints].reshape(3, joints, -1)
            along, speed = sure @ along, sure @ speed
            signed = (sure @ across + along) / 2.0
            found[window] = (signed, *explained[-2:], along, speed)
        return found


def _explained(curves: Array, weight: Array, waves: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of the variance of `curves` `(L, C)` that waves explain, `(C, F)`.

    `waves` `(L, 2 F)`: the cosines, then the sines.
    """
    weight = weight / max(float(weight.sum()), 1e-9)
    centred = curves - weight @ curves
    variance = weight @ centred**2 + 1e-9
    seen = (centred * weight[:, None]).T.astype(np.float32) @ waves
    cosine, sine = np.split(seen, 2, axis=1)
    return np.asarray(2.0 * (cosine**2 + sine**2) / variance[:, None], np.float32)
