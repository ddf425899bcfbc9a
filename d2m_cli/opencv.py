"""OpenCV where it can be loaded, and what is needed of it where it cannot.

Its usual wheel wants libGL.so.1, which slim containers lack. MediaPipe imports OpenCV to draw,
which d2m never does; the pictures are scaled here; optical flow needs the real one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any, Literal

import numpy as np

from d2m_cli.errors import D2MError
from d2m_cli.types import FloatArray, FrameArray


@cache
def _module() -> Any | None:
    try:
        import cv2
    except ImportError:
        return None
    return cv2


def opencv() -> Any:
    """The module `cv2`. Raises `D2MError` where it cannot be loaded."""
    module = _module()
    if module is None:
        raise D2MError(
            "Optical flow needs OpenCV, which cannot be loaded here: install the package "
            "opencv-contrib-python-headless, or leave out --bundle."
        )
    return module


@contextmanager
def placeholder() -> Iterator[None]:
    """Let a package that imports OpenCV, but that needs it for drawing only, be imported."""
    if _module() is not None:
        yield
        return
    sys.modules["cv2"] = ModuleType("cv2")
    try:
        yield
    finally:
        del sys.modules["cv2"]


def resized(picture: FrameArray, width: int, height: int) -> FrameArray:
    """A picture `(H, W, 3)` as `(height, width, 3)`, averaged over areas where it gets smaller.

    Without OpenCV a pixel may differ by 1 of 255.
    """
    module = _module()
    smaller = width < picture.shape[1] or height < picture.shape[0]
    if module is not None:
        method = module.INTER_AREA if smaller else module.INTER_LINEAR
        return np.asarray(module.resize(picture, (width, height), interpolation=method), np.uint8)
    weights = _areas if smaller else _lines
    down = weights(picture.shape[0], height)
    across = weights(picture.shape[1], width)
    rows = np.tensordot(down, picture.astype(np.float32), (1, 0))
    scaled = np.tensordot(across, rows, (1, 1)).transpose(1, 0, 2)
    return np.rint(scaled).clip(0, 255).astype(np.uint8)


def warped(picture: FrameArray, matrix: FloatArray, side: int, black: bool = False) -> FrameArray:
    """A square `(side, side, 3)` of a picture `(H, W, 3)`, linearly interpolated.

    `matrix` `(2, 3)` leads from a pixel of the square to its place in the picture. Outside of the
    picture its edge is repeated, or it is `black`. Without OpenCV a pixel may differ by 1 of 255.
    """
    module = _module()
    if module is None:
        return _warped(picture, matrix, side, black)
    square = module.warpAffine(
        picture,
        matrix,
        (side, side),
        flags=module.INTER_LINEAR | module.WARP_INVERSE_MAP,
        borderMode=module.BORDER_CONSTANT if black else module.BORDER_REPLICATE,
    )
    return np.asarray(square, np.uint8)


def _warped(picture: FrameArray, matrix: FloatArray, side: int, black: bool) -> FrameArray:
    from PIL import Image

    left, top, right, bottom = (1,) * 4 if black else _missing(picture, matrix, side)
    pad: Literal["constant", "edge"] = "constant" if black else "edge"
    picture = np.pad(picture, ((top, bottom), (left, right), (0, 0)), pad)
    # Pillow counts from the corners of pixels, OpenCV from their centres.
    start = matrix[:, 2] - matrix[:, :2].sum(1) / 2 + (left + 0.5, top + 0.5)
    turn = np.column_stack([matrix[:, :2], start]).ravel().tolist()
    way = (Image.Transform.AFFINE, turn, Image.Resampling.BILINEAR)
    return np.asarray(Image.fromarray(picture).transform((side, side), *way))


def _missing(picture: FrameArray, matrix: FloatArray, side: int) -> list[int]:
    """Pixels by which a picture is too small at its left, top, right and bottom."""
    corners = np.array([[0, 0, 1], [side, 0, 1], [0, side, 1], [side, side, 1]]) @ matrix.T
    size = np.array(picture.shape[1::-1])
    lacking = np.concatenate([-corners.min(0), corners.max(0) - size + 1])
    return [int(length) for length in np.ceil(lacking).clip(0)]


@cache
def _areas(source: int, target: int) -> FloatArray:
    """`(target, source)`: how much of each new pixel lies in each old one."""
    edges = np.arange(target + 1) * source / target
    old = np.arange(source)
    low, high = np.maximum(edges[:-1, None], old), np.minimum(edges[1:, None], old + 1)
    shares = np.clip(high - low, 0.0, None)
    return np.asarray(shares / shares.sum(1, keepdims=True), np.float32)


@cache
def _lines(source: int, target: int) -> FloatArray:
    """`(target, source)`: weights of the two old pixels between which each new one lies."""
    centres = ((np.arange(target) + 0.5) * source / target - 0.5).clip(0, source - 1)
    shares = np.clip(1.0 - np.abs(centres[:, None] - np.arange(source)), 0.0, None)
    return np.asarray(shares, np.float32)
