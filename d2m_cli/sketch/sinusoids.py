"""The sound of partials: sinusoids under Hann windows, added up.

A sinusoid over a window is a product: with `n = T i + j` samples from the window's middle,
`cos(w n + p) = cos(w T i + p) cos(w j) - sin(w T i + p) sin(w j)`. So the partials of a window are
one product of matrices `(I, 2 K) (2 K, T)`, and few cosines are computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.partials import Partials, frequencies, half_window
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

TILE = 64
"""Samples `T` of the inner part of a window."""
FEWEST_OVERLAPPING = 0.5
"""Where sixteenths lie so far apart that windows do not meet, their sum is not made up for."""
TUNINGS_HELD, WINDOWS_HELD = 256, 256


@dataclass(frozen=True)
class Windows:
    """Where the windows of a piece lie."""

    middles: NDArray[np.int64]
    """`(S,)` samples, rising."""
    half: int
    """Samples from the middle of a window to its end."""

    @classmethod
    def of(cls, times: NDArray[np.float64]) -> Windows:
        """That of sixteenths at `times` `(S,)` seconds."""
        return cls((times * SAMPLE_RATE).round().astype(int), half_window(times))

    def within(self, first: int, count: int) -> slice:
        """Sixteenths that sound in `count` samples from `first` on."""
        ends = (first - self.half, first + count + self.half + 1)
        return slice(*np.searchsorted(self.middles, ends).tolist())


def render(partials: Partials, first: int, count: int) -> FloatArray:
    """Sound `(count,)` of partials from sample `first` on (which may lie before the piece)."""
    windows = Windows.of(partials.times)
    rows = windows.within(first, count)
    return render_stretch(partials.part(rows.start, rows.stop), windows, first, count)


def render_stretch(partials: Partials, windows: Windows, first: int, count: int) -> FloatArray:
    """Sound `(count,)` of the partials `within` a stretch of a piece's windows."""
    half, starts = windows.half, (windows.middles[windows.within(first, count)] - first).tolist()
    length, window = 2 * half + 1, _window(half)
    wave, weight = (np.zeros(count + 2 * half + 1, np.float32) for _ in range(2))
    sounds = _sums(partials, half)[:, :length]
    sounds *= window
    for sound, start in zip(sounds, starts, strict=True):
        left, right = max(0, -start), length - max(0, start - count)
        wave[start + left : start + right] += sound[left:right]
        weight[start + left : start + right] += window[left:right]
    wave /= np.maximum(weight, np.float32(FEWEST_OVERLAPPING), out=weight)
    return wave[half : half + count]


def _sums(partials: Partials, half: int) -> FloatArray:
    """Sums `(S, L)` of the sinusoids from `half` samples before each middle on, `L > 2 half`."""
    outer, inner = _tables(partials.tuning, half)
    begin = partials.level * np.exp(np.complex64(1j) * partials.phase)
    turned = (outer[partials.pitch] * begin[..., None]).transpose(0, 2, 1)
    columns = np.ascontiguousarray(turned).view(np.float32)
    rows = inner[partials.pitch].reshape(len(begin), columns.shape[-1], TILE)
    return (columns @ rows).reshape(len(begin), outer.shape[1] * TILE)


@lru_cache(TUNINGS_HELD)
def _tables(tuning: float, half: int) -> tuple[NDArray[np.complex64], FloatArray]:
    """`exp(i w n)` `(PITCHES, I)` where tiles begin, and `cos(w j)`, `-sin(w j)` within them.

    The latter are `(PITCHES, 2, T)`. Powers are taken in double precision.
    """
    turn = 2j * np.pi * frequencies(tuning)[:, None] / SAMPLE_RATE
    outer = np.exp(turn * (np.arange(2 * half // TILE + 1) * TILE - half))
    inner = np.exp(-turn * np.arange(TILE))
    return outer.astype(np.complex64), np.stack([inner.real, inner.imag], 1).astype(np.float32)


@lru_cache(WINDOWS_HELD)
def _window(half: int) -> FloatArray:
    window: NDArray[Any] = np.hanning(2 * half + 3)[1:-1]
    return window.astype(np.float32)
