"""COCO's 17 joints in space (AIST++ `keypoints3d`) -> our joints, with the right sides.

Programs around AIST++ do not agree on which of its joints are the left ones. The body tells: the
nose lies before the ears, and who faces where the nose points has the left shoulder on the left.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from d2m_cli.arrays import read_array
from d2m_cli.data.skeletons.joints import Positions, facing, from_coco
from d2m_cli.data.skeletons.safe_pickle import load_numpy_pickle
from d2m_cli.data.skeletons.smpl import FAR
from d2m_cli.errors import DataError

NAMES = ("keypoints3d_optim", "keypoints3d")
"""In a pickle of AIST++, the smoothed ones first."""

NOSE, EARS = 0, [3, 4]
SWAPPED = [0, *(n + 1 if n % 2 else n - 1 for n in range(1, 17))]
"""Left joints have odd numbers, the right ones the numbers behind them."""
LARGEST = 10.0
"""Metres: what is larger than this is in centimetres."""


class NotFiniteError(DataError):
    """The joints hold NaN, infinite or impossible numbers."""


def read_coco(path: Path, ahead: Positions | None = None) -> Positions:
    """Joints `(T, 17, 3)` in metres, y up, of AIST++'s `.pkl`, or of an array `(T, 17, 3)`.

    `ahead` `(T', 3)` is where the same dancer is known to face (AIST++'s SMPL poses); without it
    the nose tells. Raises `DataError` when the file holds something else, `NotFiniteError` for NaN.
    """
    try:
        points = np.asarray(_stored(path), np.float64)
    except (OSError, ValueError, LookupError, TypeError, ArithmeticError, StopIteration) as error:
        raise DataError(f"{path} holds no keypoints3d ({error})") from error
    if points.shape[1:] != (17, 3) or not len(points):
        raise DataError(f"{path} holds keypoints3d {points.shape} instead of (N, 17, 3)")
    if not (np.abs(points) < 100.0 * FAR).all():
        raise NotFiniteError(f"{path} holds NaN, infinite or impossible numbers")
    if np.median(np.ptp(points[:, :, 1], axis=1)) > LARGEST:
        points = points / 100.0
    joints = from_coco(points)
    front = points[:, NOSE] - points[:, EARS].mean(axis=1) if ahead is None else ahead
    steps = min(len(front), len(joints))
    if (facing(joints)[:steps] * front[:steps]).sum() < 0:
        joints = from_coco(points[:, SWAPPED])
    return joints


def _stored(path: Path) -> object:
    if path.suffix.lower() == ".npy":
        return read_array(path)
    record = load_numpy_pickle(path)
    return next(record[name] for name in NAMES if name in record)
