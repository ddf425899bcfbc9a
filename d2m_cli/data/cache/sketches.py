"""Sketches of cached music: made when it is prepared, read and varied when a segment is drawn."""

from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.data.cache.pieces import Arrays, PieceFile
from d2m_cli.sketch.drums import drum_curves, find_drum_onsets, render_drums
from d2m_cli.sketch.partials import (
    MAX_PARTIALS,
    Partials,
    analyse,
    sixteenths,
)
from d2m_cli.sketch.sinusoids import Windows, render_stretch
from d2m_cli.spec import DRUM_HOP, DRUM_RATE, SAMPLE_RATE
from d2m_cli.types import FloatArray

HOLDS = ("partial_pitch", "partial_level", "partial_phase", "tuning", "drum_onsets")
"""Arrays of a piece that make up its sketch."""

FEWEST_KEPT = 5
LEVEL_ERROR_DB = 2.0
"""A segment's sketch keeps a random number of partials, each a little too loud or too soft."""

PIECES_HELD = 256
BEAT_ROUNDING = 1e-3
"""Seconds by which the stored time of a bar may differ from that of its first beat."""


def sketch_arrays(samples: FloatArray, beats: NDArray[np.floating]) -> Arrays:
    """The arrays of `HOLDS` for music `(N,)` with `beats` (seconds, two at least)."""
    partials = analyse(samples, beats)
    return {
        "partial_pitch": partials.pitch.T,
        "partial_level": partials.level.T.astype(np.float16),
        "partial_phase": partials.phase.T.astype(np.float16),
        "tuning": np.array([partials.tuning], np.float32),
        "drum_onsets": find_drum_onsets(samples).astype(np.float16),
    }


@lru_cache(PIECES_HELD)
def bar_openings(file: PieceFile) -> NDArray[np.int64]:
    """Numbers `(N,)` of the beats that open a bar, of a piece whose bars are known."""
    return np.searchsorted(file.whole("beats"), file.whole("bars") - BEAT_ROUNDING)


def read_partials(file: PieceFile) -> Partials:
    """Partials of a cached piece."""
    beats, pitch, level, phase, tuning = (file.whole(name) for name in ("beats", *HOLDS[:-1]))
    return Partials(
        sixteenths(beats.astype(np.float64)),
        pitch.T,
        level.T.astype(np.float32),
        phase.T.astype(np.float32),
        float(tuning[0]),
    )


def segment_sketch(
    file: PieceFile, start: float, seconds: float, rng: Generator, shown: tuple[bool, bool]
) -> tuple[FloatArray, FloatArray]:
    """Sound `(N,)` of the sketch of a piece from `start` seconds on, and curves `(BANDS, F)` of its
    drum onsets; `shown`: with tones, with drum onsets."""
    first, count = round(start * SAMPLE_RATE), round(seconds * SAMPLE_RATE)
    drum_onsets = strengths(file, start, seconds) * np.float32(shown[1])
    sound = render_drums(drum_onsets, first - round(start * DRUM_RATE) * DRUM_HOP, count)
    if shown[0]:
        sound += tones(file, first, count, rng)
    return sound, drum_curves(drum_onsets)


def tones(file: PieceFile, first: int, count: int, rng: Generator) -> FloatArray:
    """Sound `(count,)` of a piece's partials from sample `first` on, varied at random."""
    partials, windows = _partials_in_windows(file)
    errors = rng.normal(0.0, LEVEL_ERROR_DB / 20, partials.level.shape)
    kept = int(rng.integers(FEWEST_KEPT, MAX_PARTIALS + 1))
    rows = windows.within(first, count)
    level = partials.level[rows, :kept] * 10 ** errors[rows, :kept]
    varied = Partials(
        partials.times[rows],
        partials.pitch[rows, :kept],
        level.astype(np.float32),
        partials.phase[rows, :kept],
        partials.tuning,
    )
    return render_stretch(varied, windows, first, count)


@lru_cache(PIECES_HELD)
def _partials_in_windows(file: PieceFile) -> tuple[Partials, Windows]:
    partials = read_partials(file)
    return partials, Windows.of(partials.times)


def strengths(file: PieceFile, start: float, seconds: float) -> FloatArray:
    """Strengths `(BANDS, F)` of a piece's drum onsets from `start` seconds on."""
    first = round(start * DRUM_RATE)
    count = int(seconds * DRUM_RATE) + 2
    drum_onsets = file.slice("drum_onsets", first, first + count).astype(np.float32)
    return np.pad(drum_onsets, ((0, 0), (0, count - drum_onsets.shape[1])))
