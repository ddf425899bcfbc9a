"""The other half of a sketch: drum onsets, sudden rises of the level in three bands.

Convention: curves at `DRUM_RATE`, one row a band (`BAND_EDGES`: drum and bass, snare and voice,
cymbals). An onset is a bump of `BUMP_SECONDS` whose height says how strong it is: 1 is a strong
one of its band in its piece. A sketch's sound has a drum stroke for each, the same ones in every
piece.

Letters: `F` steps at `DRUM_RATE`, `N` audio samples.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from d2m_cli.spec import DRUM_HOP, DRUM_RATE, SAMPLE_RATE
from d2m_cli.types import FloatArray

WINDOW = 1024
BAND_EDGES = ((0.0, 160.0), (160.0, 4000.0), (4000.0, SAMPLE_RATE / 2))
"""Hz."""
BANDS = len(BAND_EDGES)
BUMP_SECONDS = 0.02
"""Standard deviation: wide enough to be sampled by the generator's slowest grid (43 Hz)."""
STRONG_PERCENTILE = 90.0
"""An onset as strong as this share of those of its band has height 1."""
WEAKEST = 0.2
MIN_PEAK_DISTANCE = 5
"""Steps on either side in which an onset is the highest."""

STROKE_LEVELS = (0.3, 0.13, 0.035)
"""Of a stroke of strength 1 (the peak of the drum, root mean square of the noises at the start): as
the bands of the training music rise at strong drum onsets."""
STROKE_FALL = (0.09, 0.06, 0.05)
"""Seconds in which a stroke falls to 1/e."""
STROKE_SECONDS = 0.35
DRUM_HERTZ = (50.0, 150.0, 0.02)
"""A drum sounds at the first frequency; it starts at the second and glides in so many seconds."""


def find_drum_onsets(samples: FloatArray) -> FloatArray:
    """Strengths `(BANDS, F)` of drum onsets in music `(N,)` at `SAMPLE_RATE`; 0 between them."""
    from d2m_cli.librosa_lock import librosa

    spectrum = np.abs(librosa.stft(samples, n_fft=WINDOW, hop_length=DRUM_HOP))
    hertz = np.fft.rfftfreq(WINDOW, 1.0 / SAMPLE_RATE)
    drum_onsets = np.zeros((BANDS, spectrum.shape[1]), np.float32)
    for row, (lowest, highest) in enumerate(BAND_EDGES):
        band = spectrum[(hertz >= lowest) & (hertz < highest)]
        level = np.sqrt((band**2).mean(axis=0))
        rise = np.maximum(np.diff(level, prepend=level[:1]), 0.0)
        peak = (rise == maximum_filter1d(rise, 2 * MIN_PEAK_DISTANCE + 1)) & (rise > 0)
        if peak.any():
            strength = rise / np.percentile(rise[peak], STRONG_PERCENTILE)
            drum_onsets[row] = np.where(peak & (strength > WEAKEST), strength.clip(max=1.0), 0.0)
    return drum_onsets


def place_drum_onsets(
    times: NDArray[np.floating], strengths: NDArray[np.floating], seconds: float
) -> FloatArray:
    """Strengths `(BANDS, F)` of onsets at `times` `(S,)` seconds with `strengths` `(BANDS, S)`."""
    drum_onsets = np.zeros((BANDS, int(seconds * DRUM_RATE) + 2), np.float32)
    steps = (np.asarray(times) * DRUM_RATE).round().astype(int)
    inside = (steps >= 0) & (steps < drum_onsets.shape[1])
    for row, strength in zip(drum_onsets, strengths, strict=True):
        np.maximum.at(row, steps[inside], strength[inside].astype(np.float32))
    return drum_onsets


def drum_curves(drum_onsets: FloatArray) -> FloatArray:
    """Bumps `(BANDS, F)` of the strengths `(BANDS, F)` of drum onsets."""
    width = BUMP_SECONDS * DRUM_RATE
    curves = gaussian_filter1d(drum_onsets, width, axis=-1, mode="constant")
    return np.asarray(curves * (width * np.sqrt(2 * np.pi)), np.float32)


def render_drums(drum_onsets: FloatArray, first: int, count: int) -> FloatArray:
    """Sound `(count,)` of drum onsets `(BANDS, F)` from sample `first` on, a stroke for each."""
    strokes = _strokes()
    length = strokes.shape[1]
    wave = np.zeros(count + 2 * length, np.float32)
    begin = max(0, (first - length) // DRUM_HOP)
    end = max(begin, (first + count) // DRUM_HOP + 1)
    for row, stroke in zip(drum_onsets[:, begin:end], strokes, strict=True):
        for step in np.flatnonzero(row):
            place = (begin + step) * DRUM_HOP - first + length
            if 0 <= place < count + length:
                wave[place : place + length] += row[step] * stroke
    return wave[length : length + count]


@lru_cache(1)
def _strokes() -> FloatArray:
    """A stroke `(N,)` for each band: a gliding drum, and noise in the bands of snare and cymbal."""
    sounds = bare_strokes(int(STROKE_SECONDS * SAMPLE_RATE), seed=0)
    seconds = np.arange(sounds.shape[1]) / SAMPLE_RATE
    fall = np.exp(-seconds / np.array(STROKE_FALL)[:, None])
    return np.asarray(np.array(STROKE_LEVELS)[:, None] * fall * sounds, np.float32)


def bare_strokes(count: int, seed: int) -> NDArray[np.float64]:
    """What sounds in the strokes of the bands, `(BANDS, N)` with `count` samples, before it fades.

    A drum that glides, of amplitude 1, and noises of root mean square 1.
    """
    seconds = np.arange(count) / SAMPLE_RATE
    low, start, glide = DRUM_HERTZ
    turns = low * seconds + (start - low) * glide * (1 - np.exp(-seconds / glide))
    noise = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    hertz = np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE)
    sounds = [np.sin(2 * np.pi * turns)]
    for lowest, highest in BAND_EDGES[1:]:
        band = np.fft.irfft(noise * ((hertz >= lowest) & (hertz < highest)), count)
        sounds.append(band / band.std())
    return np.array(sounds)
