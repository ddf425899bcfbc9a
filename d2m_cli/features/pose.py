"""The dancer's body in each picture: MediaPipe Pose, one person, followed from frame to frame."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import numpy as np

from d2m_cli.errors import NoDancerError
from d2m_cli.opencv import placeholder
from d2m_cli.types import FloatArray, FrameArray, Landmarks

LANDMARKS = 33
"""Body points that MediaPipe Pose reports."""

STRIDE = 2
"""Of 30 pictures a second every second one is looked at: pose is the costliest step on a processor.
On real clips of 5 and 6 s the pulse keeps its lift within 0.02; a clip of 2 s may get another."""

_stderr_lock = threading.Lock()


@contextmanager
def _native_stderr_muted() -> Iterator[None]:
    """Send what native code writes to file descriptor 2 nowhere.

    `sys.stderr` is moved to a copy of the real descriptor meanwhile, so that a progress bar of
    another thread goes on. The lock keeps two muters from restoring each other's null device.
    """
    with _stderr_lock:
        python_stderr = sys.stderr
        real = os.dup(2)
        null = os.open(os.devnull, os.O_WRONLY)
        # When `sys.stderr` is no longer the descriptor 2 (captured, say), it needs no moving.
        owns_fd = _descriptor(python_stderr) == 2
        try:
            if owns_fd:
                python_stderr.flush()
                sys.stderr = os.fdopen(os.dup(real), "w", buffering=1, errors="backslashreplace")
            os.dup2(null, 2)
            yield
        finally:
            os.dup2(real, 2)
            if owns_fd:
                moved, sys.stderr = sys.stderr, python_stderr
                moved.close()
            os.close(null)
            os.close(real)


def _descriptor(stream: object) -> int | None:
    try:
        return int(stream.fileno())  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return None


class PoseEstimator:
    """Estimates the landmarks of one person in a stream of pictures.

    Use it as a context manager, `add` every picture in order, then ask for `landmarks()`.

    MediaPipe writes log lines (which no setting silences) while a graph is built and when it sees
    its first person, never later; only those moments are muted.

    Args:
        rate: pictures per second that `add` will get.
        stride: only every `stride`-th picture is looked at; the landmarks' rate falls with it.
    """

    def __init__(self, rate: float, stride: int = 1) -> None:
        self._rate = rate / stride
        self._stride = stride
        self._count = 0
        self._points: list[FloatArray | None] = []
        self._person_seen = False

    def __enter__(self) -> PoseEstimator:
        with placeholder():
            import mediapipe

        with _native_stderr_muted():
            # Its own filter would make the motion late; `motion` smooths without a delay.
            self._pose = mediapipe.solutions.pose.Pose(smooth_landmarks=False)
            # The models load in the background: a blank picture waits until they have.
            self._pose.process(np.zeros((64, 64, 3), np.uint8))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pose.close()

    def add(self, frame: FrameArray) -> None:
        """Take the next picture, RGB `(H, W, 3)`; sizes may not change on the way."""
        if self._count % self._stride == 0:
            if self._person_seen:
                points = self._estimate(frame)
            else:
                with _native_stderr_muted():
                    points = self._estimate(frame)
                self._person_seen = points is not None
            self._points.append(points)
        self._count += 1

    def _estimate(self, frame: FrameArray) -> FloatArray | None:
        """Landmarks `(33, 4)` in units of the picture's height, or None without a person."""
        found = self._pose.process(frame).pose_landmarks
        if found is None:
            return None
        height, width = frame.shape[:2]
        points = np.array([(p.x, p.y, p.z, p.visibility) for p in found.landmark], np.float32)
        # MediaPipe measures x and z in picture widths and y in heights.
        points[:, [0, 2]] *= width / height
        return points

    def landmarks(self) -> Landmarks:
        """The landmarks of all pictures so far, at the rate of the pictures looked at.

        Raises `NoDancerError` when no picture showed a person.
        """
        if not self._person_seen:
            raise NoDancerError(
                "No person was found in any frame of the video: "
                "use a video in which one dancer is seen from head to foot."
            )
        nobody = np.full((LANDMARKS, 4), np.nan, np.float32)
        return Landmarks(
            points=np.stack([nobody if p is None else p for p in self._points]), rate=self._rate
        )
