"""Generated against reference music: every beat score of a pair, and of a set of pairs.

Convention: both pieces start together; the longer is cut to the length of the shorter and the
record says by how much. Files of two folders belong together when their names without suffix are
equal.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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


def summarise(scores: Sequence[PairScore]) -> dict[str, dict[str, float | int | None]]:
    """Macro, pooled, LORIS and mean beat-level scores of a set, each with its number of clips."""
    cells = [score.cells for score in scores]
    scored = sum(cell.reference > 0 for cell in cells)
    summary: dict[str, dict[str, float | int | None]] = {}
    for name, gather in (("macro", coverage.macro), ("pooled", coverage.pooled)):
        covered, hit = gather(cells)
        summary[name] = {"coverage": covered, "hit": hit, "clips": scored}
    summary["loris"] = {**vars(coverage.loris(cells)), "clips": scored}
    levels = [score.beat_level for score in scores if score.beat_level is not None]
    summary["beat_level"] = {
        field: coverage.mean([getattr(level, field) for level in levels])
        for field in coverage.BeatLevelScore.__dataclass_fields__
    }
    summary["beat_level"]["clips"] = len(levels)
    return summary


def pair_record(score: PairScore) -> dict[str, object]:
    """One pair as a flat record for JSON and CSV."""
    level = score.beat_level
    return {
        "name": score.name,
        "coverage": score.cells.coverage,
        "hit": score.cells.hit,
        "precision": score.cells.precision,
        "reference_cells": score.cells.reference,
        "generated_cells": score.cells.generated,
        "hit_cells": score.cells.hits,
        **{
            field: None if level is None else getattr(level, field)
            for field in coverage.BeatLevelScore.__dataclass_fields__
        },
        "seconds": round(score.seconds, 3),
        "cut_seconds": round(score.cut_seconds, 3),
        "notes": "; ".join(score.notes),
    }


def pair_files(reference: Path, generated: Path) -> tuple[list[tuple[str, Path, Path]], list[str]]:
    """Pairs (name, reference, generated), and the names that only one folder has.

    Two files make one pair whatever their names. Raises `DataError` for a missing path, a file
    beside a folder, a name that occurs twice in a folder, or folders without a common name.
    """
    for path in (reference, generated):
        if not path.exists():
            raise DataError(f"{path} does not exist.")
    if reference.is_dir() != generated.is_dir():
        raise DataError("Give two files or two folders, not one of each.")
    if reference.is_file():
        return [(generated.stem, reference, generated)], []
    known, made = _by_name(reference), _by_name(generated)
    common = sorted(known.keys() & made.keys())
    if not common:
        raise DataError(f"No file in {generated} has the name of a file in {reference}.")
    return [(name, known[name], made[name]) for name in common], sorted(known.keys() ^ made.keys())


def _by_name(folder: Path) -> dict[str, Path]:
    files = [path for path in folder.iterdir() if path.is_file() and path.name[0] != "."]
    twice = [name for name, count in Counter(path.stem for path in files).items() if count > 1]
    if twice:
        raise DataError(f"{folder} has several files named '{twice[0]}': keep one of them.")
    return {path.stem: path for path in files}
