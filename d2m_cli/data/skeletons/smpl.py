"""AIST++ motion in SMPL's terms, as the authors' AIST++ model takes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from d2m_cli.arrays import read_array
from d2m_cli.data.skeletons.safe_pickle import load_numpy_pickle
from d2m_cli.errors import DataError
from d2m_cli.types import FloatArray

SMPL_RATE_HZ = 60.0
"""Poses per second of AIST++."""

FAR = 1e4
"""Numbers beyond this are no place of a dancer, in metres."""

NUMBERS = 219
"""Root translation 3, then 24 joints x 3 x 3 rotation."""


def read_smpl(path: Path) -> FloatArray:
    """Poses `(T, 219)` at `SMPL_RATE_HZ` from an AIST++ motion file.

    `.pkl` as AIST++ publishes it: `smpl_poses` `(T, 72)` (axis and angle), `smpl_trans` `(T, 3)`,
    divided by `smpl_scaling` as AIST++'s own code does. `.npy`: the 219 numbers themselves, as
    D2M-GAN's authors publish them. Nothing in the file is run.

    Raises `DataError` when the file is missing, damaged, or no such motion.
    """
    try:
        poses = _from_array(path) if path.suffix == ".npy" else _from_pickle(path)
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise DataError(
            f"'{path}' holds no SMPL motion ({error}): give a motion file of AIST++."
        ) from None
    if not len(poses) or not (np.abs(poses) < FAR).all():
        raise DataError(f"'{path}' holds no motion or broken numbers: give another file.")
    return poses.astype(np.float32)


def _from_pickle(path: Path) -> FloatArray:
    content = load_numpy_pickle(path)
    turns = Rotation.from_rotvec(np.asarray(content["smpl_poses"], np.float64).reshape(-1, 3))
    rotations = turns.as_matrix().reshape(-1, NUMBERS - 3)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        root = np.asarray(content["smpl_trans"], np.float64) / np.asarray(content["smpl_scaling"])
    return np.concatenate([root, rotations], axis=1)


def _from_array(path: Path) -> FloatArray:
    try:
        poses: FloatArray = read_array(path).astype(np.float64)
    except OSError as error:
        raise DataError(f"'{path}' cannot be read ({error.strerror}).") from None
    if poses.ndim != 2 or poses.shape[1] != NUMBERS:
        raise ValueError(f"an array of shape {poses.shape} instead of (T, {NUMBERS})")
    return poses
