"""What an evaluation returns: plain data (JSON), read by reports and by Python callers.

Convention: a figure that does not exist is `None`, never NaN and never 0; its reason is in `notes`.
This file holds types alone, so that any room may name them.
"""

from typing import TypedDict

FORMAT = 2
"""Version of the record: 2 added `made`, `seconds` and `lift_margin`."""


class MadeRecord(TypedDict):
    """Where a record comes from."""

    date: str
    """ISO 8601, with the time zone."""
    version: str
    """Of this project."""
    command: str
    """The command line; empty from Python."""


class DanceRecord(TypedDict):
    """One dance."""

    name: str
    seconds: float
    kinematic_beats: int
    genre: str
    reference: bool
    """There is reference music."""
    reference_beats: int | None


class RealMusicRecord(TypedDict):
    """The real music that distances are taken from."""

    pieces: int
    rows: int
    """Embeddings of all pieces."""
    halves: float | None
    """Distance between two halves of the pieces."""


class PairRecord(TypedDict):
    """A generated piece against its reference; a line of the CSV of `d2m eval-beats`."""

    name: str
    coverage: float | None
    hit: float | None
    precision: float | None
    reference_cells: int
    generated_cells: int
    hit_cells: int
    f_measure: float | None
    cml_c: float | None
    cml_t: float | None
    aml_c: float | None
    aml_t: float | None
    seconds: float
    cut_seconds: float
    notes: str


class CellsRecord(TypedDict):
    """Coverage and hit of a set of pairs."""

    coverage: float | None
    hit: float | None
    clips: int


class LorisRecord(TypedDict):
    """LORIS's scores of a set of pairs (`metrics.coverage.LorisScore`)."""

    bcs: float | None
    csd: float | None
    bhs: float | None
    hsd: float | None
    f1: float | None
    clips: int


class BeatLevelRecord(TypedDict):
    """Mean beat-level scores of a set of pairs (`metrics.coverage.BeatLevelScore`)."""

    f_measure: float | None
    cml_c: float | None
    cml_t: float | None
    aml_c: float | None
    aml_t: float | None
    clips: int


class BeatsRecord(TypedDict):
    """All beat scores of a set of pairs."""

    pairs: list[PairRecord]
    macro: CellsRecord
    pooled: CellsRecord
    loris: LorisRecord
    beat_level: BeatLevelRecord


class DanceAnswers(TypedDict):
    """How a piece answers a dance (`metrics.answers`)."""

    freeze_contrast: float | None
    """dB; None for a dance without freezes."""
    accent_response: float | None
    """Above chance, like those below; None for a dance without strong accents."""
    busyness: float | None
    loudness: float | None
    """Correlations with the dance's energy."""


class ClipAlignment(TypedDict):
    """How one piece follows its dance."""

    name: str
    dance_beats: int
    music_beats: int
    music_tempo: float | None
    """Beats per minute."""
    lift: float | None
    lift_onsets: float | None
    lift_music: float | None
    mismatched: float | None
    bas_dance: float | None
    bas_music: float | None
    answers: DanceAnswers
    answers_mismatched: DanceAnswers


class AlignmentRecord(TypedDict):
    """How a system's pieces follow their dances: the clips and their means."""

    clips: list[ClipAlignment]
    lift: float | None
    lift_margin: float | None
    """Half the 95 % interval of the mean lift over the clips; `None` for fewer than two."""
    lift_onsets: float | None
    lift_music: float | None
    mismatched: float | None
    bas_dance: float | None
    bas_music: float | None
    answers: DanceAnswers
    answers_mismatched: DanceAnswers
    scored: int
    """Clips that have a lift."""


class QualityRecord(TypedDict):
    """Mean descriptors of a system's pieces (`metrics.descriptors.Quality`)."""

    chroma_peakiness: float | None
    flatness: float | None
    rms_spread: float | None
    onsets_low: float | None
    onsets_middle: float | None
    onsets_high: float | None
    pulse: float | None


class FrechetRecord(TypedDict):
    """Distance of a system's pieces from the real music."""

    distance: float | None
    rows: int
    """Embeddings of the system's pieces."""


class SystemRecord(TypedDict):
    """All figures of one system."""

    name: str
    clips: int
    seconds: float
    """Of all scored pieces together."""
    beats: BeatsRecord | None
    alignment: AlignmentRecord
    quality: QualityRecord
    distinct_codes: float | None
    frechet: FrechetRecord
    genre_accuracy: float | None
    diversity_dances: float | None
    diversity_seeds: float | None
    notes: list[str]


class OpinionRecord(TypedDict):
    """Mean opinion score of a system (`metrics.mos.Opinion`)."""

    mean: float
    margin: float | None
    ratings: int
    listeners: int
    over: str


OpinionsRecord = dict[str, dict[str, OpinionRecord]]
"""By part of the listening test, then by system."""


class EvaluationRecord(TypedDict):
    """A whole evaluation: what `d2m evaluate` writes to its results file."""

    format: int
    made: MadeRecord
    dances: list[DanceRecord]
    embedding: str
    real: RealMusicRecord
    genre_chance: float | None
    systems: list[SystemRecord]
    opinions: OpinionsRecord | None
    notes: list[str]
