"""The door of MediaPipe: `solutions.pose`, which follows one person."""

from __future__ import annotations

import numpy as np

from d2m_cli.features.pose.quiet import native_stderr_muted
from d2m_cli.opencv import placeholder
from d2m_cli.types import FloatArray, FrameArray


class Solutions:
    """One person in a stream of pictures, as MediaPipe 0.10 sees them.

    MediaPipe writes log lines (which no setting silences) while a graph is built and when it sees
    its first person, never later; only those moments are muted.
    """

    def __init__(self) -> None:
        with placeholder():
            import mediapipe

        with native_stderr_muted():
            # Its own filter would make the motion late; `motion` smooths without a delay.
            self._pose = mediapipe.solutions.pose.Pose(smooth_landmarks=False)
            # The models load in the background: a blank picture waits until they have.
            self._pose.process(np.zeros((64, 64, 3), np.uint8))
        self._seen: dict[int, FloatArray] = {}
        self.steps = 0
        """Pictures so far."""

    def add(self, picture: FrameArray) -> None:
        """Take the next picture, RGB `(H, W, 3)`; sizes may not change on the way."""
        if self._seen:
            points = self._estimate(picture)
        else:
            with native_stderr_muted():
                points = self._estimate(picture)
        if points is not None:
            self._seen[self.steps] = points
        self.steps += 1

    def seen(self) -> list[dict[int, FloatArray]]:
        """Landmarks `(33, 4)` by step, in pixels, of the person if there was one."""
        return [self._seen] if self._seen else []

    def close(self) -> None:
        """Let MediaPipe go."""
        self._pose.close()

    def _estimate(self, picture: FrameArray) -> FloatArray | None:
        found = self._pose.process(picture).pose_landmarks
        if found is None:
            return None
        height, width = picture.shape[:2]
        points = np.array([(p.x, p.y, p.z, p.visibility) for p in found.landmark], np.float32)
        # MediaPipe measures x and z in picture widths and y in heights.
        return np.asarray(points * np.array([width, height, width, 1], np.float32), np.float32)
