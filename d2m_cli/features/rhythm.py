"""The pulse of a dance: tempo, meter, beat phase and confidence over time, from the motion alone.

The tempo speaks through the signed velocities of the joints, their rests and the bounce of the
trunk (`features.periodicity`, `features.tempo`); the phase is that of the rests
(`features.pulse`): a dancer marks the beat by coming to rest on it (the kinematic beats of Li et
al., AIST++, ICCV 2021). The two are kept apart on purpose: rests alone find a pulse that fits the
clip better than the song does, and with another tempo (docs/evaluation.md, "What lift rewards").
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from d2m_cli.features.periodicity import Movement, Windows, movement_of
from d2m_cli.features.phase_network import dance_phases
from d2m_cli.features.pulse import follow_phase, follow_tempo
from d2m_cli.features.tempo import FASTEST, SLOWEST, TEMPOS, tempo_evidence
from d2m_cli.timeline import between, overhang
from d2m_cli.types import Motion, Rhythm

__all__ = ["FASTEST", "SLOWEST", "estimate_rhythm", "multiplied", "tempo_candidates"]

Array = NDArray[np.float64]

_STILL_SPEED = 0.3
"""Mean joint speed (body units a second) under which a person stands rather than dances."""

_SAME_TEMPO = 0.04
"""Relative distance up to which two tempos are one."""

_CAUTION = 3.0
"""Power of the probability that is the certainty: of dances above 0.5 nine in ten are right."""


def estimate_rhythm(
    motion: Motion,
    bpm: float | None = None,
    beat_offset: float | None = None,
    meter: int | None = None,
) -> Rhythm:
    """Pulse of a dance at the motion's rate, for a motion of any length.

    Args:
        motion: the dance.
        bpm: the tempo, if known; the pulse is then exactly steady.
        beat_offset: seconds at which a beat lies, if known; a bar of three then opens on it.
        meter: beats in a bar, 3 or 4, if known.
    """
    windows = Windows(movement_of(motion))
    phases = dance_phases(windows.movement)
    count, evidence = tempo_evidence(windows, phases, meter)
    centres = windows.centres
    tempo = (
        np.full(len(centres), bpm / 60.0)
        if bpm
        else follow_tempo(TEMPOS, evidence * windows.repeats)
    )
    beats, match = follow_phase(windows, phases[0], tempo, bpm is not None, count.phase_beats)
    times = np.arange(len(motion.found)) / motion.rate
    phase = _extend(times, centres, beats, tempo)
    if beat_offset is not None:
        phase -= np.interp(beat_offset, times, phase)
    phase -= count.phase_beats * np.ceil(phase[0] / count.phase_beats)
    active = _active(windows.movement)
    confidence = np.interp(times, centres, match) * active
    certainty = _likelihood(evidence, tempo) ** _CAUTION * float(active.mean())
    return Rhythm(
        phase.astype(np.float32), confidence.astype(np.float32), motion.rate, count.meter, certainty
    )


def tempo_candidates(
    motion: Motion, most: int = 3, meter: int | None = None
) -> list[tuple[float, float]]:
    """Tempos that a dance may have, likeliest first: beats per minute and probability 0..1.

    They are the peaks of the evidence that `estimate_rhythm` follows, taken over all windows; each
    has the share of the probability that lies nearer to it than to another peak.
    """
    windows = Windows(movement_of(motion))
    _, evidence = tempo_evidence(windows, dance_phases(windows.movement), meter)
    probability = _probability(evidence)
    padded = np.pad(probability, 1, constant_values=-np.inf)
    peaks = np.flatnonzero((padded[1:-1] >= padded[:-2]) & (padded[1:-1] > padded[2:]))
    nearest = np.abs(np.arange(len(probability))[:, None] - peaks).argmin(axis=1)
    shares = np.bincount(nearest, weights=probability, minlength=len(peaks))
    best = np.argsort(-shares, kind="stable")[:most]
    return [(60.0 * float(TEMPOS[peaks[i]]), float(shares[i])) for i in best]


def multiplied(rhythm: Rhythm, factor: float) -> Rhythm:
    """The same pulse counted `factor` times as fast: 2 has a beat between any two, 0.5 every other.

    Beat 0 stays beat 0, so that bars open on a beat of the dance; with 2, a beat may come before.
    """
    return replace(rhythm, phase=rhythm.phase * np.float32(factor))


def _likelihood(evidence: Array, tempo: Array) -> float:
    """Probability 0..1 of the mean of `tempo` `(W,)`, its half or its double, of `(W, N)`."""
    probability = _probability(evidence)
    apart = np.log(TEMPOS / tempo.mean())
    near = [np.abs(apart - octave) <= _SAME_TEMPO for octave in np.log([0.5, 1.0, 2.0])]
    return float(probability[np.any(near, axis=0)].sum())


def _probability(evidence: Array) -> Array:
    """Probability `(N,)` of each of the `TEMPOS` by the evidence `(W, N)` of all windows."""
    total = evidence.sum(axis=0)
    probability = np.exp(total - total.max())
    return np.asarray(probability / probability.sum())


def _active(movement: Movement) -> Array:
    """0..1 `(T,)`: whether somebody is in sight, and moves."""
    seen = gaussian_filter1d(movement.seen, movement.rate / 2.0, mode="nearest")
    speed = gaussian_filter1d(movement.speed, movement.rate / 2.0, mode="nearest")
    return np.asarray(seen * (speed / _STILL_SPEED).clip(max=1.0))


def _extend(times: Array, centres: Array, beats: Array, tempo: Array) -> Array:
    """Beats at `times` `(T,)`: smooth between the windows' middles, steady outside them."""
    if len(centres) == 1:
        return beats[0] + tempo[0] * (times - centres[0])
    inside = between(times.clip(centres[0], centres[-1]), centres, beats)
    early, late = overhang(times, centres[0], centres[-1])
    return np.asarray(inside + tempo[0] * early + tempo[-1] * late)
