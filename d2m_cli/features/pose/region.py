"""The turned square of a picture that the landmark network sees, and the way back from it.

All places are pixels of the picture, x right and y down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from d2m_cli.opencv import warped
from d2m_cli.types import FloatArray, FrameArray

MARGIN = 1.25
"""Side of the square against the diameter of the circle around the body."""


@dataclass(frozen=True)
class Region:
    """A square around a person, turned so that the person stands upright in it."""

    x: float
    """Of the centre."""
    y: float
    size: float
    """Side of the square."""
    angle: float
    """Radians clockwise."""

    @classmethod
    def around(cls, centre: FloatArray, top: FloatArray) -> Region:
        """From the two points `(2,)` that MediaPipe's networks give: the middle of the hips, and
        the point of the circle around the body that lies where the head is."""
        x, y = (float(d) for d in top - centre)
        angle = np.pi / 2 - np.arctan2(-y, x)
        angle -= 2 * np.pi * np.floor((angle + np.pi) / (2 * np.pi))
        size = 2.0 * float(np.hypot(x, y)) * MARGIN
        return cls(float(centre[0]), float(centre[1]), size, float(angle))

    def cut(self, picture: FrameArray, pixels: int) -> FrameArray:
        """The square of a picture `(H, W, 3)` as `(pixels, pixels, 3)`; its edges are repeated."""
        return warped(picture, self._matrix(pixels), pixels)

    def to_picture(self, points: FloatArray, pixels: int) -> FloatArray:
        """Points `(N, 2)` of the cut square in the picture."""
        matrix = self._matrix(pixels)
        return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)

    def _matrix(self, pixels: int) -> FloatArray:
        """`(2, 3)`: from the cut square to the picture; corners map to corners."""
        scale = self.size / pixels
        across, down = np.cos(self.angle) * scale, np.sin(self.angle) * scale
        half = pixels / 2.0
        turn = np.array([[across, -down], [down, across]])
        start = np.array([self.x, self.y]) - turn @ np.array([half, half])
        return np.asarray(np.concatenate([turn, start[:, None]], axis=1), np.float32)
