"""A sketch as a sequence of frames, one a sixteenth: what a learned composer reads and writes.

Letters: `S` sixteenths of the piece, `F` steps at `DRUM_RATE`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.drums import BANDS
from d2m_cli.sketch.partials import Partials
from d2m_cli.sketch.pitches import PITCHES
from d2m_cli.spec import DRUM_RATE
from d2m_cli.types import FloatArray

LEVEL_EDGES_DB = (-34.0, -26.0, -20.0, -15.0, -10.5, -6.0, -2.0, 6.0)
"""Edges of the classes of a partial's level, against the piece's usual power in a sixteenth."""
LEVELS = len(LEVEL_EDGES_DB)
"""Classes of a level: 0 is silence, the others lie between neighbouring edges."""
STRENGTHS = 4
"""Classes of an onset's strength, 0.2 to 1;"""
OFFSETS = 5
"""and of its place: fifths of the sixteenth around the grid line that it belongs to."""
ONSETS = 1 + STRENGTHS * OFFSETS
"""Classes of a band's onset: 0 is none, else 1 + strength * `OFFSETS` + place."""
FAINTEST = 0.2


class Frames(NamedTuple):
    """Classes of what sounds in each sixteenth."""

    onsets: NDArray[np.uint8]
    """`(S, BANDS)`, below `ONSETS`."""
    levels: NDArray[np.uint8]
    """`(S, PITCHES)`, below `LEVELS`."""


def to_frames(partials: Partials, drum_onsets: FloatArray) -> Frames:
    """Frames of a sketch: its partials, and onsets `(BANDS, F)`."""
    return Frames(_onset_classes(partials.times, drum_onsets), _level_classes(partials))


def usual_power(partials: Partials) -> float:
    """Root mean square of the sound of a piece's partials."""
    return max(float(np.sqrt(0.5 * (partials.level**2).sum(axis=1).mean())), 1e-9)


def dequantised_levels(
    classes: NDArray[np.uint8], random: np.random.Generator
) -> NDArray[np.float64]:
    """Levels `(S, PITCHES)` of classes, thrown evenly (in dB) within each class."""
    low, high = np.array(LEVEL_EDGES_DB[:-1]), np.array(LEVEL_EDGES_DB[1:])
    kind = np.maximum(classes.astype(int) - 1, 0)
    decibels = low[kind] + random.random(classes.shape) * (high - low)[kind]
    return np.where(classes > 0, 10 ** (decibels / 20), 0.0)


def dequantised_onsets(
    classes: NDArray[np.uint8], random: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offsets `(S, BANDS)` in sixteenths from the grid, and strengths `(S, BANDS)` 0..1."""
    strength, place = np.divmod(np.maximum(classes.astype(int) - 1, 0), OFFSETS)
    share = random.random((2, *classes.shape))
    offset = (place + share[0]) / OFFSETS - 0.5
    force = FAINTEST + (1.0 - FAINTEST) * (strength + share[1]) / STRENGTHS
    return offset, np.where(classes > 0, force, 0.0)


def _level_classes(partials: Partials) -> NDArray[np.uint8]:
    level = np.zeros((len(partials.times), PITCHES))
    np.put_along_axis(level, partials.pitch.astype(int), partials.level, 1)
    decibels = 20 * np.log10(np.maximum(level / usual_power(partials), 1e-6))
    found = np.digitize(decibels, LEVEL_EDGES_DB[:-1])
    return found.astype(np.uint8)


def _onset_classes(times: NDArray[np.float64], drum_onsets: FloatArray) -> NDArray[np.uint8]:
    found = np.zeros((len(times), BANDS), np.uint8)
    loudest = np.zeros((len(times), BANDS))
    seconds = np.arange(drum_onsets.shape[1]) / DRUM_RATE
    halves = np.diff(times)[[0, -1]] / 2
    edges = np.concatenate([[times[0] - halves[0]], times, [times[-1] + halves[1]]])
    middles = np.concatenate([[0.0], np.arange(len(times)) + 0.5, [len(times)]])
    place = np.interp(seconds, edges, middles, left=-1.0, right=-1.0)
    for band, row in enumerate(drum_onsets):
        steps = np.flatnonzero(row)
        steps = steps[(place[steps] >= 0) & (place[steps] < len(times) - 0.5)]
        cell = np.round(place[steps]).astype(int)
        offset = np.floor((place[steps] - cell + 0.5) * OFFSETS).clip(0, OFFSETS - 1)
        share = (row[steps] - FAINTEST) / (1.0 - FAINTEST)
        strength = np.floor(share * STRENGTHS).clip(0, STRENGTHS - 1)
        for at, force, kind in zip(cell, row[steps], strength * OFFSETS + offset, strict=True):
            if force > loudest[at, band]:
                loudest[at, band] = force
                found[at, band] = 1 + int(kind)
    return found
