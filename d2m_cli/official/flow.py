"""Optical flow between neighbouring pictures, as the flow stream of I3D wants it."""

from __future__ import annotations

from typing import Any

import numpy as np

from d2m_cli.official import FlowMethod
from d2m_cli.opencv import opencv
from d2m_cli.types import FloatArray, FrameArray

LARGEST = 20.0
"""Pixels a frame; larger movements are cut off (Carreira and Zisserman 2017, released code)."""


class OpticalFlow:
    """Flow from each picture of a stream to the next one."""

    def __init__(self, method: FlowMethod = FlowMethod.TVL1) -> None:
        cv2 = self._cv2 = opencv()
        self._solver: Any = (
            cv2.optflow.DualTVL1OpticalFlow_create()
            if method is FlowMethod.TVL1
            else cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        )
        self._before: FrameArray | None = None

    def add(self, frame: FrameArray) -> FloatArray:
        """Movement `(2, H, W)` (right, down) into the RGB `frame` `(H, W, 3)`; 1 is 20 pixels.

        The first picture has no movement.
        """
        gray = self._cv2.cvtColor(frame, self._cv2.COLOR_RGB2GRAY)
        now = np.asarray(gray, dtype=np.uint8)
        before, self._before = self._before, now
        if before is None:
            return np.zeros((2, *now.shape), np.float32)
        flow = self._solver.calc(before, now, None)
        scaled = np.clip(flow, -LARGEST, LARGEST) / LARGEST
        return np.ascontiguousarray(scaled.transpose(2, 0, 1), dtype=np.float32)
