"""The dances of `dance_with_melody` as the rhythm is fitted to them: at other tempos, filmed, and
without what they share with the dances that are held out.

The dances of a genre are stitched from a library of takes: more than half of the frames of nearly
every dance are copies of another's (its README). Who learns from a copy knows the dance.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.data.pairs.augment import degrade, film
from d2m_cli.data.skeletons.joints import Positions, facing, from_dance_with_melody
from d2m_cli.data.skeletons.load import load_motion
from d2m_cli.data.sources.piece import MotionFile, MotionKind
from d2m_cli.evaluation.rhythm_report import CAMERA, METERS_OF
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import BoolArray, Motion

Array = NDArray[np.float64]

SAME_POSE = 0.02
"""Metres (root mean square over the coordinates) up to which one pose copies another."""

COPIED_FRAMES = {"waltz": 3, "rumba": 9, "cha-cha": 9}
"""Stored frames in a row, three quarters of a beat, that make a copy."""


@dataclass(frozen=True)
class Ballroom:
    """One dance."""

    name: str
    genre: str
    meter: int
    joints: Positions
    """`(T, 17, 3)` at `MOTION_RATE`."""
    bpm: float
    first_beat: float
    """Seconds; the beats are steady."""
    poses: NDArray[np.float32]
    """`(L, D)` stored poses, metres, the dancer's front ahead."""
    pose_times: Array
    """`(L,)` seconds."""


def load_dance(piece: Path) -> Ballroom:
    """A dance of the folder, with the poses that it was stitched from."""
    dance = load_motion(MotionFile(piece, MotionKind.JOINTS))
    assert dance.joints is not None and dance.beats is not None
    with np.load(piece) as file:
        stored, times = file["motion_raw"].astype(float), file["raw_time"].astype(float)
    ahead = facing(from_dance_with_melody(stored))
    turn = (ahead[:, 0] + 1j * ahead[:, 2]) / np.hypot(ahead[:, 0], ahead[:, 2])
    flat = (stored[..., 0] + 1j * stored[..., 2]) * turn.conj()[:, None]
    poses = np.concatenate([flat.real, flat.imag, stored[..., 1]], axis=1).astype(np.float32)
    bpm = float(60.0 / np.median(np.diff(dance.beats)))
    joints = dance.joints.transpose(2, 0, 1).astype(np.float64)
    meter = METERS_OF[dance.genre]
    first = float(dance.beats[0])
    return Ballroom(piece.stem, dance.genre, meter, joints, bpm, first, poses, times)


def copied(dance: Ballroom, others: list[Ballroom]) -> BoolArray:
    """Where a dance shows poses that one of the others shows, too: `(T,)`."""
    shared = np.zeros(len(dance.joints), np.bool_)
    row = COPIED_FRAMES[dance.genre]
    for other in others:
        if other.genre != dance.genre:
            continue
        one, two = dance.poses, other.poses
        apart = (one**2).sum(axis=1)[:, None] + (two**2).sum(axis=1) - 2.0 * one @ two.T
        rows, columns = apart.shape[0] - row + 1, apart.shape[1] - row + 1
        together = sum(apart[n : n + rows, n : n + columns] for n in range(row)) / row
        near = together.min(axis=1) < SAME_POSE**2 * one.shape[1]
        for start in np.flatnonzero(near):
            begin, end = dance.pose_times[[start, start + row - 1]] * MOTION_RATE
            shared[int(begin) : int(np.ceil(end)) + 1] = True
    return shared


def danced(
    dance: Ballroom, seconds: float, faster: float, random: Generator
) -> tuple[Motion, Array]:
    """A stretch at `faster` times its tempo, filmed by a random camera with an estimator's errors.

    Returns the motion and, for each of its steps, the place `(T,)` in the dance (steps).
    """
    steps = round(seconds * MOTION_RATE)
    faster = min(faster, (len(dance.joints) - 3) / steps)
    places = random.uniform(0, len(dance.joints) - faster * steps - 1) + faster * np.arange(steps)
    before = np.floor(places).astype(int).clip(max=len(dance.joints) - 2)
    part = (places - before)[:, None, None]
    seen = dance.joints[before] * (1 - part) + dance.joints[before + 1] * part
    positions, visible = film(seen, CAMERA, random)
    return degrade(positions, visible, np.ones(steps, np.bool_), CAMERA, random), places
