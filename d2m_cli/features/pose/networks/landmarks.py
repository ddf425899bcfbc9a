"""MediaPipe's landmark network: the body of the one person in a square."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from d2m_cli.features.pose.networks.litert import Network
from d2m_cli.features.pose.region import Region
from d2m_cli.types import FloatArray, FrameArray

_SIDE = 256
_POINTS = 39
_RADIUS = 3
"""Cells of the heat map to each side of a point that may move it."""
_MIN_HEAT = 0.5
"""Of the hottest of these cells: a cooler heat map moves nothing."""


class Body(NamedTuple):
    """What the network says of a square."""

    points: FloatArray
    """`(39, 4)`: x, y and z in pixels of the picture, visibility 0..1. Of the last six, the
    first two span the next picture's square."""
    presence: float
    """Probability that there is a person."""


class LandmarkNetwork:
    """Finds the landmarks of a person in a region of a picture."""

    def __init__(self) -> None:
        self._network = Network("pose_landmarks.tflite")

    def __call__(self, picture: FrameArray, region: Region) -> Body:
        """The body in a region of a picture `(H, W, 3)`."""
        square = region.cut(picture, _SIDE)
        numbers, presence, heat = self._network(square * np.float32(1 / 255), 0, 1, 2)
        numbers = numbers.reshape(_POINTS, 5)
        places = _refined(numbers[:, :2], heat)
        depth = numbers[:, 2:3] * (region.size / _SIDE)
        visibility = _sigmoid(numbers[:, 3:4])
        points = np.concatenate([region.to_picture(places, _SIDE), depth, visibility], axis=1)
        return Body(np.asarray(points, np.float32), float(presence[0]))


def _refined(places: FloatArray, heat: FloatArray) -> FloatArray:
    """Places `(39, 2)` in pixels of the square, moved to the warm centre of their neighbourhood.

    `heat` `(64, 64, 39)` has a map of logits for each point.
    """
    count = len(heat)
    cells = places * (count / _SIDE)
    middle = np.trunc(cells).astype(int)
    near = middle[:, None] + np.arange(-_RADIUS, _RADIUS + 1)[:, None]
    inside = (near >= 0) & (near < count)
    columns, rows = near.clip(0, count - 1).transpose(2, 0, 1)
    logits = heat[rows[:, :, None], columns[:, None, :], np.arange(_POINTS)[:, None, None]]
    warmth = _sigmoid(logits) * inside[:, None, :, 0] * inside[:, :, None, 1]
    total = np.maximum(warmth.sum((1, 2)), 1e-12)
    x = (warmth.sum(1) * columns).sum(1) / total
    y = (warmth.sum(2) * rows).sum(1) / total
    outside = ((middle < 0) | (middle >= count)).any(1)
    cold = outside | (warmth.max((1, 2)) < _MIN_HEAT)
    moved = np.stack([x, y], axis=1) * (_SIDE / count)
    return np.asarray(np.where(cold[:, None], places, moved), np.float32)


def _sigmoid(logits: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-logits.clip(-80.0, 80.0))), np.float32)
