"""The tonal half of a sketch: a few sinusoids ("partials") for each sixteenth of a beat.

Sinusoidal modelling in the sense of McAulay and Quatieri (1986), on the semitones of the tempered
scale and on the grid of the beat: music is heard through Hann windows that are two sixteenths long
and centred on the sixteenths, and each keeps its strongest partials with level and phase. Adding
them up again gives the sketch's sound: harmony and rhythm of the piece without its timbre, drums
and noise.

Letters: `S` sixteenths, `K` partials kept of each, `N` audio samples.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.pitches import LOWEST_PITCH, PITCHES, hertz
from d2m_cli.spec import SAMPLE_RATE, SIXTEENTHS_PER_BEAT
from d2m_cli.types import FloatArray

MAX_PARTIALS = 12
"""Partials of a sixteenth at the most."""

QUIET_DB = 30.0
"""Partials so far under the loudest of their sixteenth are left out."""
SILENT_DB = 40.0
"""The same against the loudest of the piece."""
RESOLVED = 0.9
"""Partials nearer than this share of the window's main lobe are one."""
TUNED_SAMPLES = 30 * SAMPLE_RATE
"""The tuning is estimated from so much of the middle of a piece."""
BLOCK = 256


@dataclass(frozen=True)
class Partials:
    """Partials of a piece of music."""

    times: NDArray[np.float64]
    """`(S,)` seconds of the middles of the sixteenths, rising."""
    pitch: NDArray[np.uint8]
    """`(S, K)` semitones above `LOWEST_PITCH`."""
    level: FloatArray
    """`(S, K)` amplitude, 0 where there are fewer partials."""
    phase: FloatArray
    """`(S, K)` radians of the cosine in the middle of the sixteenth."""
    tuning: float = 0.0
    """Semitones by which the piece is tuned above A = 440 Hz."""

    def part(self, begin: int, end: int) -> Partials:
        """Sixteenths `begin` to `end - 1`."""
        rows = slice(begin, end)
        return Partials(
            self.times[rows], self.pitch[rows], self.level[rows], self.phase[rows], self.tuning
        )


def frequencies(tuning: float = 0.0) -> NDArray[np.float64]:
    """Hertz `(PITCHES,)` of the semitones."""
    semitones = np.arange(PITCHES) + LOWEST_PITCH - 69.0 + tuning
    return hertz(semitones)


def sixteenths(beats: NDArray[np.floating]) -> NDArray[np.float64]:
    """Middles `(S,)` in seconds of the sixteenths between the first and the last of `beats`."""
    count = SIXTEENTHS_PER_BEAT * (len(beats) - 1)
    places = (np.arange(count) + 0.5) / SIXTEENTHS_PER_BEAT
    return np.interp(places, np.arange(len(beats)), beats)


def half_window(times: NDArray[np.float64]) -> int:
    """Samples from the middle of a window to its end: the median step of `times (T,)` seconds."""
    return max(1, round(float(np.median(np.diff(times))) * SAMPLE_RATE))


def analyse(samples: FloatArray, beats: NDArray[np.floating]) -> Partials:
    """Partials of music `(N,)` at `SAMPLE_RATE` with its `beats` (seconds, two at least)."""
    from d2m_cli.librosa_lock import librosa

    times = sixteenths(beats)
    spare = max(0, len(samples) - TUNED_SAMPLES) // 2
    heard = samples[spare : spare + TUNED_SAMPLES]
    tuning = float(librosa.estimate_tuning(y=heard, sr=SAMPLE_RATE))
    found = _amplitudes(samples, times, tuning)
    level = np.abs(found)
    lobe = RESOLVED * SAMPLE_RATE / half_window(times)
    level[~_peaks(level, frequencies(tuning), lobe)] = 0.0
    loudest = level.max(axis=1, keepdims=True)
    quiet = np.maximum(
        loudest * 10 ** (-QUIET_DB / 20),
        np.percentile(loudest, 95) * 10 ** (-SILENT_DB / 20),
    )
    level[level < quiet] = 0.0
    pitch = np.argsort(-level, axis=1)[:, :MAX_PARTIALS]
    return Partials(
        times,
        pitch.astype(np.uint8),
        np.take_along_axis(level, pitch, 1).astype(np.float32),
        np.take_along_axis(np.angle(found), pitch, 1).astype(np.float32),
        tuning,
    )


def with_phases_of(partials: Partials, samples: FloatArray) -> Partials:
    """The partials with the phases that their pitches have in music `(N,)` at `SAMPLE_RATE`.

    Codes follow the waveform: a sketch whose phases are not the music's own teaches a generator
    that phases say nothing.
    """
    found = _amplitudes(samples, partials.times, partials.tuning)
    phase = np.take_along_axis(np.angle(found), partials.pitch.astype(int), 1)
    return replace(partials, phase=phase.astype(np.float32))


def _amplitudes(
    samples: FloatArray, times: NDArray[np.float64], tuning: float
) -> NDArray[np.complex64]:
    """Complex amplitudes `(S, PITCHES)` of all semitones in the windows at `times` `(S,)`."""
    half = half_window(times)
    window = np.hanning(2 * half + 3)[1:-1]
    seconds = np.arange(-half, half + 1)[:, None] / SAMPLE_RATE
    turns = np.exp(-2j * np.pi * seconds * frequencies(tuning))
    basis = (window[:, None] * turns * (2.0 / window.sum())).astype(np.complex64)
    padded = np.pad(samples, (half, half + 1))
    middles = (times * SAMPLE_RATE).round().astype(int).clip(0, len(samples))
    return np.concatenate(
        [
            np.stack([padded[m : m + 2 * half + 1] for m in middles[i : i + BLOCK]]) @ basis
            for i in range(0, len(middles), BLOCK)
        ]
    )


def _peaks(level: FloatArray, hertz: NDArray[np.float64], lobe: float) -> NDArray[np.bool_]:
    """Where `level` `(S, PITCHES)` is highest among its neighbours and all within `lobe` Hz."""
    highest = np.ones(level.shape, bool)
    for apart in range(1, PITCHES):
        near = (hertz[apart:] - hertz[:-apart]) < lobe
        if apart > 1 and not near.any():
            break
        near |= apart == 1
        lower, upper = level[:, :-apart], level[:, apart:]
        highest[:, :-apart] &= ~(near & (upper > lower))
        highest[:, apart:] &= ~(near & (lower >= upper))
    return highest
