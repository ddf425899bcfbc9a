"""How far the beats of generated music agree with those of the reference music.

Conventions. *Coverage and hit* (paper 4.2, after the authors' script): onsets by librosa with
`ONSET_SETTINGS`, gathered in cells of one second; a cell is 1 when an onset falls in it. With cells
`s` (generated) and `g` (reference): coverage = sum(s) / sum(g), hit = sum(s and g) / sum(g).
*LORIS* (Yu et al., ICML 2023) on the same cells: BCS = hits / sum(s), a precision; BHS = hits /
sum(g); CSD and HSD their standard deviations over the clips (ddof 1); F1 from the means. *Beat
level*: the F measure (70 ms window) and the continuity scores of `mir_eval.beat` (Davies et al.
2009) between tracked beats, without cutting off the first five seconds.

A score without a denominator (silent reference, single clip) is `None`, never NaN.

Metrics
-------
* `cell_score`: coverage, hit and precision of one pair; `macro`, `pooled` over a set
* `loris`: LORIS's scores of a set
* `beat_level`: F measure and continuity of tracked beats

>>> reference = np.array([True, True, False, False])
>>> pair = cell_score(reference, np.array([False, True, True, True]))
>>> pair.coverage, pair.hit, round(pair.precision, 3)
(1.5, 0.5, 0.333)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from d2m_cli.errors import DataError
from d2m_cli.metrics.onsets import HOP, Times, onset_curve
from d2m_cli.metrics.statistics import deviation, mean
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import BoolArray, FloatArray

ONSET_SETTINGS: dict[str, Any] = {
    "wait": 1,
    "delta": 0.2,
    "pre_avg": 1,
    "post_avg": 1,
    "post_max": 1,
}
"""The authors' settings of `librosa.onset.onset_detect`; all others are librosa's defaults."""


@dataclass(frozen=True)
class CellScore:
    """Coverage and hit of one pair, with the counts they come from."""

    reference: int
    """Cells with an onset in the reference."""
    generated: int
    hits: int

    @property
    def coverage(self) -> float | None:
        """0 upwards, 1: as many active seconds as the reference; `None` when that is silent."""
        return _ratio(self.generated, self.reference)

    @property
    def hit(self) -> float | None:
        """0..1; `None` when the reference is silent."""
        return _ratio(self.hits, self.reference)

    @property
    def precision(self) -> float | None:
        """LORIS's BCS, 0..1; `None` without generated onsets."""
        return _ratio(self.hits, self.generated)


@dataclass(frozen=True)
class LorisScore:
    """LORIS's corpus scores; `None` where no clip (for the deviations: only one) has a score."""

    bcs: float | None
    csd: float | None
    bhs: float | None
    hsd: float | None
    f1: float | None


@dataclass(frozen=True)
class BeatLevelScore:
    """`mir_eval`'s scores 0..1 of tracked beats."""

    f_measure: float
    cml_c: float
    """Longest continuous correct stretch at the reference's metrical level."""
    cml_t: float
    """All correct beats at that level."""
    aml_c: float
    """As `cml_c`, double and half tempo and off-beat allowed."""
    aml_t: float


def onset_times(curve: FloatArray) -> Times:
    """Onsets `(B,)` in seconds of a mean onset curve `(T_env,)`, with the authors' settings."""
    from d2m_cli.librosa_lock import librosa

    onsets = librosa.onset.onset_detect(
        onset_envelope=curve, sr=SAMPLE_RATE, hop_length=HOP, units="time", **ONSET_SETTINGS
    )
    return np.asarray(onsets, dtype=np.float64)


def onset_cells(onsets: Times, count: int) -> BoolArray:
    """Cells `(count,)` of one second each, true where one of the onsets `(B,)` in seconds falls."""
    cells = np.zeros(count, dtype=np.bool_)
    if count:
        cells[np.minimum(onsets.astype(np.int64), count - 1)] = True
    return cells


def music_cells(samples: FloatArray) -> BoolArray:
    """Cells `(ceil(N / SAMPLE_RATE),)` of `(N,)` samples at `SAMPLE_RATE`."""
    return onset_cells(onset_times(onset_curve(samples)), -(-len(samples) // SAMPLE_RATE))


def validate(reference: BoolArray, generated: BoolArray) -> None:
    """Raise `DataError` unless both are boolean cells `(n,)` of the same length."""
    if reference.dtype != np.bool_ or generated.dtype != np.bool_:
        raise DataError("Onset cells must be booleans.")
    if reference.ndim != 1 or reference.shape != generated.shape:
        raise DataError(
            f"The pair has {reference.shape} and {generated.shape} cells: "
            "cut the longer piece to the length of the shorter."
        )


def cell_score(reference: BoolArray, generated: BoolArray) -> CellScore:
    """Counts of one pair of cells `(n,)`. Raises `DataError` for different lengths."""
    validate(reference, generated)
    return CellScore(int(reference.sum()), int(generated.sum()), int((reference & generated).sum()))


def macro(scores: Sequence[CellScore]) -> tuple[float | None, float | None]:
    """Means of coverage and hit over the clips that have a score."""
    return mean([s.coverage for s in scores]), mean([s.hit for s in scores])


def pooled(scores: Sequence[CellScore]) -> tuple[float | None, float | None]:
    """Coverage and hit of the counts summed over the clips whose reference is not silent."""
    kept = [s for s in scores if s.reference]
    total = CellScore(
        sum(s.reference for s in kept), sum(s.generated for s in kept), sum(s.hits for s in kept)
    )
    return total.coverage, total.hit


def loris(scores: Sequence[CellScore]) -> LorisScore:
    """LORIS's variant over a set of clips."""
    precisions, recalls = [s.precision for s in scores], [s.hit for s in scores]
    bcs, bhs = mean(precisions), mean(recalls)
    f1 = None
    if bcs is not None and bhs is not None:
        f1 = 2 * bcs * bhs / (bcs + bhs) if bcs + bhs > 0 else 0.0
    return LorisScore(bcs, deviation(precisions), bhs, deviation(recalls), f1)


def beat_level(reference: Times, generated: Times) -> BeatLevelScore | None:
    """Scores of generated against reference beats `(B,)` in seconds.

    `None` when the reference has fewer than two beats: it then has no tempo to agree with.
    Generated music with fewer than two beats scores 0.
    """
    from mir_eval import beat

    if len(reference) < 2:
        return None
    if len(generated) < 2:
        return BeatLevelScore(0.0, 0.0, 0.0, 0.0, 0.0)
    continuity = beat.continuity(reference, generated)
    return BeatLevelScore(
        float(beat.f_measure(reference, generated)), *(float(value) for value in continuity)
    )


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
