"""Embeddings of music by name: what Frechet distance, diversity and genre accuracy compare.

Convention: an embedding takes music `(N,)` at 22050 Hz and gives one row for each window, `(F, D)`;
a piece is the mean of its rows. Three exist: `vggish` (the paper's; weights are a download, so the
command line brings it), `log-mel` (mean and spread of a log-mel spectrogram over 0.96 s; **fooled
by random codes**, kept to show it) and `music` (this project's own: spectral shape and its spread,
tonality by band, modulation spectrum, stability of the chroma and pulse over 2 s, chosen because it
ranks known music and known noise correctly; docs/evaluation.md).

Metrics
-------
* `music_statistics`: the embedding `music`
* `log_mel_statistics`: the embedding `log-mel`

>>> noise = np.random.default_rng(0).standard_normal(3 * SAMPLE_RATE).astype(np.float32)
>>> music_statistics(noise).shape, log_mel_statistics(noise).shape
((2, 40), (3, 64))
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from d2m_cli.metrics import descriptors
from d2m_cli.metrics.descriptors import Spectrogram
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

LOG_MEL_SECONDS = 0.96
MUSIC_SECONDS, MUSIC_STEP = 2.0, 1.0
_MEL_BANDS = 32
_GROUPS = 8
_TONAL_EDGES = (100.0, 400.0, 1000.0, 2500.0, 5000.0, 11025.0)
_MODULATION_EDGES = (0.4, 2.0, 4.5, 9.0, 21.6)
_CHROMA_LAG_SECONDS = 0.5
_LOG_MEL_FLOOR = -80.0
_MUSIC_FLOOR = -20.0
"""dB: what lies lower is masked anyway, and a spectral gate that silences it must not decide."""


@dataclass(frozen=True)
class Embedding:
    """A named embedding."""

    name: str
    compute: Callable[[FloatArray], FloatArray]
    """Music `(N,)` to rows `(F, D)`."""
    standardised: bool
    """Its figures have unlike units: distances are taken in units of the real set's spread."""


def log_mel_statistics(samples: FloatArray) -> FloatArray:
    """Mean and spread over 0.96 s of a 32-band log-mel spectrogram, `(F, 64)`."""
    power = descriptors.power_spectrogram(_at_least(samples, LOG_MEL_SECONDS))
    level = _decibel(_mel(power), _LOG_MEL_FLOOR)
    windows = _windows(level, LOG_MEL_SECONDS, LOG_MEL_SECONDS)
    return np.concatenate([windows.mean(axis=2), windows.std(axis=2)], axis=1)


def music_statistics(samples: FloatArray) -> FloatArray:
    """Figures of 2 s windows, one a second, `(F, 40)`; loudness does not matter.

    Columns: level of 8 bands against their mean, spread of the 8 over time (dB); log10 flatness in
    5 octave-like bands; chroma peakiness; cosine of the chroma with itself 0.5 s later; for 4 pairs
    of bands the log10 share of their modulation in 4 ranges between 0.4 and 21.6 Hz; pulse clarity.
    """
    power = descriptors.power_spectrogram(_at_least(samples, MUSIC_SECONDS))
    level = _decibel(_mel(power), _MUSIC_FLOOR).reshape(_GROUPS, -1, power.shape[1]).mean(axis=1)
    cut = [
        _windows(sequence, MUSIC_SECONDS, MUSIC_STEP)
        for sequence in (level, _tonality(power), descriptors.chroma(power))
    ]
    levels, tonality, chroma = cut
    mean = levels.mean(axis=2)
    columns = [
        mean - mean.mean(axis=1, keepdims=True),
        levels.std(axis=2),
        tonality.mean(axis=2),
        1.0 - chroma.mean(axis=(1, 2))[:, np.newaxis],
        _stability(chroma)[:, np.newaxis],
        _modulation(levels),
        _pulse(levels)[:, np.newaxis],
    ]
    return np.concatenate(columns, axis=1).astype(np.float32)


LOG_MEL = Embedding("log-mel", log_mel_statistics, standardised=False)
MUSIC = Embedding("music", music_statistics, standardised=True)
EMBEDDINGS = {embedding.name: embedding for embedding in (MUSIC, LOG_MEL)}


def _at_least(samples: FloatArray, seconds: float) -> FloatArray:
    """`samples`, repeated when they are shorter than `seconds`: silence would be a feature."""
    descriptors.validate(samples)
    wanted = int(seconds * SAMPLE_RATE)
    return np.resize(samples, wanted) if len(samples) < wanted else samples


def _mel(power: Spectrogram) -> FloatArray:
    """Power `(32, T)` of 32 mel bands, the piece's mean being 1."""
    from d2m_cli.librosa_lock import librosa

    mel = librosa.feature.melspectrogram(S=power, sr=SAMPLE_RATE, n_mels=_MEL_BANDS)
    return mel / max(float(mel.mean()), 1e-12)


def _decibel(power: FloatArray, floor: float) -> FloatArray:
    """Level in dB, falling softly to `floor` (dB against the piece's mean)."""
    return 10.0 * np.log10(power + 10.0 ** (floor / 10.0))


def _windows(sequence: FloatArray, seconds: float, step: float) -> FloatArray:
    """Windows `(F, C, W)` of a sequence `(C, T)` at the spectrogram's rate."""
    width, stride = int(seconds * descriptors.FRAME_RATE), int(step * descriptors.FRAME_RATE)
    view = np.lib.stride_tricks.sliding_window_view(sequence, width, axis=1)
    return view[:, ::stride].transpose(1, 0, 2)


def _tonality(power: Spectrogram) -> FloatArray:
    """log10 spectral flatness of each band of `_TONAL_EDGES`, `(5, T)`."""
    hertz = np.arange(len(power)) * SAMPLE_RATE / descriptors.WINDOW
    bands = pairwise(_TONAL_EDGES)
    return np.stack([descriptors.log_flatness(power[(hertz >= a) & (hertz < b)]) for a, b in bands])


def _stability(chroma: FloatArray) -> FloatArray:
    """Mean cosine `(F,)` of chroma windows `(F, 12, W)` with themselves half a second later.

    The mean chroma value is taken off first, so that a flat chroma is not stable but nothing.
    """
    centred = chroma - chroma.mean(axis=1, keepdims=True)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    lag = int(_CHROMA_LAG_SECONDS * descriptors.FRAME_RATE)
    return (unit[:, :, :-lag] * unit[:, :, lag:]).sum(axis=1).mean(axis=1)


def _modulation(levels: FloatArray) -> NDArray[np.float64]:
    """log10 share of the modulation ranges in level windows `(F, 8, W)`: `(F, 16)`."""
    paired = levels.reshape(len(levels), _GROUPS // 2, 2, -1).mean(axis=2)
    moved = paired - paired.mean(axis=2, keepdims=True)
    spectrum = np.abs(np.fft.rfft(moved * np.hanning(moved.shape[2]), axis=2)) ** 2
    hertz = np.fft.rfftfreq(moved.shape[2], 1.0 / descriptors.FRAME_RATE)
    ranges = pairwise(_MODULATION_EDGES)
    energy = np.stack(
        [spectrum[:, :, (hertz >= a) & (hertz < b)].sum(axis=2) for a, b in ranges], axis=2
    )
    # The floor (0.01 dB of movement) keeps a band that stands still from having a random share.
    floored = energy + 1e-2
    share = floored / floored.sum(axis=2, keepdims=True)
    return np.log10(share).reshape(len(levels), -1)


def _pulse(levels: FloatArray) -> NDArray[np.float64]:
    rises = (
        np.maximum(np.diff(levels, axis=2, prepend=levels[:, :, :1]), 0.0)
        .mean(axis=1)
        .astype(np.float64)
    )
    return np.array([descriptors.pulse_clarity(curve) or 0.0 for curve in rises])
