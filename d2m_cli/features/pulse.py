"""A tempo and a phase followed from window to window: both may drift, and jump for good reason.

The phase of a dance in four is that of its rests, as dancers come to rest on the beat, and of what
`features.phase_network` sees. In three it is that of the bar: the trunk falls fastest where the bar
opens, and the rest comes a little before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from d2m_cli.features.periodicity import Windows

Array = NDArray[np.float64]

_EVIDENCE_RATE = 3.0
"""Independent observations in a second of accent curve: a joint's moves are no faster."""

_POINT_RATE = 4.0
"""The same of the network's points."""

_TEMPO_DRIFT = 0.005
"""Usual relative change of the tempo from window to window."""

_PHASES = 64
_PHASE_DRIFT = 0.05
"""Steps of the phase grid, and usual change of the phase (beats) from window to window."""

_JUMP_COST = 8.0
"""Log-odds against a jump of tempo or phase from one window to the next."""

_REST_OF_BAR, _FALL_OF_BAR = 0.07, 0.01
"""Where in a bar of three the rests and the fall of the trunk are, in bars before it opens."""


def follow_tempo(tempos: Array, evidence: Array) -> Array:
    """Tempo `(W,)` in the middle of each window, of a grid `(N,)` with log-likelihoods `(W, N)`."""
    grid = np.log(tempos)
    change = np.abs(grid[:, None] - grid) / np.log(1.0 + _TEMPO_DRIFT)
    return np.asarray(tempos[most_likely_path(evidence, change)])


def follow_phase(
    windows: Windows,
    points: NDArray[np.complex128],
    tempo: Array,
    steady: bool,
    in_cycle: int = 1,
) -> tuple[Array, Array]:
    """Beats `(W,)` passed in the middle of each window, and how well rests match them, 0..1.

    `points` `(T,)` are the network's for the beat; `tempo` `(W,)` in beats per second; `steady`:
    the phase may not drift against it. `in_cycle`: 1 where rests and points show the beat, 3 where
    the bar shows; it opens at multiples of 3.
    """
    pace = tempo / in_cycle
    gaps = np.diff(windows.centres, prepend=0.0)
    cycles = np.cumsum(gaps * (pace + np.concatenate([pace[:1], pace[:-1]])) / 2.0)
    waves = np.exp(-2j * np.pi * pace[:, None] * windows.times)
    movement = windows.movement
    seen = _correlation(windows, movement.accents, waves)
    if in_cycle > 1:
        fall = _correlation(windows, movement.bounce, waves)
        seen = 0.5 * _turned(_REST_OF_BAR) * seen + 0.5 * _turned(_FALL_OF_BAR) * fall
    shifts = np.arange(_PHASES) / _PHASES
    match = ((seen * np.exp(-2j * np.pi * cycles))[:, None] * np.exp(-2j * np.pi * shifts)).real
    evidence = 2.0 * windows.seconds[:, None] * _EVIDENCE_RATE * match
    if in_cycle == 1:
        turned = (windows.pieces(points) * waves).sum(axis=1) / movement.rate
        turned *= np.exp(-2j * np.pi * cycles)
        evidence += _POINT_RATE * (turned[:, None] * np.exp(-2j * np.pi * shifts)).real
    if steady:
        path = np.full(len(tempo), evidence.sum(axis=0).argmax())
    else:
        apart = np.abs(shifts[:, None] - shifts)
        change = np.minimum(apart, 1.0 - apart) * in_cycle / _PHASE_DRIFT
        path = most_likely_path(windows.share * evidence, change)
    beats = in_cycle * (cycles + np.unwrap(shifts[path], period=1.0))
    return beats, match[np.arange(len(path)), path].clip(0.0, 1.0)


def _turned(share: float) -> complex:
    return complex(np.exp(-2j * np.pi * share))


def _correlation(
    windows: Windows, curve: Array, waves: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    """Correlation `(W,)`, 0..1 in size, of a curve `(T,)` with a wave for each window `(W, L)`.

    The angle is the wave's phase in the window's middle; what nobody is seen in counts nothing.
    """
    seen = windows.pieces(windows.movement.seen)
    pieces = windows.pieces(curve)
    mean = (pieces * seen).sum(axis=1, keepdims=True) / np.maximum(
        seen.sum(axis=1, keepdims=True), 1.0
    )
    pieces = (pieces - mean) * seen
    norm = np.sqrt((pieces**2).sum(axis=1) * seen.sum(axis=1) / 2.0)
    return np.asarray((pieces * waves).sum(axis=1) / np.maximum(norm, 1e-9))


def most_likely_path(evidence: Array, change: Array) -> NDArray[np.int64]:
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
