"""One of the people in a video: where they were seen, and what tells them from others."""

from __future__ import annotations

import numpy as np

from d2m_cli.features.pose.follower import Follower
from d2m_cli.features.pose.region import MARGIN
from d2m_cli.types import FloatArray, FrameArray

_BODY = slice(11, 33)
"""Of the landmarks: all but the face."""
_SHOULDERS, _HIPS = (11, 12), (23, 24)
_MOMENTUM_STEPS = 8
"""A person who is out of sight is expected to go on at the same pace for so long."""
_PACE_STEPS = 5
_CHANGE = 0.1
"""Share of a change of the clothes' colour that a step believes."""
_SIDE = np.linspace(0.25, 0.75, 5)
_GRID = np.array(
    [[(1 - y) * (1 - x), (1 - y) * x, y * (1 - x), y * x] for y in _SIDE for x in _SIDE]
)
"""`(25, 4)`: how points within a trunk are made of its four corners."""


class Person:
    """Landmarks of one person by step, and the follower while the person is in view."""

    def __init__(self, follower: Follower) -> None:
        self.follower: Follower | None = follower
        self.seen: dict[int, FloatArray] = {}
        """Landmarks `(33, 4)` by step: pixels of the picture, visibility 0..1."""
        self.body = 1.0
        """Size in pixels when last seen: diameter of the circle around the body."""
        self._clothes = self._usual_clothes = np.zeros(3, np.float32)

    def look(self, picture: FrameArray, step: int, most_surprise: float) -> None:
        """Find the person in the next picture, RGB `(H, W, 3)`, or lose them.

        Who is further from what is expected than `most_surprise` is somebody else.
        """
        assert self.follower
        points = self.follower(picture)
        if points is None:
            self.follower = None
            return
        self._clothes = _clothes(picture, points)
        if not self.seen:
            self._usual_clothes = self._clothes
        elif self._surprise(points, self._clothes, step) > most_surprise:
            self.follower = None
            return
        change = self._clothes - self._usual_clothes
        self._usual_clothes = self._usual_clothes + _CHANGE * change
        self.seen[step] = points
        self.body = self.follower.region.size / MARGIN

    def unlikeness(self, other: Person, step: int) -> float:
        """How far what is seen of another at a step is from what is expected of this person, in
        bodies and shares of a colour's range; infinite for who was not seen before."""
        if min(self.seen, default=step) >= step:
            return np.inf
        return self._surprise(other.seen[step], other._clothes, step)

    def become(self, other: Person) -> None:
        """Go on as another, who has turned out to be this person."""
        self.follower, self.body, self._clothes = other.follower, other.body, other._clothes
        self.seen |= other.seen

    def is_at(self, other: Person, step: int, tolerance: float) -> bool:
        """Whether both were seen as one body at a step: joints apart by less than `tolerance`."""
        if step not in self.seen or step not in other.seen:
            return False
        apart = _distance(self.seen[step][_BODY, :2], other.seen[step][_BODY, :2])
        return apart < tolerance * max(self.body, other.body)

    def covers(self, other: Person, step: int, picture: FrameArray) -> float:
        """Share 0..1 of the other's trunk that lies in the box around this body, in a picture
        `(H, W, 3)`; 1 for a trunk whose middle is outside of the picture."""
        size = np.array(picture.shape[1::-1], np.float32)
        trunk = other.seen[step][[*_SHOULDERS, *_HIPS], :2]
        middle = trunk.mean(0)
        if (middle < 0).any() or (middle > size).any():
            return 1.0
        low, high = trunk.min(0).clip(0, size), trunk.max(0).clip(0, size)
        own = self.seen[step][:, :2]
        common = np.minimum(high, own.max(0)) - np.maximum(low, own.min(0))
        return float(common.clip(0.0).prod() / max(float((high - low).prod()), 1.0))

    def _surprise(self, points: FloatArray, clothes: FloatArray, step: int) -> float:
        places = _distance(points[_BODY, :2], self._expected(step)) / self.body
        return places + float(np.linalg.norm(clothes - self._usual_clothes)) / 255.0

    def _expected(self, step: int) -> FloatArray:
        """Where the joints `(22, 2)` should be at a step, by the steps before it."""
        steps = [known for known in list(self.seen)[-_PACE_STEPS:] if known < step]
        last, first = (self.seen[steps[at]][_BODY, :2] for at in (-1, 0))
        pace = (last - first).mean(0) / max(steps[-1] - steps[0], 1)
        return np.asarray(last + pace * min(step - steps[-1], _MOMENTUM_STEPS), np.float32)


def _clothes(picture: FrameArray, points: FloatArray) -> FloatArray:
    """Mean colour `(3,)` of a grid of points between shoulders and hips."""
    corners = points[[*_SHOULDERS, *_HIPS], :2]
    places = (_GRID @ corners).round().astype(int)
    height, width = picture.shape[:2]
    x, y = places[:, 0].clip(0, width - 1), places[:, 1].clip(0, height - 1)
    return np.asarray(picture[y, x].mean(0), np.float32)


def _distance(points: FloatArray, others: FloatArray) -> float:
    """Mean distance of points `(N, 2)` from others."""
    return float(np.linalg.norm(points - others, axis=1).mean())
