"""One person followed from picture to picture, as MediaPipe's `solutions.pose` does."""

from __future__ import annotations

import numpy as np

from d2m_cli.features.pose.networks.landmarks import LandmarkNetwork
from d2m_cli.features.pose.region import Region
from d2m_cli.types import FloatArray, FrameArray

_MIN_PRESENCE = 0.5
_RATE = 30.0
"""Pictures per second of the filter, as in `solutions.pose` whatever the video's rate."""
_SPAN = slice(33, 35)
"""The two of the network's points that span the next square."""


class OneEuro:
    """The filter of Casiez et al. (2012) for points `(N, 2)`: calm when slow, prompt when fast."""

    LEAST_CUTOFF, BETA, SPEED_CUTOFF = 0.01, 10.0, 1.0

    def __init__(self) -> None:
        self._raw: FloatArray | None = None
        self._value = self._speed = np.zeros(0, np.float32)

    def __call__(self, points: FloatArray, scale: float) -> FloatArray:
        """The next points; speeds are measured in units of `scale`."""
        if self._raw is None:
            self._raw, self._value, self._speed = points, points, np.zeros_like(points)
            return points
        speed = (points - self._raw) / scale * _RATE
        self._speed = self._speed + _share(self.SPEED_CUTOFF) * (speed - self._speed)
        share = _share(self.LEAST_CUTOFF + self.BETA * np.abs(self._speed))
        self._value = np.asarray(self._value + share * (points - self._value), np.float32)
        self._raw = points
        return self._value


def _share(cutoff: float | FloatArray) -> float | FloatArray:
    """What a step takes of the new value, for a cut-off in Hz."""
    return 1.0 / (1.0 + _RATE / (2.0 * np.pi * cutoff))


class Follower:
    """Follows the person in a region, until the landmark network sees nobody there."""

    def __init__(self, network: LandmarkNetwork, region: Region) -> None:
        self.region = region
        """Where the next picture is looked at."""
        self._network = network
        self._filter = OneEuro()

    def __call__(self, picture: FrameArray) -> FloatArray | None:
        """Landmarks `(33, 4)` in the next picture `(H, W, 3)`: pixels and visibility 0..1."""
        body = self._network(picture, self.region)
        if body.presence <= _MIN_PRESENCE:
            return None
        span = body.points[_SPAN, :2]
        scale = 2.0 * float(np.linalg.norm(span[1] - span[0]))
        self.region = Region.around(*self._filter(span, scale))
        return body.points[:33]
