"""Measures every system on the dances: dances and music in, one record out.

Convention: every figure is taken in the same way of every system, baselines included. Figures
against the reference music exist only where a dance has one. The first piece (seed) of a dance is
scored; the others enter the diversity over seeds only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np

from d2m_cli import __version__
from d2m_cli.errors import DataError
from d2m_cli.evaluation.baselines import GT, EvaluatedDance, System
from d2m_cli.evaluation.figures import align_with_dances, cautions, compare_with_references
from d2m_cli.evaluation.record import (
    FORMAT,
    DanceRecord,
    EvaluationRecord,
    FrechetRecord,
    QualityRecord,
    RealMusicRecord,
    SystemRecord,
)
from d2m_cli.metrics import descriptors, diversity, genre
from d2m_cli.metrics.embeddings import Embedding
from d2m_cli.metrics.frechet import Embeddings, frechet_distance, half_distance, standardise
from d2m_cli.metrics.onsets import music_beats
from d2m_cli.metrics.statistics import mean
from d2m_cli.progress import Progress, silent
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

NO_UNIT = "fewer than two rows of real music: no unit for diversity"


@dataclass(frozen=True)
class LabelledSegments:
    """Labelled original music for genre accuracy."""

    pieces: Sequence[FloatArray]
    genres: Sequence[str]


def validate(dances: Sequence[EvaluatedDance], systems: Sequence[System]) -> None:
    """Raise `DataError` for no dance, a name twice, or music for a dance that is not there."""
    names = [dance.name for dance in dances]
    if not names:
        raise DataError("There is no dance to evaluate.")
    for kind, every in (("dance", names), ("system", [system.name for system in systems])):
        twice = {name for name in every if every.count(name) > 1}
        if twice:
            raise DataError(f"The {kind} '{min(twice)}' is given twice.")
    for system in systems:
        unknown = system.pieces.keys() - set(names)
        if unknown:
            raise DataError(f"'{system.name}' has music for '{min(unknown)}', which is no dance.")


def measure_systems(
    dances: Sequence[EvaluatedDance],
    systems: Sequence[System],
    embedding: Embedding,
    real: Sequence[FloatArray] = (),
    segments: LabelledSegments | None = None,
    distinct_codes: Callable[[FloatArray], int] | None = None,
    progress: Progress = silent,
) -> EvaluationRecord:
    """Measure every system on the dances.

    `real` is the music `(N,)` that distances are taken from; by default the references.
    `distinct_codes` counts the codes of a codec that a piece uses. Raises `DataError` (see
    `validate`).
    """
    validate(dances, systems)
    references = (dance.reference for dance in dances)
    own = [known for known in references if known is not None and len(known)]
    measures = _Measures(dances, embedding, real or own, segments, distinct_codes)
    rows = []
    for number, system in enumerate(systems):
        progress("measure", number, len(systems))
        rows.append(measures.row(system))
    progress("measure", len(systems), len(systems))
    date = datetime.now().astimezone().isoformat(timespec="seconds")
    record: EvaluationRecord = {
        "format": FORMAT,
        "made": {"date": date, "version": __version__, "command": ""},
        "dances": [_dance_record(dance) for dance in dances],
        "embedding": embedding.name,
        "real": measures.real_record(),
        "genre_chance": measures.genre_chance(),
        "systems": rows,
        "opinions": None,
        "notes": [] if measures.has_unit else [NO_UNIT],
    }
    record["notes"] += cautions(record)
    return record


class _Measures:
    """What is computed once and used for every system."""

    def __init__(
        self,
        dances: Sequence[EvaluatedDance],
        embedding: Embedding,
        real: Sequence[FloatArray],
        segments: LabelledSegments | None,
        distinct_codes: Callable[[FloatArray], int] | None,
    ) -> None:
        self.dances = {dance.name: dance for dance in dances}
        self.embedding = embedding
        self.real = [embedding.compute(_long_enough(piece)) for piece in real]
        self.has_unit = not embedding.standardised or sum(map(len, self.real)) > 1
        self.segments = segments
        self.distinct_codes = distinct_codes
        if segments:
            self.segment_rows = np.stack([self._piece_row(p) for p in segments.pieces])

    def real_record(self) -> RealMusicRecord:
        """The real set: pieces, rows and the distance between its halves."""
        groups = self.real
        if groups and self.embedding.standardised:
            groups = standardise(np.concatenate(groups), groups)
        halves = half_distance(groups) if groups else None
        return {"pieces": len(groups), "rows": sum(map(len, groups)), "halves": halves}

    def genre_chance(self) -> float | None:
        """Genre accuracy of blind retrieval."""
        genres = [dance.genre for dance in self.dances.values() if dance.genre]
        return genre.chance(self.segments.genres, genres) if self.segments and genres else None

    def row(self, system: System) -> SystemRecord:
        """All figures of one system."""
        pieces = {n: takes[0] for n, takes in system.pieces.items() if takes and len(takes[0])}
        rows = {name: self.embedding.compute(_long_enough(p)) for name, p in pieces.items()}
        frechet, notes = self._frechet(list(rows.values()))
        if missing := [name for name in self.dances if name not in pieces]:
            notes.append(f"no music for {', '.join(missing)}")
        return {
            "name": system.name,
            "clips": len(pieces),
            "seconds": round(sum(map(len, pieces.values())) / SAMPLE_RATE, 3),
            "beats": compare_with_references(pieces, self.dances) if system.name != GT else None,
            "alignment": align_with_dances(pieces, self.dances),
            "quality": self._quality(pieces),
            "distinct_codes": self._codes(pieces),
            "frechet": frechet,
            "genre_accuracy": self._genre(rows),
            "diversity_dances": self._spread([r.mean(axis=0) for r in rows.values()]),
            "diversity_seeds": self._over_seeds(system.pieces),
            "notes": notes,
        }

    def _quality(self, pieces: Mapping[str, FloatArray]) -> QualityRecord:
        figures = [asdict(descriptors.measure(_long_enough(p))) for p in pieces.values()]

        def of(field: str) -> float | None:
            return mean(figure[field] for figure in figures)

        return QualityRecord(
            chroma_peakiness=of("chroma_peakiness"),
            flatness=of("flatness"),
            rms_spread=of("rms_spread"),
            onsets_low=of("onsets_low"),
            onsets_middle=of("onsets_middle"),
            onsets_high=of("onsets_high"),
            pulse=of("pulse"),
        )

    def _codes(self, pieces: Mapping[str, FloatArray]) -> float | None:
        if self.distinct_codes is None:
            return None
        return mean(self.distinct_codes(piece) for piece in pieces.values())

    def _frechet(self, rows: list[Embeddings]) -> tuple[FrechetRecord, list[str]]:
        real = np.concatenate(self.real) if self.real else np.zeros((0, 0))
        made = np.concatenate(rows) if rows else np.zeros((0, 0))
        record: FrechetRecord = {"distance": None, "rows": len(made)}
        if len(real) < 2 or len(made) < 2:
            return record, ["fewer than two rows of music: no Frechet distance"]
        if self.embedding.standardised:
            real, made = standardise(real, [real, made])
        return {**record, "distance": frechet_distance(real, made)}, []

    def _genre(self, rows: Mapping[str, Embeddings]) -> float | None:
        known = {n: r for n, r in rows.items() if self.dances[n].genre}
        if not self.segments or not known:
            return None
        made = np.stack([row.mean(axis=0) for row in known.values()])
        segments = self.segment_rows
        if self.embedding.standardised:
            segments, made = standardise(segments, [segments, made])
        genres = [self.dances[name].genre for name in known]
        return genre.genre_accuracy(made, genres, segments, self.segments.genres)

    def _over_seeds(self, pieces: Mapping[str, Sequence[FloatArray]]) -> float | None:
        if not self.has_unit:
            return None
        several = [takes for takes in pieces.values() if len(takes) > 1]
        units = [self._in_units([self._piece_row(p) for p in takes]) for takes in several]
        return diversity.over_seeds(units)

    def _spread(self, rows: list[Embeddings]) -> float | None:
        if not rows or not self.has_unit:
            return None
        return diversity.mean_distance(np.stack(self._in_units(rows)))

    def _in_units(self, rows: list[Embeddings]) -> list[Embeddings]:
        if not self.embedding.standardised:
            return rows
        return list(standardise(np.concatenate(self.real), [np.stack(rows)])[0])

    def _piece_row(self, piece: FloatArray) -> Embeddings:
        return self.embedding.compute(_long_enough(piece)).mean(axis=0)


def _long_enough(piece: FloatArray) -> FloatArray:
    """A piece of at least one window, filled with silence."""
    return np.pad(piece, (0, max(0, descriptors.WINDOW - len(piece))))


def _dance_record(dance: EvaluatedDance) -> DanceRecord:
    return {
        "name": dance.name,
        "seconds": round(dance.seconds, 3),
        "kinematic_beats": len(dance.beats),
        "genre": dance.genre,
        "reference": dance.reference is not None,
        "reference_beats": None if dance.reference is None else len(music_beats(dance.reference)),
    }
