"""Which tempo a dance has: the likelihood of each, for bars of four and of three.

A tempo speaks through the frequencies at which dancers move in it: limbs swing in two beats, rests
come on every beat or every other, a waltz rises and falls once in its bar of three. `DUPLE` and
`TRIPLE` say how much each view of the movement counts at each of these frequencies. They were
fitted by maximum likelihood to windows of ballroom dances and of invented dancers
(`benchmarks/fit_rhythm.py`), none below zero, so that nothing speaks *against* a tempo but a better
one. Beside them stands what the network of `features.phase_network` says: its points go round with
the bar, and the tempo at which they do so in step is the dancer's. Its point for the beat has no
say: trained on poses that come beat by beat, it takes a bend and its way back for two.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import i0e

from d2m_cli.features.periodicity import FREQUENCIES, WINDOW, Windows
from d2m_cli.features.phase_network import BEATS, Phases

Array = NDArray[np.float64]

SLOWEST, FASTEST = 56.0, 200.0
"""bpm between which the pulse is sought."""

TEMPO_STEP = 0.005
"""Relative step of the tempo grid."""

TEMPOS: Array = SLOWEST / 60.0 * np.exp(np.arange(0.0, np.log(FASTEST / SLOWEST), TEMPO_STEP))
"""The grid `(N,)`, beats per second."""

DUPLE_RATIOS = (1 / 4, 1 / 2, 1.0, 2.0)
TRIPLE_RATIOS = (1 / 3, 2 / 3, 1.0, 2.0)
"""Waves per beat that speak for a tempo."""

DUPLE: Array = np.array([
    [0.20, 0.43, 0.14, 0.00],
    [0.00, 1.59, 1.12, 1.06],
    [0.00, 0.19, 0.75, 0.54],
    [0.83, 1.10, 0.42, 0.00],
    [0.00, 0.00, 1.57, 1.03],
])  # fmt: skip
TRIPLE: Array = np.array([
    [0.40, 0.26, 0.04, 0.04],
    [1.60, 0.35, 0.40, 0.23],
    [1.59, 0.47, 0.02, 0.02],
    [0.43, 0.19, 0.06, 0.11],
    [0.82, 0.00, 0.07, 0.02],
])  # fmt: skip
"""Log-likelihood a second of explained variance, `(views, ratios)`."""

DUPLE_TRUST, TRIPLE_TRUST = 0.5, 3.0


class Count(NamedTuple):
    """A way to count: its meter, how it shows, how common it is, and which tempos it has."""

    meter: int
    ratios: tuple[float, ...]
    weights: Array
    trust: float
    """Independent observations a second of the network's point for the bar; 0 without one."""
    share: float
    bpm: float
    octaves: float
    """Middle and width (standard deviation) of the prior on the tempo."""
    phase_beats: int
    """Beats after which the movement that shows the phase comes again: a beat, or a bar."""


COUNTS = (
    Count(4, DUPLE_RATIOS, DUPLE, DUPLE_TRUST, 0.85, 110.0, 0.5, 1),
    Count(3, TRIPLE_RATIOS, TRIPLE, TRIPLE_TRUST, 0.1, 90.0, 0.3, 3),
    Count(3, TRIPLE_RATIOS, DUPLE, 0.0, 0.05, 110.0, 0.5, 1),
)
"""In four; a waltz, whose bars show and whose beats hardly do; in three with every beat marked."""


def tempo_evidence(
    windows: Windows, phases: Phases, meter: int | None = None
) -> tuple[Count, Array]:
    """The likeliest count, and by it the log-likelihood `(W, N)` of each of the `TEMPOS` by window.

    The prior is in it once for the whole dance, and no more evidence than `windows` count as
    independent. `phases` `(3, T)`: the network's points. `meter`: the beats in a bar, if known.
    """
    power = windows.power()
    turning = _turning(windows, phases)
    seconds = windows.share * np.minimum(windows.seconds, WINDOW) / windows.repeats
    best = -np.inf
    for count in COUNTS:
        if meter not in (None, count.meter):
            continue
        off = np.log2(60.0 * TEMPOS / count.bpm) / count.octaves
        prior = -0.5 * off**2 - np.log(count.octaves)
        evidence = seconds[:, None] * _template(power, count) + prior / len(power)
        evidence += windows.share / windows.repeats * _in_step(turning[count.meter], count.trust)
        likelihood = np.log(count.share) + np.logaddexp.reduce(evidence.sum(axis=0))
        if likelihood > best:
            best, chosen = likelihood, (count, evidence)
    return chosen


def _turning(windows: Windows, phases: Phases) -> dict[int, Array]:
    """How far the point of a bar goes round in step with each tempo, `(W, N)` seconds sure."""
    found = {}
    for points, beats in zip(phases[1:], BEATS[1:], strict=True):
        waves = np.exp(-2j * np.pi * windows.times[:, None] * TEMPOS / beats)
        found[beats] = np.abs(windows.pieces(points) @ waves) / windows.movement.rate
    return found


def _in_step(turning: Array, trust: float) -> Array:
    """Log-likelihood `(W, N)` of each tempo, of a point that goes round in it.

    Of a von Mises distribution whose phase is unknown: the logarithm of the Bessel function I0.
    """
    size = trust * turning
    return np.asarray(np.log(i0e(size)) + size)


def _template(power: NDArray[np.float32], count: Count) -> Array:
    """Log-likelihood `(W, N)` a second of each tempo, of views' `power` `(W, V, F)`."""
    grid = np.log(FREQUENCIES)
    total = np.zeros((len(power), len(TEMPOS)))
    for ratio, weight in zip(count.ratios, count.weights.T, strict=True):
        blend = np.einsum("v,wvf->wf", weight, power)
        wanted = np.log(TEMPOS * ratio)
        total += np.stack([np.interp(wanted, grid, row) for row in blend])
    return total
