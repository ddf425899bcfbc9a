"""The pulse of a dance: tempo, beat phase and confidence over time, from the motion alone.

A dancer marks the beat by coming to rest on it: the joints' mean speed has its valleys there (the
kinematic beats of Li et al., AIST++, ICCV 2021). The accent curve is high at those valleys. Within
windows of `WINDOW` seconds a steady pulse is fitted to it by its spectrum over 80 to 160 bpm, with
a soft prior near 115 bpm. Since dancers often move once or four times in two beats, the spectrum
at half and at twice the tempo speaks for a tempo as well; that also decides between octaves. From
window to window the tempo, then the phase, are followed by Viterbi's algorithm: both may drift, but
jump only for good reason.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import argrelmin

from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.timeline import overhang
from d2m_cli.types import Motion, Rhythm

Array = NDArray[np.float64]

SLOWEST, FASTEST = 80.0, 160.0
"""bpm between which the pulse is sought."""

WINDOW = 8.0
HOP = 1.0
"""Seconds of a window, in which the pulse is taken as steady, and from window to window."""

_PRIOR_BPM = 115.0
_PRIOR_OCTAVES = 0.25
_EVIDENCE_RATE = 3.0
"""Independent observations in a second of accent curve: a joint's moves are no faster."""

_OVERTONES = ((1.0, 1.0), (0.5, 1.0), (2.0, 0.5))
"""Frequencies per beat whose waves speak for a tempo, and what each counts."""

_TEMPO_STEP = 0.005
_TEMPO_DRIFT = 0.005
"""Relative step of the tempo grid, and usual change of the tempo from window to window."""

_PHASES = 64
_PHASE_DRIFT = 0.05
"""Steps of the phase grid, and usual change of the phase (beats) from window to window."""

_JUMP_COST = 8.0
"""Log-odds against a jump of tempo or phase from one window to the next."""

_STILL_SPEED = 0.3
"""Mean joint speed (body units a second) under which a person stands rather than dances."""

_SURROUNDINGS = 0.75
_VALLEY_SMOOTHING = 0.1
_VALLEY_WIDTH = 0.07
"""Seconds, widths (standard deviations) of the gaussians of the accent curve."""


def estimate_rhythm(
    motion: Motion, bpm: float | None = None, beat_offset: float | None = None
) -> Rhythm:
    """Pulse of a dance at the motion's rate, for a motion of any length.

    Args:
        motion: the dance.
        bpm: the tempo, if known; the pulse is then exactly steady.
        beat_offset: seconds at which a beat lies, if known.
    """
    speed = joint_speed(joint_positions(motion), motion.rate).astype(np.float64)
    accents = accent_curve(speed, motion.rate)
    windows = _Windows(accents, motion.rate)
    tempo = np.full(len(windows.centres), bpm / 60.0) if bpm else windows.follow_tempo()
    beats, match = windows.follow_phase(tempo, steady=bpm is not None)
    times = np.arange(len(speed)) / motion.rate
    phase = _extend(times, windows.centres, beats, tempo)
    if beat_offset is not None:
        phase -= np.interp(beat_offset, times, phase)
    phase -= np.ceil(phase[0])
    active = (gaussian_filter1d(speed, motion.rate, mode="nearest") / _STILL_SPEED).clip(max=1.0)
    confidence = np.interp(times, windows.centres, match) * active
    return Rhythm(phase.astype(np.float32), confidence.astype(np.float32), motion.rate)


def tempo_candidates(motion: Motion, most: int = 3) -> list[tuple[float, float]]:
    """Tempos that a dance may have, likeliest first: beats per minute and probability 0..1.

    They are the peaks of the evidence that `estimate_rhythm` follows, taken over all windows; each
    has the share of the probability that lies nearer to it than to another peak.
    """
    speed = joint_speed(joint_positions(motion), motion.rate).astype(np.float64)
    tempo, evidence = _Windows(accent_curve(speed, motion.rate), motion.rate).tempo_evidence()
    total = evidence.sum(axis=0)
    padded = np.pad(total, 1, constant_values=-np.inf)
    peaks = np.flatnonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:]))
    probability = np.exp(total - total.max())
    probability /= probability.sum()
    nearest = np.abs(np.arange(len(total))[:, None] - peaks).argmin(axis=1)
    shares = np.bincount(nearest, weights=probability, minlength=len(peaks))
    best = np.argsort(-shares, kind="stable")[:most]
    return [(60.0 * float(tempo[peaks[i]]), float(shares[i])) for i in best]


def multiplied(rhythm: Rhythm, factor: float) -> Rhythm:
    """The same pulse counted `factor` times as fast: 2 has a beat between any two, 0.5 every other.

    Beat 0 stays beat 0, so that bars open on a beat of the dance; with 2, a beat may come before.
    """
    return replace(rhythm, phase=rhythm.phase * np.float32(factor))


def _extend(times: Array, centres: Array, beats: Array, tempo: Array) -> Array:
    """Beats at `times` `(T,)`: smooth between the windows' middles, steady outside them."""
    from scipy.interpolate import PchipInterpolator

    if len(centres) == 1:
        return beats[0] + tempo[0] * (times - centres[0])
    inside = PchipInterpolator(centres, beats)(times.clip(centres[0], centres[-1]))
    early, late = overhang(times, centres[0], centres[-1])
    return np.asarray(inside + tempo[0] * early + tempo[-1] * late)


def accent_curve(speed: Array, rate: float) -> Array:
    """Accents `(T,)` of a joint-speed curve `(T,)` at `rate`: high where the dancer rests.

    The sum of two views, each of unit variance: how far the speed falls below its surroundings,
    which shows the tempo best, and its valleys, all alike, which show the phase best.
    """
    floor = 0.2 * speed.mean() + 1e-6
    depth = -np.log(speed + floor)
    depth -= gaussian_filter1d(depth, _SURROUNDINGS * rate, mode="nearest")
    smooth = gaussian_filter1d(speed, _VALLEY_SMOOTHING * rate, mode="nearest")
    valleys = np.zeros(len(speed))
    valleys[argrelmin(smooth, order=max(1, round(rate / 6.0)))[0]] = 1.0
    valleys = gaussian_filter1d(valleys, _VALLEY_WIDTH * rate)
    return _unit(depth) + _unit(valleys)


def _unit(curve: Array) -> Array:
    centred = curve - curve.mean()
    return centred / (centred.std() + 1e-9)


class _Windows:
    """Overlapping windows of an accent curve `(T,)`, and the pulse followed through them."""

    def __init__(self, accents: Array, rate: float) -> None:
        length = min(len(accents), round(WINDOW * rate))
        last = len(accents) - length
        starts = np.linspace(0, last, 1 + round(last / (HOP * rate))).round().astype(int)
        self.times: Array = (np.arange(length) - (length - 1) / 2.0) / rate
        self.centres: Array = (starts + (length - 1) / 2.0) / rate
        """Seconds at which each window has its middle."""
        pieces = np.stack([accents[start : start + length] for start in starts])
        pieces = pieces - pieces.mean(axis=1, keepdims=True)
        norm = np.sqrt((pieces**2).sum(axis=1, keepdims=True) * length / 2.0)
        self.pieces: Array = pieces / np.maximum(norm, 1e-9)
        self.news = 1.0 if len(starts) == 1 else HOP / WINDOW
        """Share of a window that the windows before it have not seen."""
        self.observations = self.news * _EVIDENCE_RATE * length / rate

    def correlate(self, frequency: Array) -> NDArray[np.complex128]:
        """`(W, F)` correlation, 0..1 in size, of each window with waves of `frequency` `(F,)` Hz.

        The angle is the wave's phase in the middle of the window; at angle 0 an accent lies there.
        """
        return np.asarray(self.pieces @ np.exp(-2j * np.pi * self.times[:, None] * frequency))

    def tempo_evidence(self) -> tuple[Array, Array]:
        """Tempos `(F,)` in beats per second, and the log-likelihood `(W, F)` of each by window."""
        octaves = np.arange(0.0, np.log2(FASTEST / SLOWEST), np.log2(1.0 + _TEMPO_STEP))
        tempo = SLOWEST / 60.0 * 2.0**octaves
        explained = sum(
            weight * np.abs(self.correlate(times * tempo)) ** 2 for times, weight in _OVERTONES
        )
        evidence = -0.5 * self.observations * np.log(1.0 - np.minimum(explained, 0.95))
        off = np.log2(60.0 * tempo / _PRIOR_BPM) / _PRIOR_OCTAVES
        return tempo, np.asarray(evidence - 0.5 * self.news * off**2)

    def follow_tempo(self) -> Array:
        """Tempo `(W,)` in beats per second in the middle of each window."""
        tempo, evidence = self.tempo_evidence()
        octaves = np.log2(tempo)
        change = np.abs(octaves[:, None] - octaves) / np.log2(1.0 + _TEMPO_DRIFT)
        return np.asarray(tempo[_most_likely_path(evidence, change)])

    def follow_phase(self, tempo: Array, steady: bool) -> tuple[Array, Array]:
        """Beats `(W,)` passed in the middle of each window, and how well they match, 0..1.

        `tempo` `(W,)` in beats per second; `steady`: the phase may not drift against it.
        """
        gaps = np.diff(self.centres, prepend=0.0)
        beats = np.cumsum(gaps * (tempo + np.concatenate([tempo[:1], tempo[:-1]])) / 2.0)
        waves = np.exp(-2j * np.pi * tempo[:, None] * self.times)
        seen = (self.pieces * waves).sum(axis=1) * np.exp(-2j * np.pi * beats)
        shifts = np.arange(_PHASES) / _PHASES
        match = (seen[:, None] * np.exp(-2j * np.pi * shifts)).real
        if steady:
            path = np.full(len(tempo), match.sum(axis=0).argmax())
        else:
            apart = np.abs(shifts[:, None] - shifts)
            change = np.minimum(apart, 1.0 - apart) / _PHASE_DRIFT
            path = _most_likely_path(2.0 * self.observations * match, change)
        chosen = np.unwrap(shifts[path], period=1.0)
        return beats + chosen, match[np.arange(len(path)), path].clip(min=0.0)


def _most_likely_path(evidence: Array, change: Array) -> NDArray[np.int64]:
    """Viterbi's path `(W,)` through states with log-likelihoods `evidence` `(W, S)`.

    `change` `(S, S)`: distance between states in usual changes a step; far ones cost `_JUMP_COST`.
    """
    cost = np.minimum(0.5 * change**2, _JUMP_COST)
    score = evidence[0]
    origins = np.zeros(evidence.shape, np.int64)
    for step in range(1, len(evidence)):
        ways = score[:, None] - cost
        origins[step] = ways.argmax(axis=0)
        score = ways.max(axis=0) + evidence[step]
    path = np.empty(len(evidence), np.int64)
    path[-1] = score.argmax()
    for step in range(len(evidence) - 1, 0, -1):
        path[step - 1] = origins[step, path[step]]
    return path
