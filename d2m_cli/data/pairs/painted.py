"""Painted dancers: pictures for training the visual encoder where no filmed ones may be used.

Every clip has its own look (colours, background, size, place, light, grain), so that a network
cannot but follow the body.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.data.skeletons.joints import PLACE, Positions
from d2m_cli.features.motion import HIPS, SHOULDERS
from d2m_cli.types import FrameArray

BODY_HEIGHT = 3.7
"""Torsos from the sole to the crown of somebody who stands."""

LIMBS = {
    "trousers": (("hip", "knee", 0.30), ("knee", "ankle", 0.21)),
    "shoes": (("ankle", "heel", 0.14), ("heel", "foot_index", 0.14)),
    "shirt": (("shoulder", "elbow", 0.19),),
    "skin": (("elbow", "wrist", 0.14),),
}
"""What covers a limb: from joint to joint, and how thick it is (torsos)."""

HEAD = (0.22, 0.28)
HEAD_UP = 0.06
"""Half axes of the head, and how far its middle lies over the nose (torsos)."""

BEHIND = 0.7
"""A limb less visible than this is painted before the trunk."""

_SHIFT = 4
_UNITS = 1 << _SHIFT
"""OpenCV takes places in sixteenths of a pixel: small movements stay smooth."""

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Look:
    """Everything of a clip but the movement."""

    background: FrameArray
    """`(S, S, 3)`"""
    colours: dict[str, Colour]
    scale: float
    """Pixels per torso."""
    middle: NDArray[np.float64]
    """`(2,)` pixels at which the dancer's mean place lies."""
    grain: float
    """Standard deviation of the noise, 0..255."""


def random_look(size: int, rng: Generator) -> Look:
    """A look for pictures of `size` x `size` pixels."""
    height = rng.uniform(0.5, 0.95)
    free = (1.0 - height) / 2.0
    across, down = rng.uniform(0.3, 0.7), 0.45 + free * rng.uniform(-0.8, 0.8)
    return Look(
        background=_background(size, rng),
        colours={part: _colour(rng) for part in (*LIMBS, "hair")},
        scale=size * height / BODY_HEIGHT,
        middle=np.asarray([across * size, down * size], np.float64),
        grain=float(rng.uniform(0.0, 4.0)),
    )


def paint(
    positions: Positions, visibility: Positions, size: int, look: Look, rng: Generator
) -> FrameArray:
    """Pictures `(T, S, S, 3)` of joints `(T, 17, 2)` (torsos round 0, y down) as `data.augment`
    films them, with their visibility `(T, 17)`; `size` is `S`.
    """
    pictures = np.empty((len(positions), size, size, 3), np.uint8)
    noise = rng.normal(0.0, look.grain, (size, size, 3))
    for picture, joints, seen in zip(pictures, positions, visibility, strict=True):
        canvas = look.background.copy()
        _figure(canvas, joints * look.scale + look.middle, seen, look)
        picture[:] = (canvas + np.roll(noise, rng.integers(size), axis=0)).clip(0, 255)
    return pictures


def _figure(canvas: FrameArray, joints: Positions, seen: Positions, look: Look) -> None:
    limbs = [
        (PLACE[f"{side}_{start}"], PLACE[f"{side}_{end}"], cover, thick)
        for cover, parts in LIMBS.items()
        for start, end, thick in parts
        for side in ("left", "right")
    ]
    for front in (False, True):
        for start, end, cover, thick in limbs:
            if (seen[end] >= BEHIND) == front:
                _stroke(canvas, joints[start], joints[end], thick * look.scale, look.colours[cover])
        if not front:
            _trunk(canvas, joints, look)


def _trunk(canvas: FrameArray, joints: Positions, look: Look) -> None:
    left, right = joints[list(SHOULDERS)]
    neck = (left + right) / 2.0
    head = joints[PLACE["nose"]] - [0.0, HEAD_UP * look.scale]
    _stroke(canvas, neck, head, 0.18 * look.scale, look.colours["skin"])
    left_hip, right_hip = joints[list(HIPS)]
    _stroke(canvas, left_hip, right_hip, 0.34 * look.scale, look.colours["trousers"])
    corners = np.array([left, right, right_hip, left_hip])
    cv2.fillPoly(canvas, [_units(corners)], look.colours["shirt"], cv2.LINE_AA, _SHIFT)
    for corner in (left, right, neck):
        _stroke(
            canvas, corner, (left_hip + right_hip) / 2.0, 0.34 * look.scale, look.colours["shirt"]
        )
    for up, size, part in ((0.08, 1.1, "hair"), (0.0, 0.9, "skin")):
        middle = head - [0.0, up * look.scale]
        axes = _units(np.array(HEAD) * look.scale * size)
        cv2.ellipse(
            canvas,
            _point(middle),
            (int(axes[0]), int(axes[1])),
            0,
            0,
            360,
            look.colours[part],
            -1,
            cv2.LINE_AA,
            _SHIFT,
        )


def _stroke(
    canvas: FrameArray,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    thick: float,
    colour: Colour,
) -> None:
    """A limb with a lit middle."""
    light: Colour = (0.7 * colour[0] + 76, 0.7 * colour[1] + 76, 0.7 * colour[2] + 76)
    for part, tone in ((1.0, colour), (0.4, light)):
        width = max(1, round(thick * part))
        cv2.line(canvas, _point(start), _point(end), tone, width, cv2.LINE_AA, _SHIFT)


def _background(size: int, rng: Generator) -> FrameArray:
    """A wall and a floor, each with a slope of light, and some things that stand about."""
    slope = np.linspace(-1.0, 1.0, size)[:, None, None] * rng.uniform(-40, 40)
    slope = slope + np.linspace(-1.0, 1.0, size)[None, :, None] * rng.uniform(-40, 40)
    picture = np.ones((size, size, 1)) * np.array(_colour(rng))
    picture[int(size * rng.uniform(0.6, 0.95)) :] = _colour(rng)
    for _ in range(rng.integers(5)):
        top, left = rng.integers(0, size, 2)
        high, wide = rng.integers(size // 16, size // 2, 2)
        picture[top : top + high, left : left + wide] = _colour(rng)
    return np.asarray((picture + slope).clip(0, 255), np.uint8)


def _colour(rng: Generator) -> Colour:
    """A colour as rooms and clothes have it: more often dull than loud."""
    red, green, blue = (rng.uniform(20, 235) + rng.uniform(-70, 70, 3)).clip(0, 255)
    return red, green, blue


def _units(places: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.asarray(np.round(places * _UNITS), np.int32)


def _point(place: NDArray[np.float64]) -> tuple[int, int]:
    x, y = _units(place)
    return int(x), int(y)
