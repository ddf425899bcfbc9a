"""Which of the people in a video is the dancer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import InputError
from d2m_cli.features.pose.doors import LEFT, MAIN, RIGHT
from d2m_cli.types import FloatArray

_MIN_SHARE = 0.1
"""Of the pictures: who is seen in fewer is passed over, unless nobody is seen in more."""
_BODY = slice(11, 33)
_HIPS = (23, 24)
_STEPS = 2
"""Over which a movement is measured, so that jitter is none."""
_FASTEST = 0.2
"""Heights of the body that a joint may move in so many steps; more is an error of the tracking."""


def known_people(people: list[FloatArray]) -> list[FloatArray]:
    """Those who are seen long enough, from left to right.

    People are landmarks `(T, 33, 4)`, NaN where they are not seen.
    """
    shares = [share_seen(points) for points in people]
    least = min(_MIN_SHARE, max(shares, default=0.0))
    known = [points for points, share in zip(people, shares, strict=True) if share >= least]
    return sorted(known, key=lambda points: float(np.nanmedian(points[:, _HIPS, 0])))


def pick_dancer(people: list[FloatArray], wish: str) -> int:
    """Index of the dancer among people from left to right, each as landmarks `(T, 33, 4)`.

    `MAIN` is who moves most over the whole video, measured in the picture, so that near people
    count for more than far ones. It is one person throughout. A number counts from the left.

    Raises `InputError` for a number that nobody has.
    """
    if wish == LEFT:
        return 0
    if wish == RIGHT:
        return len(people) - 1
    if wish == MAIN:
        return int(np.argmax([_movement(points) for points in people]))
    if not 1 <= int(wish) <= len(people):
        seen = f"{len(people)} people, numbered from the left" if len(people) > 1 else "one person"
        raise InputError(f"There is no dancer {wish}: the video shows {seen}.")
    return int(wish) - 1


def share_seen(points: FloatArray) -> float:
    """Share 0..1 of the steps in which a person with landmarks `(T, 33, 4)` is seen."""
    return float(np.isfinite(points[:, 0, 0]).mean())


def _movement(points: FloatArray) -> float:
    """Mean way of the joints over `_STEPS` steps; 0 in steps in which the person is not seen."""
    joints: NDArray[np.floating] = points[:, _BODY, :2]
    height = float(np.nanmedian(np.ptp(points[..., 1], axis=1)))
    ways = np.linalg.norm(joints[_STEPS:] - joints[:-_STEPS], axis=-1).clip(max=_FASTEST * height)
    return float(np.nan_to_num(ways).mean()) if len(ways) else height
