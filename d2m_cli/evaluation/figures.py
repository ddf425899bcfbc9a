"""Parts of a system's record: beats against the references, alignment with the dances, cautions."""

from collections.abc import Mapping, Sequence

from d2m_cli.evaluation.answers import HeardPiece, answers_to, mean_answers
from d2m_cli.evaluation.baselines import EvaluatedDance
from d2m_cli.evaluation.record import (
    AlignmentRecord,
    BeatLevelRecord,
    BeatsRecord,
    CellsRecord,
    ClipAlignment,
    EvaluationRecord,
    LorisRecord,
    PairRecord,
)
from d2m_cli.metrics import coverage
from d2m_cli.metrics.alignment import Direction, alignment_lift, beat_alignment_score
from d2m_cli.metrics.onsets import Times, music_onsets, onset_curve, track_beats
from d2m_cli.metrics.pairs import PairScore, compare_pair
from d2m_cli.metrics.statistics import margin, mean
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

MAX_OTHERS = 10
"""Pieces of other dances that the mismatched lift is averaged over."""

FEW_CLIPS = 10
"""A mean lift over fewer clips has an interval as wide as the differences between systems."""

FEW_SECONDS = 4.0
"""A shorter dance has two to five kinematic beats: its lift is mostly chance."""

FEW_ROWS = 100
"""A Frechet distance over fewer rows is too large (docs/evaluation.md)."""


def compare_with_references(
    pieces: Mapping[str, FloatArray], dances: Mapping[str, EvaluatedDance]
) -> BeatsRecord | None:
    """Beat scores of pieces `(N,)` by dance; `None` when no dance has a reference."""
    scores = []
    for name, piece in pieces.items():
        reference = dances[name].reference
        if reference is not None and len(reference):
            scores.append(compare_pair(name, reference, piece)[0])
    return beats_record(scores) if scores else None


def beats_record(scores: Sequence[PairScore]) -> BeatsRecord:
    """Macro, pooled, LORIS and mean beat-level scores of a set, each with its number of clips."""
    cells = [score.cells for score in scores]
    loris = coverage.loris(cells)
    scored = sum(cell.reference > 0 for cell in cells)
    levels = [score.beat_level for score in scores if score.beat_level is not None]

    def level(field: str) -> float | None:
        return mean([getattr(one, field) for one in levels])

    return {
        "pairs": [pair_record(score) for score in scores],
        "macro": _cells(*coverage.macro(cells), scored),
        "pooled": _cells(*coverage.pooled(cells), scored),
        "loris": LorisRecord(
            bcs=loris.bcs,
            csd=loris.csd,
            bhs=loris.bhs,
            hsd=loris.hsd,
            f1=loris.f1,
            clips=scored,
        ),
        "beat_level": BeatLevelRecord(
            f_measure=level("f_measure"),
            cml_c=level("cml_c"),
            cml_t=level("cml_t"),
            aml_c=level("aml_c"),
            aml_t=level("aml_t"),
            clips=len(levels),
        ),
    }


def pair_record(score: PairScore) -> PairRecord:
    """One pair as a flat record for JSON and CSV."""

    def level(field: str) -> float | None:
        return None if score.beat_level is None else getattr(score.beat_level, field)

    return {
        "name": score.name,
        "coverage": score.cells.coverage,
        "hit": score.cells.hit,
        "precision": score.cells.precision,
        "reference_cells": score.cells.reference,
        "generated_cells": score.cells.generated,
        "hit_cells": score.cells.hits,
        "f_measure": level("f_measure"),
        "cml_c": level("cml_c"),
        "cml_t": level("cml_t"),
        "aml_c": level("aml_c"),
        "aml_t": level("aml_t"),
        "seconds": round(score.seconds, 3),
        "cut_seconds": round(score.cut_seconds, 3),
        "notes": "; ".join(score.notes),
    }


def align_with_dances(
    pieces: Mapping[str, FloatArray], dances: Mapping[str, EvaluatedDance]
) -> AlignmentRecord:
    """How pieces `(N,)` by dance follow their dances, and those of others."""
    tracked = {name: track_beats(onset_curve(p, "median")) for name, p in pieces.items()}
    lengths = {name: len(piece) / SAMPLE_RATE for name, piece in pieces.items()}
    heard = {name: HeardPiece.of(piece) for name, piece in pieces.items()}
    clips: list[ClipAlignment] = []
    for place, (name, (tempo, beats)) in enumerate(tracked.items()):
        dance = dances[name]
        others = ([*tracked][place + 1 :] + [*tracked][:place])[:MAX_OTHERS]
        lifts = [_lift(dance, tracked[other][1], lengths[other]) for other in others]
        foreign = [answers_to(dance.events, dance.energy, heard[other]) for other in others]
        clips.append(
            {
                "name": name,
                "dance_beats": len(dance.beats),
                "music_beats": len(beats),
                "music_tempo": tempo or None,
                "lift": _lift(dance, beats, lengths[name]),
                "lift_onsets": _lift(dance, music_onsets(pieces[name]), lengths[name]),
                "lift_music": _lift(dance, beats, lengths[name], Direction.MUSIC),
                "mismatched": mean(lifts),
                "bas_dance": beat_alignment_score(dance.beats, beats),
                "bas_music": beat_alignment_score(dance.beats, beats, Direction.MUSIC),
                "answers": answers_to(dance.events, dance.energy, heard[name]),
                "answers_mismatched": mean_answers(foreign),
            }
        )
    return {
        "clips": clips,
        "lift": mean(clip["lift"] for clip in clips),
        "lift_margin": margin(clip["lift"] for clip in clips),
        "lift_onsets": mean(clip["lift_onsets"] for clip in clips),
        "lift_music": mean(clip["lift_music"] for clip in clips),
        "mismatched": mean(clip["mismatched"] for clip in clips),
        "bas_dance": mean(clip["bas_dance"] for clip in clips),
        "bas_music": mean(clip["bas_music"] for clip in clips),
        "answers": mean_answers([clip["answers"] for clip in clips]),
        "answers_mismatched": mean_answers([clip["answers_mismatched"] for clip in clips]),
        "scored": sum(clip["lift"] is not None for clip in clips),
    }


def cautions(record: EvaluationRecord) -> list[str]:
    """Which figures of a record rest on too little, and on how much they rest."""
    dances = record["dances"]
    count, seconds = len(dances), sum(dance["seconds"] for dance in dances)
    lines = []
    if count < FEW_CLIPS:
        lines.append(
            f"Lift rests on {_counted(count, 'dance')} of {seconds:.0f} s in all: compare systems "
            f"over at least {FEW_CLIPS}."
        )
    short = sum(dance["seconds"] < FEW_SECONDS for dance in dances)
    if short:
        lines.append(
            f"{_counted(short, 'dance')} shorter than {FEW_SECONDS:g} s: the lift of one of them "
            "is mostly chance."
        )
    rows = [s["frechet"]["rows"] for s in record["systems"] if s["frechet"]["distance"] is not None]
    fewest = min([*rows, record["real"]["rows"]]) if rows else FEW_ROWS
    if fewest < FEW_ROWS:
        lines.append(
            f"Distance rests on {fewest} windows of music at the least: with fewer than {FEW_ROWS} "
            "it is too large."
        )
    return lines


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _cells(covered: float | None, hit: float | None, clips: int) -> CellsRecord:
    return {"coverage": covered, "hit": hit, "clips": clips}


def _lift(
    dance: EvaluatedDance, music: Times, seconds: float, direction: Direction = Direction.DANCE
) -> float | None:
    """Lift over the time that dance and music share."""
    common = min(dance.seconds, seconds)
    return alignment_lift(
        dance.beats[dance.beats < common], music[music < common], common, direction
    )
