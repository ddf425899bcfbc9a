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
from typing import Any

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
            "Optical flow needs OpenCV, which cannot be loaded here: install the system's libGL "
            "(apt-get install libgl1), or leave out --bundle."
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
