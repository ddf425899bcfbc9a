"""Generated against reference music: every beat score of a pair.

Convention: both pieces start together; the longer is cut to the length of the shorter, and the
score holds by how much.

Metrics
-------
* `compare_pair`: coverage, hit and beat-level scores of two pieces

>>> import numpy as np
>>> clicks = np.zeros(4 * SAMPLE_RATE, np.float32)
>>> for second in (0.5, 1.5, 2.5, 3.5):
...     clicks[int(second * SAMPLE_RATE) :][:200] = np.sin(np.arange(200))
>>> score, _ = compare_pair("dance", clicks, clicks[: 2 * SAMPLE_RATE])
>>> score.cells.hit, score.cut_seconds
(1.0, 2.0)
"""

from dataclasses import dataclass

from d2m_cli.errors import DataError
from d2m_cli.metrics import coverage
from d2m_cli.metrics.onsets import music_beats, onset_curve
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import BoolArray, FloatArray

TRIM_WARNING_SECONDS = 0.02
"""Seconds of a cut that are worth mentioning."""


@dataclass(frozen=True)
class PairScore:
    """All beat scores of one pair."""

    name: str
    seconds: float
    """Length that was compared."""
    cut_seconds: float
    """Cut off the end of the longer piece."""
    cells: coverage.CellScore
    beat_level: coverage.BeatLevelScore | None

    @property
    def notes(self) -> list[str]:
        """What a reader of the scores must know."""
        notes = []
        if self.cut_seconds >= TRIM_WARNING_SECONDS:
            notes.append(f"the longer piece was cut by {self.cut_seconds:.2f} s")
        if self.cells.reference == 0:
            notes.append("the reference has no onset: no coverage, no hit")
        if self.beat_level is None:
            notes.append("the reference has fewer than two beats: no beat-level scores")
        return notes


@dataclass(frozen=True)
class OnsetTrace:
    """Onset curves `(T_env,)` and cells `(n,)` of a pair, for its picture."""

    name: str
    reference: FloatArray
    generated: FloatArray
    reference_cells: BoolArray
    generated_cells: BoolArray


def compare_pair(
    name: str, reference: FloatArray, generated: FloatArray
) -> tuple[PairScore, OnsetTrace]:
    """Compare two pieces `(N,)` at `SAMPLE_RATE`. Raises `DataError` when one has no samples."""
    length = min(len(reference), len(generated))
    if length == 0:
        raise DataError(f"'{name}' has no sound in the reference or in the generated piece.")
    cut = abs(len(reference) - len(generated)) / SAMPLE_RATE
    pieces = (reference[:length], generated[:length])
    count = -(-length // SAMPLE_RATE)
    known, made = (onset_curve(piece) for piece in pieces)
    known_cells, made_cells = (
        coverage.onset_cells(coverage.onset_times(curve), count) for curve in (known, made)
    )
    score = PairScore(
        name,
        length / SAMPLE_RATE,
        cut,
        coverage.cell_score(known_cells, made_cells),
        coverage.beat_level(*(music_beats(piece) for piece in pieces)),
    )
    return score, OnsetTrace(name, known, made, known_cells, made_cells)
