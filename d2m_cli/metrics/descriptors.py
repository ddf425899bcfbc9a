"""What music sounds like, in a few figures that no reference is needed for.

Convention: power spectrogram with window 2048 and hop 512 at 22050 Hz; frames more than 60 dB below
the loudest are silence and count for nothing but the level. None of these figures is good or bad by
itself: print them beside those of real music. *Chroma peakiness*: mean over frames of 1 -
mean(chroma), the chroma scaled to a maximum of 1 (real music about 0.5, noise about 0.1).
*Flatness*: mean log10 of the spectral flatness (0 is white noise; real music about -3). *RMS
spread*: standard deviation of the frame level in dB. *Onsets*: per second in three bands (drum and
bass, voice and chords, cymbals). *Pulse*: highest normalised autocorrelation of the onset curve at
60 to 200 bpm (a metronome near 1).

Metrics
-------
* `measure`: all figures of a piece (`Quality`)
* `chroma_peakiness`, `log_flatness`: tonality and noise of each frame
* `rms_spread`: how much the level moves
* `band_flux`, `pulse_clarity`: onsets of a band, and how periodic they are

>>> noise = np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE).astype(np.float32)
>>> tone = np.sin(2 * np.pi * 440 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
>>> measure(noise).flatness > -0.5 > -3 > measure(tone).flatness
True
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import DataError
from d2m_cli.metrics.coverage import ONSET_SETTINGS
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

WINDOW, HOP = 2048, 512
FRAME_RATE = SAMPLE_RATE / HOP
SILENCE_DB = 60.0
BAND_EDGES = ((0.0, 200.0), (200.0, 2000.0), (2000.0, SAMPLE_RATE / 2))
"""Hz of the low, middle and high band."""

SLOWEST, FASTEST = 60.0, 200.0
"""Beats per minute between which a pulse is looked for."""

Spectrogram = NDArray[np.float32]
"""`(1025, T)` power."""


@dataclass(frozen=True)
class Quality:
    """Figures of one piece; `None` where it is silent."""

    chroma_peakiness: float | None
    flatness: float | None
    """log10, 0 downwards."""
    rms_spread: float
    """dB."""
    onsets_low: float
    """Per second; also the next two."""
    onsets_middle: float
    onsets_high: float
    pulse: float | None
    """-1..1."""


def validate(samples: FloatArray) -> None:
    """Raise `DataError` unless `(N,)` samples are finite and hold at least one window."""
    if samples.ndim != 1 or len(samples) < WINDOW or not np.isfinite(samples).all():
        raise DataError(
            f"Sound of shape {samples.shape} is not at least {WINDOW} finite samples of mono."
        )


def measure(samples: FloatArray) -> Quality:
    """Figures of music `(N,)` at `SAMPLE_RATE`. Raises `DataError` (see `validate`)."""
    validate(samples)
    power = power_spectrogram(samples)
    loud = power[:, audible(power)]
    low, middle, high = (band_flux(power, *edges) for edges in BAND_EDGES)
    seconds = len(samples) / SAMPLE_RATE
    return Quality(
        chroma_peakiness=_mean(chroma_peakiness(loud)),
        flatness=_mean(log_flatness(loud)),
        rms_spread=rms_spread(samples),
        onsets_low=_onset_count(low) / seconds,
        onsets_middle=_onset_count(middle) / seconds,
        onsets_high=_onset_count(high) / seconds,
        pulse=pulse_clarity(low + middle + high),
    )


def power_spectrogram(samples: FloatArray) -> Spectrogram:
    """Power `(1025, T)` of `(N,)` samples."""
    from d2m_cli.librosa_lock import librosa

    return np.abs(librosa.stft(samples, n_fft=WINDOW, hop_length=HOP)) ** 2


def audible(power: Spectrogram) -> NDArray[np.bool_]:
    """Frames `(T,)` of a spectrogram that are not silence; none in a silent piece."""
    total = power.sum(axis=0)
    return total > max(float(total.max()) * 10 ** (-SILENCE_DB / 10), 1e-8)


def chroma(power: Spectrogram) -> FloatArray:
    """Chroma `(12, T)`, each frame scaled to a maximum of 1 (A = 440 Hz)."""
    from d2m_cli.librosa_lock import librosa

    raw = librosa.filters.chroma(sr=SAMPLE_RATE, n_fft=WINDOW, tuning=0.0) @ power
    return raw / np.maximum(raw.max(axis=0, keepdims=True), 1e-12)


def chroma_peakiness(power: Spectrogram) -> FloatArray:
    """Maximum less mean of the chroma in each frame `(T,)`, 0..0.92."""
    return 1.0 - chroma(power).mean(axis=0)


def log_flatness(power: Spectrogram) -> FloatArray:
    """log10 of geometric over arithmetic mean of the power in each frame `(T,)`."""
    floored = np.maximum(power, max(float(power.max(initial=0.0)) * 1e-9, 1e-12))
    return np.log10(floored).mean(axis=0) - np.log10(floored.mean(axis=0))


def rms_spread(samples: FloatArray) -> float:
    """Standard deviation in dB of the level of `samples (N,)`, in frames of `HOP`, 60 dB deep."""
    frames = samples[: len(samples) // HOP * HOP].reshape(-1, HOP).astype(np.float64)
    level = 10 * np.log10(np.maximum((frames**2).mean(axis=1), 1e-10))
    return float(np.maximum(level, level.max() - SILENCE_DB).std())


def band_flux(power: Spectrogram, lowest: float, highest: float) -> NDArray[np.float64]:
    """Onset curve `(T,)` of the band from `lowest` to `highest` Hz: mean rise in dB."""
    hertz = np.arange(len(power)) * SAMPLE_RATE / WINDOW
    level = 10 * np.log10(np.maximum(power, 1e-10))
    level = np.maximum(level, level.max() - SILENCE_DB)[(hertz >= lowest) & (hertz < highest)]
    rise = np.maximum(np.diff(level, axis=1, prepend=level[:, :1]), 0.0)
    return rise.mean(axis=0).astype(np.float64)


def pulse_clarity(curve: NDArray[np.float64]) -> float | None:
    """Highest normalised autocorrelation of an onset curve `(T,)` at the lag of a beat.

    `None` when nothing changes or the piece is shorter than two slow beats.
    """
    longest, shortest = (int(60.0 / bpm * FRAME_RATE) for bpm in (SLOWEST, FASTEST))
    if len(curve) < 2 * longest or not curve.std() > 1e-9:
        return None
    centred = curve - curve.mean()
    spectrum = np.abs(np.fft.rfft(centred, 2 * len(curve))) ** 2
    correlation = np.fft.irfft(spectrum)[: longest + 1]
    # A lag of k steps has k products fewer.
    correlation /= len(curve) - np.arange(longest + 1)
    return float(correlation[shortest:].max() / correlation[0])


def _onset_count(curve: NDArray[np.float64]) -> int:
    from d2m_cli.librosa_lock import librosa

    if not curve.any():
        return 0
    onsets = librosa.onset.onset_detect(
        onset_envelope=curve, sr=SAMPLE_RATE, hop_length=HOP, **ONSET_SETTINGS
    )
    return len(onsets)


def _mean(values: FloatArray) -> float | None:
    return float(values.mean()) if len(values) else None
