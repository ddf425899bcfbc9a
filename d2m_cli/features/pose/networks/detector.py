"""MediaPipe's pose detector: everybody in a picture, roughly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m_cli.features.pose.networks.litert import Network
from d2m_cli.features.pose.region import Region
from d2m_cli.opencv import warped
from d2m_cli.types import FloatArray, FrameArray

_SIDE = 224
_GRIDS = ((28, 2), (14, 2), (7, 6))
"""Cells along a side of each grid of the network's output, and predictions in each cell."""
_MIN_SCORE = 0.5
_MIN_OVERLAP = 0.3
"""Of two boxes, common area to united area, from which on they are of one person."""
_CORE = 0.5
"""Share of a box that counts where people may stand close."""
_TILE_STEP = 0.5
"""Farthest that two squares of a picture lie from each other, in sides."""


class Detector:
    """Finds people in single pictures."""

    def __init__(self) -> None:
        self._network = Network("pose_detection.tflite")
        self._centres = np.concatenate([_cells(*grid) for grid in _GRIDS])

    def somebody(self, picture: FrameArray) -> Region | None:
        """The person that is seen most surely in a picture `(H, W, 3)`, as `solutions.pose` does.

        It sees the picture as one square. Of people who stand close it may give a mean.
        """
        height, width = picture.shape[:2]
        side = max(height, width)
        people = _people(*self._see(picture, (width - side) / 2, (height - side) / 2, side), 1.0)
        return people[0] if people else None

    def everybody(self, picture: FrameArray) -> list[Region]:
        """All people in a picture `(H, W, 3)`, the surest first; also those who stand close.

        Squares of the picture's short side are looked at, in which people are larger, and
        predictions are one person's only where the middles of their boxes are close.
        """
        height, width = picture.shape[:2]
        side = min(height, width)
        spare = max(height, width) - side
        count = 1 + int(np.ceil(spare / (side * _TILE_STEP)))
        corners = np.linspace(0.0, spare, count) if count > 1 else np.array([spare / 2])
        seen = [
            self._see(picture, corner * (width > height), corner * (height > width), side)
            for corner in corners
        ]
        boxes, scores = (np.concatenate(parts) for parts in zip(*seen, strict=True))
        return _people(boxes, scores, _CORE)

    def _see(
        self, picture: FrameArray, x: float, y: float, side: int
    ) -> tuple[FloatArray, FloatArray]:
        """Boxes `(N, 12)`, as `_boxes` gives them, in pixels of the picture, and scores `(N,)`, of
        the square of `side` pixels with its corner at `x, y`."""
        scale = side / _SIDE
        matrix = np.array([[scale, 0, x], [0, scale, y]], np.float32)
        square = warped(picture, matrix, _SIDE, black=True)
        points, logits = self._network(square * np.float32(2 / 255) - np.float32(1), 0, 1)
        scores = 1.0 / (1.0 + np.exp(-logits[:, 0].clip(-80.0, 80.0)))
        kept = scores >= _MIN_SCORE
        boxes = _boxes(points[kept], self._centres[kept])
        return boxes * np.float32(scale) + np.tile(np.array([x, y], np.float32), 6), scores[kept]


def _cells(count: int, predictions: int) -> FloatArray:
    """Centres `(count * count * predictions, 2)` of the cells of a grid, in pixels, row by row."""
    middle = (np.arange(count) + 0.5) * (_SIDE / count)
    centres = np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2)
    return np.asarray(np.repeat(centres, predictions, axis=0), np.float32)


def _boxes(points: FloatArray, centres: FloatArray) -> FloatArray:
    """`(N, 12)`: left, top, right, bottom, and four points, in pixels of the square.

    `points` `(N, 12)` has the box's centre and size, then the points, from the cells' `centres`.
    """
    middle, half = points[:, :2] + centres, points[:, 2:4] / 2
    others = points[:, 4:] + np.tile(centres, 4)
    return np.concatenate([middle - half, middle + half, others], axis=1)


def _people(boxes: FloatArray, scores: FloatArray, core: float) -> list[Region]:
    """The regions of the people, the surest first.

    Each is the mean of all boxes `(N, 12)` that overlap with the surest, weighted by their `scores`
    `(N,)`. Only the `core` of a box counts for that: its middle, of that share of its size.
    """
    order = np.argsort(-scores, kind="stable")
    boxes, scores = boxes[order], scores[order]
    middle, half = (boxes[:, :2] + boxes[:, 2:4]) / 2, core * (boxes[:, 2:4] - boxes[:, :2]) / 2
    cores = np.concatenate([middle - half, middle + half], axis=1)
    people = []
    while len(boxes):
        same = _overlap(cores[0], cores) > _MIN_OVERLAP
        same[0] = True
        mean = np.average(boxes[same], axis=0, weights=scores[same]).astype(np.float32)
        people.append(Region.around(mean[4:6], mean[6:8]))
        boxes, scores, cores = boxes[~same], scores[~same], cores[~same]
    return people


def _overlap(box: FloatArray, boxes: FloatArray) -> NDArray[np.floating]:
    """Common to united area `(N,)` of a box and others."""
    common = np.minimum(box[2:4], boxes[:, 2:4]) - np.maximum(box[:2], boxes[:, :2])
    area = common.clip(0.0).prod(axis=1)
    both = (box[2:4] - box[:2]).prod() + (boxes[:, 2:4] - boxes[:, :2]).prod(axis=1)
    return np.asarray(area / np.maximum(both - area, 1e-6))
