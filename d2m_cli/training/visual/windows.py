"""Windows of painted pictures and what happens in them, drawn from dances with 3-D joints."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

from d2m_cli.data.cache.manifest import read_manifest
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.pairs.augment import Augmentation, film
from d2m_cli.data.pairs.painted import paint, random_look
from d2m_cli.data.skeletons.joints import Positions
from d2m_cli.errors import DataError
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.motion import (
    HIPS,
    JOINTS,
    joint_positions,
    joint_speed,
    motion_from_positions,
    resample,
)
from d2m_cli.features.rhythm import accent_curve
from d2m_cli.spec import FRAME_RATE, MOTION_RATE
from d2m_cli.types import FloatArray, FrameArray, Motion

SEGMENT = 120
"""Motion steps of a dance that are looked at, for a window somewhere in their middle."""

TARGETS = {"speed": 17, "place": 34, "bounce": 1, "accent": 1}
"""Parts of a movement's summary, and how many numbers each has."""


class Movement(NamedTuple):
    """A window of a filmed dance."""

    positions: Positions
    """`(window, 17, 2)` torsos round the dancer's mean place, y down."""
    visibility: Positions
    """`(window, 17)`"""
    summary: FloatArray
    """`(53,)`, see `TARGETS`."""


class PaintedWindows:
    """Draws windows from the dances of one split of a cache.

    Args:
        cache: what `d2m prepare` made of dances with 3-D joints; `DataError` when it holds none.
        split: train, validation or test.
        visual: size and pace of the pictures.
        paces: slowest and fastest factor on the speed of a dance.
    """

    def __init__(
        self, cache: Path, split: str, visual: VisualSettings, paces: tuple[float, ...]
    ) -> None:
        self.dances = _dances(cache, split, 1 + int(np.ceil(SEGMENT * max(paces))))
        self.visual, self.paces = visual, paces

    def draw(self, count: int, random: Generator) -> tuple[FrameArray, FloatArray]:
        """Pictures `(B, window, S, S, 3)` and summaries `(B, 53)` of `count` windows."""
        size = self.visual.size
        movements = [self.movement(random) for _ in range(count)]
        pictures = [
            paint(m.positions, m.visibility, size, random_look(size, random), random)
            for m in movements
        ]
        return np.stack(pictures), np.stack([m.summary for m in movements])

    def movement(self, random: Generator) -> Movement:
        """A window of a dance, at a random pace and from a random side."""
        dance = self.dances[random.integers(len(self.dances))]
        pace = float(np.exp(random.uniform(*np.log(self.paces))))
        positions, visibility = film(_stretch(dance, pace, random), Augmentation(), random)
        step = round(self.visual.frame_step * MOTION_RATE / FRAME_RATE)
        reach = self.visual.window // 2 * step
        middle = int(random.integers(reach, SEGMENT - reach))
        steps = np.arange(middle - reach, middle - reach + self.visual.window * step, step)
        seen = positions[steps]
        return Movement(
            seen - seen[:, HIPS].mean(axis=(0, 1)),
            visibility[steps],
            movement_summary(motion_from_positions(positions, visibility), middle, reach),
        )


def movement_summary(motion: Motion, middle: int, reach: int) -> FloatArray:
    """What `TARGETS` lists, `(53,)`, of the steps of `motion` less than `reach` from `middle`."""
    window = slice(middle - reach, middle + reach)
    positions = joint_positions(motion)
    velocity = np.linalg.norm(np.gradient(positions, axis=0) * motion.rate, axis=-1)
    hips = positions[window, HIPS, 1].mean(axis=1)
    speed = joint_speed(positions, motion.rate).astype(np.float64)
    accent = accent_curve(speed, motion.rate)[middle - 1 : middle + 2].mean()
    count = len(JOINTS)
    parts = (
        velocity[window].mean(axis=0),
        motion.features[: 2 * count, window].mean(axis=1),
        [np.abs(np.diff(hips)).mean() * motion.rate],
        [np.clip(accent, -3.0, 3.0)],
    )
    return np.concatenate(parts).astype(np.float32)


def _dances(cache: Path, split: str, shortest: int) -> list[Positions]:
    """3-D joints `(T, 17, 3)` of the split's dances of at least `shortest` steps."""
    entries = [e for e in read_manifest(cache).entries if e.split == split and "joints" in e.holds]
    whole = (PieceFile(cache, entry).whole("joints") for entry in entries)
    dances = [np.asarray(joints.transpose(2, 0, 1), np.float64) for joints in whole]
    if long := [joints for joints in dances if len(joints) >= shortest]:
        return long
    raise DataError(
        f"{cache} holds no dance of {shortest / MOTION_RATE:.0f} s with 3-D joints for {split}: "
        "run `d2m prepare` on a data set that has some."
    )


def _stretch(joints: Positions, pace: float, random: Generator) -> Positions:
    """`SEGMENT` steps `(SEGMENT, 17, 3)` from somewhere in `joints`, `pace` times as fast."""
    length = int(np.ceil(SEGMENT * pace)) + 1
    begin = int(random.integers(len(joints) - length + 1))
    part = resample(joints[begin : begin + length], MOTION_RATE, MOTION_RATE / pace)
    return part[:SEGMENT]
