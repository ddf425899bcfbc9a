"""2-D keypoints of one dancer -> landmarks, whatever skeleton they are of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from d2m_cli.data.skeletons.joints import COCO, OPENPOSE
from d2m_cli.errors import DataError
from d2m_cli.features.motion import JOINTS
from d2m_cli.types import Landmarks

Points = NDArray[np.float64]

KEYPOINTS_RATE_HZ = 30.0
"""Frames per second of keypoints that do not say it, as of the authors' TikTok data."""

OPENPOSE_POINTS, LANDMARKS = 25, 33

SKELETONS: Mapping[int, Mapping[str, int]] = {
    17: COCO,
    OPENPOSE_POINTS: OPENPOSE,
    LANDMARKS: JOINTS,
}
"""Number of each joint, by how many points a skeleton has: COCO, OpenPose, MediaPipe."""

FALLBACK = {
    "wrist": "elbow", "elbow": "shoulder", "foot_index": "ankle", "heel": "ankle",
    "ankle": "knee", "knee": "hip",
}  # fmt: skip
"""Where a joint that is never seen is put: at the one before it in the limb."""


def landmarks_from_keypoints(points: Points, rate: float = KEYPOINTS_RATE_HZ) -> Landmarks:
    """Landmarks of keypoints `(T, J, 3)` of one of `SKELETONS`; those without a joint stay NaN.

    A joint of confidence 0 is lost: it is interpolated with visibility 0; one that is never seen
    lies at the joint before it in its limb. Raises `DataError` when a part of the trunk is never
    seen.
    """
    numbers = SKELETONS[points.shape[1]]
    placed: dict[str, Points] = {}
    nothing = np.zeros((len(points), 3))
    for name in sorted(JOINTS, key=_depth):
        joint = points[:, numbers[name]] if name in numbers else nothing
        seen = joint[:, 2] > 0
        if seen.any():
            steps = np.arange(len(joint))
            x, y = (np.interp(steps, steps[seen], joint[seen, axis]) for axis in (0, 1))
        else:
            x, y = placed[_before(name)][:, :2].T
        placed[name] = np.stack([x, y, np.zeros_like(x), np.where(seen, joint[:, 2], 0.0)], axis=1)
    found = (points[..., 2] > 0).any(axis=1)
    landmarks = np.full((len(points), LANDMARKS, 4), np.nan, np.float32)
    for name, number in JOINTS.items():
        landmarks[found, number] = placed[name][found]
    return Landmarks(landmarks, rate)


def _before(name: str) -> str:
    side, _, part = name.partition("_")
    if part not in FALLBACK:
        raise DataError(f"the {name.replace('_', ' ')} is seen in no frame")
    return f"{side}_{FALLBACK[part]}"


def _depth(name: str) -> int:
    """How many joints lie before this one in its limb, so that those are placed first."""
    part = name.partition("_")[2]
    depth = 0
    while part in FALLBACK:
        part, depth = FALLBACK[part], depth + 1
    return depth
