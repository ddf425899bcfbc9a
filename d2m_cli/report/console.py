"""Result records as tables on the terminal (and as the same tables in HTML)."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.table import Table

from d2m_cli.evaluation.record import BeatsRecord, LorisRecord, PairRecord
from d2m_cli.metrics.mos import Opinion

NO_SCORE = "–"

LEVELS: Final = ("f_measure", "cml_c", "cml_t", "aml_c", "aml_t")
"""Beat-level scores in the order of the table."""


def percent(value: float | None) -> str:
    """A share as the paper prints it: 0.882 is 88.2."""
    return NO_SCORE if value is None else f"{100.0 * value:.1f}"


def number(value: float | None, digits: int = 3) -> str:
    """A plain figure; a missing one is a dash."""
    return NO_SCORE if value is None else f"{value:.{digits}f}"


def beats_table(record: BeatsRecord) -> Table:
    """Table of an `eval-beats` record: a line per pair, then the scores of the set."""
    table = Table(title="Beats of the generated against the reference music (%)")
    table.add_column("pair", overflow="fold")
    for name in ("coverage", "hit", *LEVELS):
        table.add_column(name.replace("_", " "), justify="right", no_wrap=True)
    for pair in record["pairs"]:
        shown = (pair[name] for name in LEVELS)
        _set_row(table, pair["name"], pair["coverage"], pair["hit"], *shown)
    table.add_section()
    macro, pooled, levels = record["macro"], record["pooled"], record["beat_level"]
    shown = (levels[name] for name in LEVELS)
    _set_row(table, f"mean of {macro['clips']} clips", macro["coverage"], macro["hit"], *shown)
    _set_row(table, "pooled over them", pooled["coverage"], pooled["hit"])
    return table


def notes_of(pairs: Sequence[PairRecord]) -> list[str]:
    """What must be known of single pairs, a line each."""
    return [f"{pair['name']}: {pair['notes']}" for pair in pairs if pair["notes"]]


def loris_line(loris: LorisRecord) -> str:
    """LORIS's scores in one line."""
    names: Final = ("bcs", "csd", "bhs", "hsd", "f1")
    parts = [f"{name.upper()} {percent(loris[name])}" for name in names]
    return f"LORIS's variant (%): {', '.join(parts)}"


def opinions_table(scores: Mapping[str, Mapping[str, Opinion]]) -> Table:
    """Mean opinion scores of each part, best first."""
    table = Table(title="Mean opinion scores (1 to 5)")
    for column in ("part", "system"):
        table.add_column(column)
    for column in ("mean", "95 % interval", "ratings", "listeners"):
        table.add_column(column, justify="right")
    for part, systems in scores.items():
        for name, own in sorted(systems.items(), key=lambda pair: -pair[1].mean):
            margin = NO_SCORE if own.margin is None else f"± {own.margin:.2f} over {own.over}"
            counts = (str(own.ratings), str(own.listeners))
            table.add_row(part, name, f"{own.mean:.2f}", margin, *counts)
        table.add_section()
    return table


def yardstick_table(record: Mapping[str, Mapping[str, float]], pieces: int) -> Table:
    """Distances of the known sets, a column for each embedding."""
    table = Table(title=f"Frechet distance of known sets ({pieces} pieces in two halves)")
    table.add_column("set")
    for name, result in record.items():
        verdict = "ranks correctly" if result["ranks_correctly"] else "fails the ranking"
        table.add_column(f"{name} ({verdict})", justify="right")
    first = next(iter(record.values()))
    for known in first:
        if known != "ranks_correctly":
            table.add_row(known, *(number(result[known], 1) for result in record.values()))
    return table


def _set_row(table: Table, label: str, *scores: float | None) -> None:
    table.add_row(label, *map(percent, scores), *[""] * (2 + len(LEVELS) - len(scores)))
