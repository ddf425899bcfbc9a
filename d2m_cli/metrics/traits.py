"""Features by which a style is recognised that no style vector holds: rhythm, attacks, brightness.

Convention: music `(N,)` at 22050 Hz with the times of its sixteenths, the first of which opens a
bar; spectrogram with window 1024 and hop 256, level of five bands in dB, each under its own
loudest. The attack of a sixteenth is the rise of a band's level around it. Four bars are a row.
Loudness and key change nothing in a row.

Metrics
-------
* `traits`: a row for every four bars
* `StyleClassifier`: which of some known styles a piece is nearest to

>>> classifier = StyleClassifier(np.array([[0.0, 1], [1, 0], [5, 5], [6, 4]]), ["a", "a", "b", "b"])
>>> classifier.nearest(np.array([[5.0, 5.0]]))
'b'
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import DataError
from d2m_cli.metrics.descriptors import validate
from d2m_cli.spec import SAMPLE_RATE, SIXTEENTHS_PER_BEAT
from d2m_cli.types import FloatArray

WINDOW, HOP = 1024, 256
EDGES = (0.0, 150.0, 400.0, 1200.0, 3500.0)
"""Hz from which the bands begin: kick and bass, chords, voices, snare, cymbals."""
BANDS = len(EDGES)
FLOOR_DB = 50.0
BARS = 4
"""Of a row."""
GRID = 16
"""Sixteenths of a pattern: those that a shorter bar lacks are 0."""
LAGS = (1, 2, 3, 4, 6, 8, 12, 16)
"""Sixteenths after which the attacks are compared with themselves."""
FALLS = (0.5, 1.0, 2.0, 4.0)
"""Sixteenths after a strong attack at which it is asked how far the level has fallen."""
STRONG_PERCENTILE, LEAST_RISE_DB = 75.0, 3.0
SHRINKAGE = 0.6
"""Share of the traits' covariance in which they know nothing of each other."""

Rows = NDArray[np.float64]


def traits(samples: FloatArray, sixteenths: NDArray[np.float64], meter: int) -> Rows:
    """Traits `(F, D)` of the stretches of `BARS` bars of `meter` beats in music `(N,)`.

    `sixteenths` `(S,)` are times in seconds. `F` is 0 where no stretch is whole. Raises `DataError`
    (see `descriptors.validate`).

    Columns: pattern of the attacks in a bar by band, without its mean, of length 1 (nearly: a flat
    one stays short); how much bars differ; autocorrelation of the attacks at `LAGS`; pattern of the
    spectrum's centre, its spread and its steps (octaves); spread of the level by band (dB); fall of
    the level after strong attacks by band (dB).
    """
    validate(samples)
    level, centre = _spectrum(samples)
    bar = SIXTEENTHS_PER_BEAT * meter
    frames = sixteenths * SAMPLE_RATE / HOP
    whole = int(np.searchsorted(frames, level.shape[1] - 1)) - 1
    begins = range(0, whole - BARS * bar + 1, BARS * bar)
    rows = [_row(level, centre, frames[begin : begin + BARS * bar + 1], bar) for begin in begins]
    return np.stack(rows) if rows else np.zeros((0, 0))


class StyleClassifier:
    """Linear discriminants (Fisher 1936): the nearest mean in units of the spread within styles."""

    def __init__(self, rows: Rows, styles: Sequence[str]) -> None:
        """`rows` `(F, D)` with the style of each. Raises `DataError` for under two rows a style."""
        self.names = sorted(set(styles))
        labels = np.array(styles)
        groups = [rows[labels == name] for name in self.names]
        if min(map(len, groups)) < 2:
            raise DataError("Every style needs two rows of traits at least: prepare more songs.")
        within = np.concatenate([group - group.mean(axis=0) for group in groups])
        spread = within.std(axis=0) + 1e-6
        together = np.cov((within / spread).T, bias=True)
        together = (1 - SHRINKAGE) * together + SHRINKAGE * np.eye(len(spread))
        self._units = np.linalg.inv(np.linalg.cholesky(together)).T / spread[:, np.newaxis]
        self._means = np.stack([group.mean(axis=0) for group in groups])
        self.centre: NDArray[np.float64] = self._means.mean(axis=0)
        """`(D,)` mean of the styles."""

    def nearest(self, rows: Rows) -> str:
        """Name of the style that the mean of a piece's `rows` `(F, D)` is nearest to."""
        away = (self._means - rows.mean(axis=0)) @ self._units
        return self.names[int(np.linalg.norm(away, axis=1).argmin())]


def _spectrum(samples: FloatArray) -> tuple[Rows, Rows]:
    """Level of the bands `(BANDS, T)` in dB, and the spectrum's centre `(T,)` in octaves.

    Before the centre is taken every frequency is brought to the same mean: an equaliser has no say.
    """
    from d2m_cli.librosa_lock import librosa

    power = np.abs(librosa.stft(samples, n_fft=WINDOW, hop_length=HOP)).astype(np.float64) ** 2
    hertz = np.arange(len(power)) * SAMPLE_RATE / WINDOW
    bands = np.add.reduceat(power, np.searchsorted(hertz, EDGES), axis=0)
    share = bands / (bands.max(axis=1, keepdims=True) + 1e-12)
    even = power[1:] / (power[1:].mean(axis=1, keepdims=True) + 1e-12)
    centre = np.log2(hertz[1:]) @ even / (even.sum(axis=0) + 1e-9)
    return 10 * np.log10(share + 10 ** (-FLOOR_DB / 10)), centre


def _row(level: Rows, centre: Rows, frames: NDArray[np.float64], bar: int) -> NDArray[np.float64]:
    """Traits `(D,)` of the sixteenths between `frames` `(S + 1,)`."""
    width = float(np.diff(frames).mean())
    rise = np.maximum(np.diff(level, axis=1, prepend=level[:, :1]), 0.0)
    parts = [slice(max(0, round(f - width / 2)), round(f + width / 2) + 1) for f in frames[:-1]]
    attack = np.stack([rise[:, part].sum(axis=1) for part in parts], axis=1)
    bright = np.array([centre[part].mean() for part in parts])
    strength = np.log1p(attack)
    moved = strength - strength.mean(axis=1, keepdims=True)
    power = (moved**2).mean(axis=1) + 1e-3
    again = [(moved[:, lag:] * moved[:, :-lag]).mean(axis=1) / power for lag in LAGS]
    pattern = moved.reshape(BANDS, -1, bar).mean(axis=1)
    columns = [
        _on_grid(pattern),
        strength.mean(axis=1),
        strength.reshape(BANDS, -1, bar).std(axis=1).mean(axis=1),
        np.concatenate(again),
        _on_grid((bright - bright.mean()).reshape(1, -1, bar).mean(axis=1)),
        [bright.std(), np.abs(np.diff(bright)).mean()],
        level[:, int(frames[0]) : int(frames[-1]) + 1].std(axis=1),
        _falls(level, attack, frames[:-1], width).ravel(),
    ]
    return np.concatenate(columns)


def _on_grid(pattern: Rows) -> NDArray[np.float64]:
    """Patterns `(B, bar)` on `GRID` sixteenths, one behind the other."""
    placed = np.zeros((len(pattern), GRID))
    placed[:, : pattern.shape[1]] = pattern[:, :GRID]
    return placed.ravel()


def _falls(level: Rows, attack: Rows, frames: NDArray[np.float64], width: float) -> Rows:
    """Mean fall in dB after the strong attacks of each band `(BANDS, FALLS)`; 0 without any."""
    falls = np.zeros((BANDS, len(FALLS)))
    least = np.maximum(np.percentile(attack, STRONG_PERCENTILE, axis=1), LEAST_RISE_DB)
    for band in range(BANDS):
        begun = np.flatnonzero(attack[band] >= least[band])
        for step in begun:
            first, last = max(0, round(frames[step] - width / 2)), round(frames[step] + width / 2)
            later = np.round(frames[step] + np.array(FALLS) * width).astype(int)
            after = level[band, np.minimum(later, level.shape[1] - 1)]
            falls[band] += (level[band, first : last + 1].max() - after) / len(begun)
    return falls
