"""Short-time spectra of music at `SAMPLE_RATE` and at `RATE`, on one grid of times and bins.

Letters: `N` samples, `T` frames, `F` bins of `BIN` Hz, `B` bands.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from d2m_cli.spec import SAMPLE_RATE

Array = NDArray[np.float64]

RATE = 48000
"""Hz of finished music: what every container and codec of `output.sound` takes."""

FRAME, FINISHED_FRAME = 588, 1280
"""Samples of a frame at `SAMPLE_RATE` and at `RATE`: both are 26.7 ms."""

BIN = SAMPLE_RATE / (2 * FRAME)
"""Hz: 18.75. A frame has as many zeros as samples, room for what filters smear."""

FLOOR = 1e-11
"""Power of a bin that counts as none: a third of the rounding to 16 bits."""


def spectra(samples: Array, frame: int = FRAME) -> NDArray[np.complex128]:
    """Spectra `(T, frame + 1)` of frames of `frame` samples that overlap by half.

    The first frame begins with the samples `(N,)`. Windows are squared sines, whose sum is 1; a
    quarter of a frame of zeros lies before each, and three quarters after it. Those of one
    piece are alike at both rates, but for bins that the lower one does not have.
    """
    window = np.sin(np.pi * (np.arange(frame) + 0.5) / frame) ** 2
    frames = np.lib.stride_tricks.sliding_window_view(samples, frame)[:: frame // 2]
    padded = np.zeros((len(frames), 2 * frame))
    padded[:, frame // 4 : frame // 4 + frame] = frames * window
    found: NDArray[np.complex128] = np.fft.rfft(padded) * (FRAME / frame)
    return found


def power(spectrum: NDArray[np.complex128]) -> Array:
    """Power `(T, F)` of the bins of `spectra`."""
    found: Array = (spectrum.real**2 + spectrum.imag**2) / FRAME
    return found


def bin_of(frequency: float) -> int:
    """The bin next to a frequency in Hz."""
    return round(frequency / BIN)


def band_means(values: Array, edges: Sequence[float]) -> Array:
    """Mean `(T, B)` of bins `(T, F)` between neighbouring `edges` `(B + 1,)` in Hz."""
    places = [bin_of(edge) for edge in edges]
    sums = np.add.reduceat(values[:, : places[-1]], places[:-1], axis=1)
    means: Array = sums / np.diff(places)
    return means


def decibels(values: Array) -> Array:
    """dB of powers of bins, at least those of `FLOOR`."""
    found: Array = 10 * np.log10(values + FLOOR)
    return found


def across_bins(edges: Sequence[float], bins: int, first: int = 0) -> Array:
    """Weights `(B, bins)` that join the middles of bands by straight lines, from bin `first` on."""
    middles = [(low + high) / 2 / BIN for low, high in pairwise(edges)]
    at = np.arange(first, first + bins)
    return np.stack([np.interp(at, middles, row) for row in np.eye(len(middles))])
