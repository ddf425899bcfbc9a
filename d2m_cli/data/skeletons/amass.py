"""AMASS motion (`.npz`, SMPL-H, SMPL-X or its stage II) -> joints of an average body."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from d2m_cli.arrays import read_arrays
from d2m_cli.data.skeletons.joints import Positions, from_smpl
from d2m_cli.data.skeletons.smpl import FAR
from d2m_cli.data.skeletons.smpl_body import JOINTS, body_joints
from d2m_cli.errors import DataError

BODY = 22
"""Joints of the body, which all of these models number alike; hands and face are left out."""

RATE_NAMES = ("mocap_framerate", "mocap_frame_rate")


def read_amass(path: Path) -> tuple[Positions, float]:
    """Joints `(T, 17, 3)` in metres, y up, and frames per second.

    `poses` `(T, 66 or more)` are axes and angles, `trans` `(T, 3)` metres with z up. The bones are
    those of an average adult (`smpl_body`), whatever `betas` say: limbs may be 10 % longer or
    shorter than the dancer's.

    Raises `DataError` for a file that is damaged, unpacks to too much, or holds something else.
    """
    try:
        stored = read_arrays(path, ("poses", "trans", *RATE_NAMES))
        rate = float(next(stored[name] for name in RATE_NAMES if name in stored))
        poses = np.asarray(stored["poses"], np.float64)[:, : BODY * 3]
        place = np.asarray(stored["trans"], np.float64)
    except (OSError, ValueError, LookupError, TypeError, StopIteration) as error:
        raise DataError(f"it holds no AMASS motion ({error})") from None
    if not len(poses) or poses.shape[1:] != (BODY * 3,) or place.shape != (len(poses), 3):
        raise DataError("it holds no frames, or not all joints and a place for every frame")
    if not (np.isfinite(poses).all() and (np.abs(place) < FAR).all() and 1.0 <= rate <= 1000.0):
        raise DataError("it holds NaN, impossible places or an impossible frame rate")
    turns = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(-1, BODY, 3, 3)
    rotations = np.tile(np.eye(3), (len(poses), JOINTS, 1, 1))
    rotations[:, :BODY] = turns
    points = body_joints(np.concatenate([place, rotations.reshape(len(poses), -1)], axis=1))
    return from_smpl(np.stack([points[..., 0], points[..., 2], -points[..., 1]], axis=-1)), rate
