"""SMPL poses -> joints of an average body, by forward kinematics (Loper et al., "SMPL", 2015)."""

import numpy as np
from numpy.typing import NDArray

JOINTS = 24

PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21)

REST_OFFSETS = np.array(
    [
        [0.00, 0.00, 0.00],  # pelvis
        [0.06, -0.09, 0.00], [-0.06, -0.09, 0.00],  # hips
        [0.00, 0.12, -0.03],  # lower spine
        [0.04, -0.38, 0.00], [-0.04, -0.38, 0.00],  # knees
        [0.00, 0.14, 0.02],  # middle spine
        [-0.01, -0.42, -0.04], [0.01, -0.42, -0.04],  # ankles
        [0.00, 0.06, 0.00],  # upper spine
        [0.04, -0.06, 0.12], [-0.04, -0.06, 0.12],  # balls of the feet
        [0.00, 0.21, -0.03],  # neck
        [0.08, 0.11, -0.02], [-0.08, 0.11, -0.02],  # collars
        [0.00, 0.09, 0.05],  # head
        [0.12, 0.04, -0.02], [-0.12, 0.04, -0.02],  # shoulders
        [0.26, -0.01, -0.03], [-0.26, -0.01, -0.03],  # elbows
        [0.26, 0.01, 0.00], [-0.26, 0.01, 0.00],  # wrists
        [0.09, -0.01, -0.01], [-0.09, -0.01, -0.01],  # hands
    ]
)  # fmt: skip
"""Metres from each joint's parent to it in the rest pose (arms spread, y up, facing +z).

An average adult in whole centimetres, not the SMPL model (whose licence forbids shipping it): a
dancer's limbs may be 10 % longer or shorter. Used only where AIST++ has no `keypoints3d`.
"""


def body_joints(poses: NDArray[np.floating]) -> NDArray[np.float64]:
    """Places of the 24 joints `(T, 24, 3)` in metres, of `data.smpl`'s poses `(T, 219)`."""
    place = poses[:, :3].astype(np.float64)
    rotations = poses[:, 3:].astype(np.float64).reshape(-1, JOINTS, 3, 3)
    turned = np.empty_like(rotations)
    places = np.empty((len(poses), JOINTS, 3))
    turned[:, 0], places[:, 0] = rotations[:, 0], place
    for joint, parent in enumerate(PARENTS[1:], start=1):
        turned[:, joint] = turned[:, parent] @ rotations[:, joint]
        places[:, joint] = places[:, parent] + turned[:, parent] @ REST_OFFSETS[joint]
    return places
