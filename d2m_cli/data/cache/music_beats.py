"""Beats of a piece of music over time: the exact side of every training pair.

Beats come from librosa's tracker (Ellis 2007), whose delay is taken off. The beat phase is linear
between two beats, so a beat lies at each whole number (the convention of `types.Rhythm`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import DataError
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE
from d2m_cli.timeline import extrapolate
from d2m_cli.types import FloatArray

BEAT_HOP = 256
"""Samples between two values of the onset curve: 11.6 ms, so that beats are not coarser."""

LATE = 0.019
"""Seconds by which the onset curve's peaks, and so librosa's beats, come after a sound's onset: 17
to 21 ms for clicks, bass drums and bursts of noise at 75 to 140 bpm."""

STRENGTH_SECONDS = 4.0
"""Window in which the confidence of the pulse is judged."""

FEW_BEATS = 4


@dataclass(frozen=True)
class MusicRhythm:
    """Beats of a piece of music; `T` steps at `MOTION_RATE`."""

    beats: NDArray[np.float64]
    """`(B,)` seconds."""
    phase: FloatArray
    """`(T,)` beats since the first beat, unwrapped; extrapolated before it and after the last."""
    confidence: FloatArray
    """`(T,)` 0..1: how far the onsets on the beats stand out of those around them."""
    steadiness: float
    """Standard deviation of the beat intervals over their mean: 0 is a metronome."""

    @property
    def bpm(self) -> float:
        """Mean tempo in beats per minute: single intervals lie on the grid of the onset curve."""
        return float(60.0 / np.diff(self.beats).mean())


def onset_curve(samples: FloatArray) -> FloatArray:
    """Onset confidence `(F,)` of samples `(N,)`, at `SAMPLE_RATE / BEAT_HOP`."""
    from d2m_cli.librosa_lock import librosa

    mel = librosa.feature.melspectrogram(y=samples, sr=SAMPLE_RATE, hop_length=BEAT_HOP, n_mels=64)
    decibel = librosa.power_to_db(mel, ref=np.max)
    curve = librosa.onset.onset_strength(S=decibel, sr=SAMPLE_RATE, hop_length=BEAT_HOP)
    return np.asarray(curve, np.float32)


def track_fine_beats(onsets: FloatArray) -> NDArray[np.float64]:
    """Beat times `(B,)` in seconds in an onset curve `(F,)` at `SAMPLE_RATE / BEAT_HOP`.

    Twice as fine as `metrics.onsets.track_beats`, which keeps librosa's hop of 512 samples so that
    figures can be compared with published ones: here an error of the beat goes into every pair that
    is warped onto it.

    Raises `DataError` when fewer than two beats are found (silence, noise, a very short file).
    """
    from d2m_cli.librosa_lock import beat_track, librosa

    # The tempogram costs the square of the resolution and needs none: half the rate is plenty.
    coarse = onsets[: len(onsets) // 2 * 2].reshape(-1, 2).max(axis=1)
    tempo = librosa.feature.tempo(onset_envelope=coarse, sr=SAMPLE_RATE, hop_length=2 * BEAT_HOP)
    for trim in (True, False):  # weak outer beats are doubtful, but a short clip has no others
        _, frames = beat_track(
            onset_envelope=onsets,
            sr=SAMPLE_RATE,
            hop_length=BEAT_HOP,
            bpm=float(tempo[0]),
            trim=trim,
        )
        if len(frames) >= FEW_BEATS:
            break
    if len(frames) < 2:
        raise DataError("no beat was found in the music: it is silent, or shorter than two beats")
    return np.maximum(np.asarray(frames, np.float64) * BEAT_HOP / SAMPLE_RATE - LATE, 0.0)


def music_rhythm(samples: FloatArray, beats: NDArray[np.float64] | None = None) -> MusicRhythm:
    """Rhythm of music `(N,)` at `SAMPLE_RATE`, from annotated `beats` (s) or from the tracker.

    Raises `DataError` when no beat is found.
    """
    onsets = onset_curve(samples)
    times = track_fine_beats(onsets) if beats is None else np.asarray(beats, np.float64)
    steps = np.arange(step_count(len(samples))) / MOTION_RATE
    intervals = np.diff(times)
    return MusicRhythm(
        beats=times,
        phase=phase_at(steps, times).astype(np.float32),
        confidence=pulse_strength(onsets, times, steps),
        steadiness=float(intervals.std() / intervals.mean()),
    )


def step_count(samples: int) -> int:
    """Steps at `MOTION_RATE` that lie within `samples` samples of sound."""
    return int(samples * MOTION_RATE / SAMPLE_RATE)


def phase_at(seconds: NDArray[np.float64], beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Beat phase `(T,)` at `seconds` `(T,)`: linear through `beats` `(B,)`, 0 at the first.

    Outside the beats it goes on with the mean interval of the four nearest.
    """
    ends = np.diff(beats[:5]).mean(), np.diff(beats[-5:]).mean()
    return extrapolate(seconds, beats, np.arange(len(beats)), *ends)


def pulse_strength(
    onsets: FloatArray, beats: NDArray[np.float64], steps: NDArray[np.float64]
) -> FloatArray:
    """`1 - (mean onset around) / (mean onset on the beats)` in a sliding window, `(T,)` 0..1."""
    from scipy.ndimage import uniform_filter1d

    window = int(STRENGTH_SECONDS * SAMPLE_RATE / BEAT_HOP)
    around = uniform_filter1d(onsets, window, mode="nearest")
    on_beat = np.interp(steps, beats, _near(onsets, beats))
    on_beat = uniform_filter1d(on_beat, int(STRENGTH_SECONDS * MOTION_RATE), mode="nearest")
    mean = np.interp(steps, np.arange(len(onsets)) * BEAT_HOP / SAMPLE_RATE, around)
    return np.clip(1.0 - mean / np.maximum(on_beat, 1e-6), 0.0, 1.0).astype(np.float32)


def _near(curve: FloatArray, seconds: NDArray[np.float64]) -> FloatArray:
    """Largest value of an onset curve near the peaks of sounds at `seconds` `(B,)`."""
    frames = np.round((seconds + LATE) * SAMPLE_RATE / BEAT_HOP).astype(np.int64)
    around = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(curve) - 1)
    return np.asarray(curve[around].max(axis=1), np.float32)
