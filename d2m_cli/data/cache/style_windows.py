"""Styles of the windows that a cached piece is cut into: computed when it is prepared."""

import numpy as np

from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.features.style import CHANNELS, SECONDS, style_vector
from d2m_cli.pcm import Int16Array, to_float
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

STYLES = "styles"
"""The array of a piece that holds them; a piece that was prepared without it is heard again."""
QUIET = 32
"""A window without a sample above this (16-bit) has no style: zeros."""


def windows_in(seconds: float) -> int:
    """Whole windows of a piece, at least one."""
    return max(1, int(seconds // SECONDS))


def styles_of(samples: Int16Array) -> FloatArray:
    """Style vectors `(CHANNELS, W)` of the windows of music `(N,)` at `SAMPLE_RATE`."""
    count = windows_in(len(samples) / SAMPLE_RATE)
    return np.stack([_style(samples[slice(*_place(window))]) for window in range(count)], axis=1)


def style_of_window(file: PieceFile, window: int) -> FloatArray:
    """Style `(CHANNELS,)` of a window of a piece."""
    if STYLES in file.entry.holds:
        return file.slice(STYLES, window, window + 1)[:, 0].astype(np.float32)
    begin, end = _place(window)
    whole = int(file.entry.seconds * SAMPLE_RATE)
    return _style(file.slice("audio", begin, min(end, whole)))


def _place(window: int) -> tuple[int, int]:
    length = int(SECONDS * SAMPLE_RATE)
    return window * length, (window + 1) * length


def _style(samples: Int16Array) -> FloatArray:
    if not np.abs(samples).max(initial=0) > QUIET:
        return np.zeros(CHANNELS, np.float32)
    return style_vector(to_float(samples))
