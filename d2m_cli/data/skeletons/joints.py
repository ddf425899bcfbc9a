"""Joints of other skeletons -> the 17 `JOINTS` of our motion (`features/motion.py`).

Positions are `(T, J, D)`; 3-D ones have y up and are right-handed. Points that a source lacks
(nose, heels, toes) are placed by the body's proportions, in units of its torso.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from d2m_cli.features.motion import HIPS, JOINTS, SHOULDERS
from d2m_cli.features.openpose import SOURCES

Positions = NDArray[np.float64]

PLACE = {name: place for place, name in enumerate(JOINTS)}
"""Place of each joint in a motion."""

MIRRORED = tuple(
    PLACE[
        name.replace("left", "right") if name.startswith("left") else name.replace("right", "left")
    ]
    for name in JOINTS
)
"""For each joint the place of its counterpart on the other side of the body."""

DANCE_WITH_MELODY = {
    "left_shoulder": 12, "right_shoulder": 3, "left_elbow": 13, "right_elbow": 4,
    "left_wrist": 14, "right_wrist": 5, "left_hip": 16, "right_hip": 7,
    "left_knee": 17, "right_knee": 8, "left_ankle": 18, "right_ankle": 9,
    "left_heel": 19, "right_heel": 10, "left_foot_index": 20, "right_foot_index": 11,
}  # fmt: skip
"""Numbers among the 23 joints of `dance_with_melody` (its README)."""

COCO = {
    "nose": 0, "left_shoulder": 5, "right_shoulder": 6, "left_elbow": 7, "right_elbow": 8,
    "left_wrist": 9, "right_wrist": 10, "left_hip": 11, "right_hip": 12,
    "left_knee": 13, "right_knee": 14, "left_ankle": 15, "right_ankle": 16,
}  # fmt: skip
"""Numbers among COCO's 17 keypoints (AIST++ `keypoints2d` and `keypoints3d`)."""

OPENPOSE = {name: SOURCES.index((number,)) for name, number in JOINTS.items()}
"""Numbers among OpenPose's BODY_25 (the authors' TikTok motion)."""

SMPL = {
    "left_shoulder": 16, "right_shoulder": 17, "left_elbow": 18, "right_elbow": 19,
    "left_wrist": 20, "right_wrist": 21, "left_hip": 1, "right_hip": 2,
    "left_knee": 4, "right_knee": 5, "left_ankle": 7, "right_ankle": 8,
    "left_foot_index": 10, "right_foot_index": 11,
}  # fmt: skip
"""Numbers among SMPL's 24 joints."""

NOSE_FORWARD = 0.2
HEEL_BACK = 0.1
HEEL_DOWN = 0.12
TOE_FORWARD = 0.3
HIP_DOWN = 0.13
"""Where missing points lie from the head or the ankle, in torso lengths (about 0.5 m), and how far
down the thigh the hip joint lies under the pelvis' rim."""


def pick(points: NDArray[np.floating], numbers: Mapping[str, int]) -> Positions:
    """The named joints of `points` `(T, J, D)` as `(T, 17, D)`; joints without a number are NaN."""
    picked = np.full((len(points), len(JOINTS), points.shape[2]), np.nan)
    for name, number in numbers.items():
        picked[:, PLACE[name]] = points[:, number]
    return picked


def from_dance_with_melody(points: NDArray[np.floating]) -> Positions:
    """Joints `(T, 17, 3)` of the 23 of `dance_with_melody`; the nose is put before its head.

    Its hips lie on the rim of the pelvis (thighs of 51 cm over shanks of 35 cm): they are moved
    down the thigh, so that torso and legs have MediaPipe's proportions.
    """
    joints = pick(points, DANCE_WITH_MELODY)
    for side in ("left", "right"):
        hip, knee = joints[:, PLACE[f"{side}_hip"]], joints[:, PLACE[f"{side}_knee"]]
        joints[:, PLACE[f"{side}_hip"]] = hip + HIP_DOWN * (knee - hip)
    return _with_nose(joints, points[:, :2].mean(axis=1))


def from_coco(points: NDArray[np.floating]) -> Positions:
    """Joints `(T, 17, 3)` of COCO keypoints in 3-D; feet point where the body faces."""
    return _with_feet(pick(points, COCO))


def from_smpl(points: NDArray[np.floating]) -> Positions:
    """Joints `(T, 17, 3)` of SMPL's 24; nose and heels are placed by proportion."""
    return _with_feet(_with_nose(pick(points, SMPL), points[:, 15].astype(np.float64)))


def from_parts(parts: Mapping[str, Positions], head: Positions) -> Positions:
    """Joints `(T, 17, 3)` of those that have a name, each `(T, 3)`, and the middle of the head."""
    joints = np.full((len(head), len(JOINTS), 3), np.nan)
    for name, places in parts.items():
        joints[:, PLACE[name]] = places
    return _with_feet(_with_nose(joints, head))


def facing(joints: Positions) -> Positions:
    """Horizontal unit vector `(T, 3)` in which the chest of 3-D `joints` `(T, 17, 3)` points."""
    left = np.sum([joints[:, one] - joints[:, other] for one, other in (SHOULDERS, HIPS)], axis=0)
    # left x up, with up = y
    ahead = np.stack([-left[:, 2], np.zeros(len(left)), left[:, 0]], axis=1)
    return np.asarray(ahead / np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9))


def torso(joints: Positions) -> float:
    """Median distance between the middles of shoulders and hips of `joints` `(T, 17, D)`."""
    spine = joints[:, SHOULDERS].mean(axis=1) - joints[:, HIPS].mean(axis=1)
    return float(np.median(np.linalg.norm(spine, axis=1)))


def mirror(joints: NDArray[np.floating]) -> NDArray[np.floating]:
    """The mirror image of `joints` `(T, 17, D)`: left and right swapped, x turned round."""
    swapped = joints[:, list(MIRRORED)].copy()
    swapped[..., 0] *= -1
    return swapped


def _with_nose(joints: Positions, head: Positions) -> Positions:
    joints[:, PLACE["nose"]] = head + NOSE_FORWARD * torso(joints) * facing(joints)
    return joints


def _with_feet(joints: Positions) -> Positions:
    """Joints with the missing heels and toes placed from the ankles."""
    size = torso(joints)
    ahead = facing(joints)
    down = np.array([0.0, -HEEL_DOWN * size, 0.0])
    for side in ("left", "right"):
        ankle = joints[:, PLACE[f"{side}_ankle"]]
        placed = {
            "heel": ankle - HEEL_BACK * size * ahead,
            "foot_index": ankle + TOE_FORWARD * size * ahead,
        }
        for part, position in placed.items():
            column = joints[:, PLACE[f"{side}_{part}"]]
            joints[:, PLACE[f"{side}_{part}"]] = np.where(np.isnan(column), position + down, column)
    return joints
