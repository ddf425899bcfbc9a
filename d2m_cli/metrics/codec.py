"""How well a codec keeps music: spectral distance, onsets, waveform fidelity, use of the codebook.

All functions take plain arrays; waves are `(N,)` samples at 22050 Hz, -1..1, of equal length.

Metrics
-------
* `mel_distance`: mean difference of the log-mel spectra
* `onset_f`: onsets that are kept
* `si_sdr`: fidelity of the waveform in dB
* `code_use`: distinct codes, and the perplexity of their use
* `score`: all of them over clips

>>> wave = np.sin(np.arange(SAMPLE_RATE) * 0.1).astype(np.float32)
>>> mel_distance(wave, wave), round(si_sdr(wave + 0.1 * np.cos(np.arange(SAMPLE_RATE) * 0.3), wave))
(0.0, 20)
>>> code_use(np.array([[3, 3, 7], [7, 3, 7]]), size=16)
(2, 2.0)
"""

from dataclasses import dataclass

import mir_eval
import numpy as np

from d2m_cli.librosa_lock import librosa
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray, IntArray

N_FFT, HOP, BANDS = 1024, 256, 80
MEL_FLOOR = 1e-5
ONSET_TOLERANCE = 0.05
"""Seconds within which an onset counts as kept (the usual tolerance of onset detection)."""


@dataclass(frozen=True)
class CodecScore:
    """Means over clips, and the use of the codebook over all of them together."""

    mel: float
    """`mel_distance`."""
    onset_f: float
    si_sdr: float
    """dB."""
    codes_used: int
    perplexity: float


def score(originals: FloatArray, decoded: FloatArray, codes: IntArray, size: int) -> CodecScore:
    """Compare clips `(B, N)` with what a codec made of them through `codes (B, T)`, 0..size-1."""
    pairs = list(zip(decoded, originals, strict=True))
    used, perplexity = code_use(codes, size)
    return CodecScore(
        mel=float(np.mean([mel_distance(*pair) for pair in pairs])),
        onset_f=float(np.mean([onset_f(*pair) for pair in pairs])),
        si_sdr=float(np.mean([si_sdr(*pair) for pair in pairs])),
        codes_used=used,
        perplexity=perplexity,
    )


def mel_distance(wave: FloatArray, reference: FloatArray) -> float:
    """Mean absolute difference of the log10 mel spectra (80 bands, magnitudes floored at 1e-5).

    0.1 is close to transparent, 0.9 what noise of the same level gives.
    """
    return float(np.abs(_log_mel(wave) - _log_mel(reference)).mean())


def onset_f(wave: FloatArray, reference: FloatArray) -> float:
    """F-measure 0..1 of the onsets found in `wave` against those in `reference` (50 ms)."""
    found, wanted = _onset_times(wave), _onset_times(reference)
    if not len(found) or not len(wanted):
        return float(len(found) == len(wanted))
    score, _, _ = mir_eval.onset.f_measure(wanted, found, window=ONSET_TOLERANCE)
    return float(score)


def si_sdr(wave: FloatArray, reference: FloatArray) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al. 2019, eq. 5)."""
    power = float(np.dot(reference, reference))
    target = reference * (float(np.dot(wave, reference)) / (power + 1e-12))
    error = wave - target
    ratio = (np.dot(target, target) + 1e-12) / (np.dot(error, error) + 1e-12)
    return float(10 * np.log10(ratio))


def code_use(codes: IntArray, size: int) -> tuple[int, float]:
    """Distinct codes among `codes` (any shape, 0..size-1), and the perplexity of their use."""
    counts = np.bincount(codes.ravel(), minlength=size)
    shares = counts[counts > 0] / counts.sum()
    return len(shares), float(np.exp(-(shares * np.log(shares)).sum()))


def _onset_times(wave: FloatArray) -> FloatArray:
    """Seconds of the onsets by librosa's own settings (those of `beats` are the paper's)."""
    onsets = librosa.onset.onset_detect(y=wave, sr=SAMPLE_RATE, units="time")
    return np.asarray(onsets, dtype=np.float32)


def _log_mel(wave: FloatArray) -> FloatArray:
    mel = librosa.feature.melspectrogram(
        y=wave, sr=SAMPLE_RATE, n_fft=N_FFT, hop_length=HOP, n_mels=BANDS, power=1.0
    )
    return np.log10(np.maximum(mel, MEL_FLOOR))
