"""The other half of a sketch: hits, sudden rises of the level in three bands.

Convention: curves at `HIT_RATE`, one row a band (`BAND_EDGES`: drum and bass, snare and voice,
cymbals). A hit is a bump of `BUMP_SECONDS` whose height says how strong it is: 1 is a strong one of
its band in its piece.

Letters: `F` steps at `HIT_RATE`.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from d2m_cli.spec import HIT_HOP, HIT_RATE, SAMPLE_RATE
from d2m_cli.types import FloatArray

WINDOW = 1024
BAND_EDGES = ((0.0, 160.0), (160.0, 4000.0), (4000.0, SAMPLE_RATE / 2))
"""Hz."""
BANDS = len(BAND_EDGES)
BUMP_SECONDS = 0.02
"""Standard deviation: a few hits still fall on a generator's slowest steps (43 per second)."""
STRONG_PERCENTILE = 90.0
"""A hit as strong as this share of the hits of its band has height 1."""
WEAKEST = 0.2
APART = 5
"""Steps on either side in which a hit is the highest."""


def find_hits(samples: FloatArray) -> FloatArray:
    """Strengths `(BANDS, F)` of the hits of music `(N,)` at `SAMPLE_RATE`; 0 between them."""
    import librosa

    spectrum = np.abs(librosa.stft(samples, n_fft=WINDOW, hop_length=HIT_HOP))
    hertz = np.fft.rfftfreq(WINDOW, 1.0 / SAMPLE_RATE)
    hits = np.zeros((BANDS, spectrum.shape[1]), np.float32)
    for row, (lowest, highest) in enumerate(BAND_EDGES):
        band = spectrum[(hertz >= lowest) & (hertz < highest)]
        level = np.sqrt((band**2).mean(axis=0))
        rise = np.maximum(np.diff(level, prepend=level[:1]), 0.0)
        peak = (rise == maximum_filter1d(rise, 2 * APART + 1)) & (rise > 0)
        if peak.any():
            strength = rise / np.percentile(rise[peak], STRONG_PERCENTILE)
            hits[row] = np.where(peak & (strength > WEAKEST), strength.clip(max=1.0), 0.0)
    return hits


def place_hits(
    times: NDArray[np.floating], strengths: NDArray[np.floating], seconds: float
) -> FloatArray:
    """Strengths `(BANDS, F)` of hits at `times` `(S,)` seconds with `strengths` `(BANDS, S)`."""
    hits = np.zeros((BANDS, int(seconds * HIT_RATE) + 2), np.float32)
    steps = (np.asarray(times) * HIT_RATE).round().astype(int)
    inside = (steps >= 0) & (steps < hits.shape[1])
    for row, strength in zip(hits, strengths, strict=True):
        np.maximum.at(row, steps[inside], strength[inside].astype(np.float32))
    return hits


def hit_curves(hits: FloatArray) -> FloatArray:
    """Bumps `(BANDS, F)` of the strengths `(BANDS, F)` of hits."""
    width = BUMP_SECONDS * HIT_RATE
    curves = gaussian_filter1d(hits, width, axis=-1, mode="constant")
    return np.asarray(curves * (width * np.sqrt(2 * np.pi)), np.float32)
