"""MediaPipe's 33 landmarks as OpenPose's 25 body points, which the TikTok model was trained on.

Each OpenPose point is the MediaPipe landmark of the same name. Three kinds have none: neck and
mid-hip are the middle of the shoulders and of the hips, the small toe is taken for the big toe's
landmark (MediaPipe knows one toe).
"""

from __future__ import annotations

import numpy as np

from d2m_cli.types import FloatArray, Landmarks

SOURCES: tuple[tuple[int, ...], ...] = (
    (0,),  # nose
    (11, 12),  # neck
    (12,),  # right shoulder, elbow, wrist
    (14,),
    (16,),
    (11,),  # left shoulder, elbow, wrist
    (13,),
    (15,),
    (23, 24),  # mid-hip
    (24,),  # right hip, knee, ankle
    (26,),
    (28,),
    (23,),  # left hip, knee, ankle
    (25,),
    (27,),
    (5,),  # right and left eye
    (2,),
    (8,),  # right and left ear
    (7,),
    (31,),  # left big toe, small toe, heel
    (31,),
    (29,),
    (32,),  # right big toe, small toe, heel
    (32,),
    (30,),
)
"""MediaPipe landmarks whose mean gives each point, in OpenPose's BODY_25 order."""


def openpose_from_landmarks(landmarks: Landmarks, height: int) -> FloatArray:
    """Numbers `(T, 75)`: x and y in pixels of a picture `height` pixels high, and confidence.

    The confidence is MediaPipe's visibility (the lowest of two); a step without a person is all
    zero, as OpenPose writes it.
    """
    points = landmarks.points
    places = np.stack([points[:, list(s), :2].mean(axis=1) for s in SOURCES], axis=1) * height
    sure = np.stack([points[:, list(s), 3].min(axis=1) for s in SOURCES], axis=1)
    joined = np.concatenate([places, sure[..., None]], axis=2)
    return np.nan_to_num(joined.reshape(len(points), -1)).astype(np.float32)
