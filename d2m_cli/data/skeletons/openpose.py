"""2-D keypoints of OpenPose (BODY_25), as the authors' TikTok motion -> landmarks.

Either one array for a dance, `(T, 75)` or `(T, 25, 3)` of x, y and confidence, or OpenPose's own
output: a folder with one JSON file a frame. A joint or person that was not found has confidence 0.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m_cli.arrays import read_array
from d2m_cli.data.skeletons.joints import OPENPOSE
from d2m_cli.errors import DataError
from d2m_cli.features.motion import JOINTS
from d2m_cli.files import read_json
from d2m_cli.types import Landmarks

KEYPOINTS_RATE_HZ = 30.0
"""Frames per second of the authors' TikTok data."""

NUMBERS = 25 * 3
LANDMARKS = 33

FARTHEST = 1e6
"""Pixels."""

FALLBACK = {
    "wrist": "elbow", "elbow": "shoulder", "foot_index": "ankle", "heel": "ankle",
    "ankle": "knee", "knee": "hip",
}  # fmt: skip
"""Where a joint that is never seen is put: at the one before it in the limb."""


def read_keypoints(path: Path) -> NDArray[np.float64]:
    """Keypoints `(T, 25, 3)`: x and y in pixels, confidence 0..1.

    Raises `DataError` when the file or folder holds something else, or NaN.
    """
    try:
        frames = _json_frames(path) if path.is_dir() else read_array(path)
        points = np.asarray(frames, np.float64).reshape(len(frames), NUMBERS // 3, 3)
    except (ValueError, TypeError, LookupError, OSError, OverflowError) as error:
        raise DataError(
            f"it holds no BODY_25 keypoints, (T, 75) or (T, 25, 3) ({error})"
        ) from error
    if not len(points):
        raise DataError("it holds no frame of keypoints")
    if not (np.abs(points) < FARTHEST).all():
        raise DataError("the keypoints hold NaN, infinite or impossible numbers")
    return points


def landmarks_from_keypoints(points: NDArray[np.float64]) -> Landmarks:
    """Landmarks of keypoints `(T, 25, 3)`; the numbers that `JOINTS` does not use stay NaN.

    A joint that is lost for a while is interpolated with visibility 0; one that is never seen lies
    at the joint before it in its limb. Raises `DataError` when a part of the trunk is never seen.
    """
    placed: dict[str, NDArray[np.float64]] = {}
    for name in sorted(JOINTS, key=_depth):
        joint = points[:, OPENPOSE[name]]
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
    return Landmarks(landmarks, KEYPOINTS_RATE_HZ)


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


def _json_frames(folder: Path) -> list[list[float]]:
    """The first person of each frame; zeros when there is nobody."""
    frames = []
    for path in sorted(folder.glob("*.json")):
        people = read_json(path)["people"]
        frames.append(people[0]["pose_keypoints_2d"] if people else [0.0] * NUMBERS)
    return frames
