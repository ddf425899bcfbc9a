"""How near the pulse that is heard in dances comes to the true one of their music.

Dances are stored motion with the beats of its music (`NAME.npz`, as `dance_with_melody`), filmed by
a random camera and with the errors of a pose estimator, in windows; and videos with their truth
beside them: `NAME.beats.csv` as `d2m generate --beats` writes it, or `NAME.bpm`, a number alone.

A row of figures is a mean over dances (each the mean of its windows), with its 95 % interval.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m_cli.analysis.video import read_motion
from d2m_cli.data.pairs.augment import Augmentation, degrade, film
from d2m_cli.data.pairs.segments import generator
from d2m_cli.data.skeletons.load import load_motion
from d2m_cli.data.sources.piece import MotionFile, MotionKind
from d2m_cli.errors import DataError
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.ingest.probe import probe
from d2m_cli.metrics.coverage import beat_level
from d2m_cli.metrics.statistics import margin, mean
from d2m_cli.progress import Progress, silent
from d2m_cli.report.table_data import TableData
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import Motion

SAME_TEMPO = 0.04
"""Relative distance up to which two tempos are one (MIREX)."""

CAMERA = Augmentation(yaw=90.0, noise=0.03)
"""From every side but behind, somewhat noisier than in training."""

METERS_OF = {"cha-cha": 4, "rumba": 4, "waltz": 3}
"""Beats in a bar by genre."""

FIGURES = ("tempo", "octave", "f", "cml_t", "aml_t", "meter")
"""Tempo within 4 %; it, its half or its double; beats (70 ms, mir_eval); beats in a bar."""


@dataclass(frozen=True)
class KnownDance:
    """A window of a dance whose music is known."""

    name: str
    genre: str
    motion: Motion
    bpm: float
    beats: NDArray[np.float64] | None
    """`(B,)` seconds; None where the tempo alone is known."""
    meter: int | None = None


def windows_of(piece: Path, seconds: float, count: int) -> Iterator[KnownDance]:
    """`count` windows of a stored dance, evenly over it, each from another camera."""
    dance = load_motion(MotionFile(piece, MotionKind.JOINTS))
    if dance.joints is None or dance.beats is None:
        raise DataError(f"{piece} has no joints in space or no beats of its music.")
    joints = dance.joints.transpose(2, 0, 1).astype(np.float64)
    length = min(len(joints), round(seconds * MOTION_RATE))
    bpm = float(60.0 / np.median(np.diff(dance.beats)))
    starts = ((np.arange(count) + 0.5) / count * (len(joints) - length)).astype(int)
    for number, start in enumerate(starts):
        random = generator(0, number, piece.stem)
        positions, visible = film(joints[start : start + length], CAMERA, random)
        motion = degrade(positions, visible, np.ones(length, np.bool_), CAMERA, random)
        beats = dance.beats - start / MOTION_RATE
        inside = beats[(beats >= 0) & (beats < length / MOTION_RATE)]
        yield KnownDance(piece.stem, dance.genre, motion, bpm, inside, METERS_OF.get(dance.genre))


def video_with_truth(video: Path) -> KnownDance | None:
    """A video with `NAME.beats.csv` or `NAME.bpm` beside it; None without them.

    Raises `DataError` when they cannot be read.
    """
    table, number = video.with_suffix(".beats.csv"), video.with_suffix(".bpm")
    beats = None
    try:
        if table.exists():
            with table.open(newline="", encoding="utf-8") as file:
                beats = np.array([float(row["time"]) for row in csv.DictReader(file)])
            bpm = 60.0 * (len(beats) - 1) / (beats[-1] - beats[0])
        elif number.exists():
            bpm = float(number.read_text(encoding="utf-8"))
        else:
            return None
    except (OSError, ValueError, KeyError, IndexError, ZeroDivisionError) as error:
        raise DataError(f"The true tempo beside {video} cannot be read ({error}).") from error
    return KnownDance(video.stem, "video", read_motion(probe(video)), float(bpm), beats)


def score(dance: KnownDance) -> dict[str, float | None]:
    """The `FIGURES` of one window, 0..1, its `confidence`, and the `bpm` that was heard."""
    rhythm = estimate_rhythm(dance.motion)
    off = [abs(rhythm.bpm / dance.bpm * factor - 1.0) <= SAME_TEMPO for factor in (1.0, 0.5, 2.0)]
    level = None if dance.beats is None else beat_level(dance.beats, rhythm.beats)
    return {
        "tempo": float(off[0]),
        "octave": float(any(off)),
        "f": level.f_measure if level else None,
        "cml_t": level.cml_t if level else None,
        "aml_t": level.aml_t if level else None,
        "meter": None if dance.meter is None else float(rhythm.meter == dance.meter),
        "confidence": rhythm.certainty,
        "bpm": rhythm.bpm,
    }


def rhythm_record(
    folder: Path, seconds: float, count: int, progress: Progress = silent
) -> dict[str, list[dict[str, float | str | None]]]:
    """Every window's figures: `windows`, each with `name`, `genre`, `true_bpm` and `score`'s keys.

    Raises `DataError` when the folder holds no dance with a known pulse.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder: give the one that holds the dances.")
    stored = sorted(folder.glob("*.npz"))
    videos = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".mp4", ".mov", ".mkv"))
    rows: list[dict[str, float | str | None]] = []
    for number, path in enumerate([*stored, *videos]):
        progress("dances", number, len(stored) + len(videos))
        found = [video_with_truth(path)] if path in videos else windows_of(path, seconds, count)
        for dance in found:
            if dance is not None:
                facts: dict[str, float | str | None] = {
                    "name": dance.name,
                    "genre": dance.genre,
                    "true_bpm": dance.bpm,
                }
                rows.append({**facts, **score(dance)})
    if not rows:
        raise DataError(
            f"{folder} holds no dance with a known pulse: put NAME.bpm or NAME.beats.csv beside "
            "NAME.mp4, or give a folder of stored motion."
        )
    return {"windows": rows}


def rhythm_table(rows: list[dict[str, float | str | None]]) -> TableData:
    """Means over the dances of each genre, and over all."""
    genres = sorted({str(row["genre"]) for row in rows})
    groups = {genre: [row for row in rows if row["genre"] == genre] for genre in genres}
    lines = [_line(genre, group) for genre, group in groups.items()]
    if len(groups) > 1:
        lines.append(_line("all", rows))
    sure = [float(row["octave"] or 0.0) for row in rows if float(row["confidence"] or 0.0) > 0.5]
    note = f"Of {len(sure)} windows with confidence above 0.5, tempo or octave right: " + (
        f"{100 * np.mean(sure):.0f} %" if sure else "none there"
    )
    columns = ["Type", "dances", "tempo", "or octave", "F", "CMLt", "AMLt", "meter"]
    return TableData("Pulse of dances against their music's", columns, lines, note)


def _line(name: str, rows: list[dict[str, float | str | None]]) -> list[str]:
    dances = sorted({str(row["name"]) for row in rows})
    cells = []
    for figure in FIGURES:
        known = [
            mean(_number(row[figure]) for row in rows if row["name"] == dance) for dance in dances
        ]
        middle, half = mean(known), margin(known)
        spread = f" ± {half:.2f}" if half is not None else ""
        cells.append("–" if middle is None else f"{middle:.2f}{spread}")
    return [name, str(len(dances)), *cells]


def _number(value: float | str | None) -> float | None:
    return None if value is None else float(value)
