"""MediaPipe's landmarks under OpenPose's numbers."""

import numpy as np

from d2m_cli.features.openpose import openpose_from_landmarks
from d2m_cli.types import Landmarks


def test_points_keep_their_meaning() -> None:
    points = np.zeros((2, 33, 4), np.float32)
    points[0, :, 0] = np.arange(33) / 100
    points[0, :, 3] = 0.9
    points[0, 11, 3] = 0.4
    points[1] = np.nan

    numbers = openpose_from_landmarks(Landmarks(points, 30.0), height=100).reshape(2, 25, 3)

    mediapipe_of = {0: 0, 2: 12, 4: 16, 5: 11, 7: 15, 10: 26, 14: 27, 15: 5, 18: 7, 19: 31, 24: 30}
    for openpose, mediapipe in mediapipe_of.items():
        np.testing.assert_allclose(numbers[0, openpose, 0], mediapipe, atol=1e-4)
    np.testing.assert_allclose(numbers[0, 1], [11.5, 0.0, 0.4], atol=1e-4)  # neck
    np.testing.assert_allclose(numbers[0, 8, 0], 23.5, atol=1e-4)  # mid-hip
    assert not numbers[1].any()
