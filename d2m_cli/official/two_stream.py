"""Two-stream I3D vectors of windows of 2 s: the visual input of the authors' released models.

The authors do not publish how they cut and sampled their videos. Here: `FRAME_RATE` pictures a
second, short side 256 pixels, centre 224 x 224, as I3D was trained.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from d2m_cli.official import FlowMethod
from d2m_cli.official.flow import OpticalFlow
from d2m_cli.opencv import opencv
from d2m_cli.spec import FRAME_RATE, SEGMENT_SECONDS
from d2m_cli.types import FloatArray, FrameArray, Visual

SHORT_SIDE, CROP = 256, 224
"""Pixels."""

Stream = Callable[[FloatArray], FloatArray]
"""I3D of one stream: `(C, T, 224, 224)` to 1024 numbers."""


def whole(frame: FrameArray) -> FrameArray:
    """A frame `(H, W, 3)` as it is: cropping and scaling it twice would change it."""
    return frame


class TwoStream:
    """Turns the pictures of a clip into one vector of 2048 numbers per window.

    Args:
        pictures: I3D on RGB in -1..1.
        movement: I3D on optical flow in -1..1.
        step: seconds from the start of one window to that of the next; the last window repeats the
            last picture as often as it must.
        method: how the optical flow is estimated.
    """

    step = 1
    """Flow is between a frame and the one before."""
    shrink = staticmethod(whole)

    def __init__(
        self,
        pictures: Stream,
        movement: Stream,
        step: float,
        method: FlowMethod = FlowMethod.TVL1,
    ) -> None:
        self._pictures, self._movement = pictures, movement
        self._length, self._step = (round(s * FRAME_RATE) for s in (SEGMENT_SECONDS, step))
        self._rate = 1.0 / step
        self._flow = OpticalFlow(method)
        self._waiting: list[tuple[FrameArray, FloatArray]] = []
        self._fresh = False
        self._vectors: list[FloatArray] = []

    def add(self, frame: FrameArray) -> None:
        """Take the next picture, RGB `(H, W, 3)`."""
        centre = centre_crop(frame)
        self._waiting.append((centre, self._flow.add(centre)))
        self._fresh = True
        if len(self._waiting) == self._length:
            self._close_window()

    def visual(self) -> Visual:
        """All vectors `(2048, W)`; window `i` begins `i * step` seconds into the clip."""
        if self._fresh:
            last, flow = self._waiting[-1]
            still = (last, np.zeros_like(flow))
            self._waiting += [still] * (self._length - len(self._waiting))
            self._close_window()
        return Visual(np.stack(self._vectors, axis=1), self._rate)

    def _close_window(self) -> None:
        frames, flows = zip(*self._waiting, strict=True)
        rgb = np.stack(frames).transpose(3, 0, 1, 2).astype(np.float32) / 127.5 - 1.0
        flow = np.stack(flows, axis=1)
        self._vectors.append(np.concatenate([self._pictures(rgb), self._movement(flow)]))
        del self._waiting[: self._step]
        self._fresh = False


def centre_crop(frame: FrameArray) -> FrameArray:
    """The middle `(224, 224, 3)` of a picture `(H, W, 3)` whose short side is made 256 pixels."""
    scale = SHORT_SIDE / min(frame.shape[:2])
    height, width = (max(SHORT_SIDE, round(side * scale)) for side in frame.shape[:2])
    cv2 = opencv()
    whole = cv2.resize(frame, (width, height), interpolation=cv2.INTER_LINEAR)
    top, left = (height - CROP) // 2, (width - CROP) // 2
    return np.asarray(whole[top : top + CROP, left : left + CROP], dtype=np.uint8)
