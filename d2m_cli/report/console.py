"""Result records as tables on the terminal (and as the same tables in HTML)."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from d2m_cli.metrics.mos import Opinion

NO_SCORE = "–"


def percent(value: float | None) -> str:
    """A share as the paper prints it: 0.882 is 88.2."""
    return NO_SCORE if value is None else f"{100.0 * value:.1f}"


def number(value: float | None, digits: int = 3) -> str:
    """A plain figure; a missing one is a dash."""
    return NO_SCORE if value is None else f"{value:.{digits}f}"


def beats_table(record: Mapping[str, Any]) -> Table:
    """Table of an `eval-beats` record: a line per pair, then the scores of the set."""
    columns = ("coverage", "hit", "f_measure", "cml_c", "cml_t", "aml_c", "aml_t")
    table = Table(title="Beats of the generated against the reference music (%)")
    table.add_column("pair", overflow="fold")
    for name in columns:
        table.add_column(name.replace("_", " "), justify="right", no_wrap=True)
    for pair in record["pairs"]:
        table.add_row(pair["name"], *(percent(pair[name]) for name in columns))
    table.add_section()
    levels = record["beat_level"]
    _set_row(
        table, f"mean of {record['macro']['clips']} clips", {**record["macro"], **levels}, columns
    )
    _set_row(table, "pooled over them", record["pooled"], columns)
    return table


def notes_of(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """What must be known of single pairs, a line each."""
    return [f"{pair['name']}: {pair['notes']}" for pair in pairs if pair["notes"]]


def loris_line(loris: Mapping[str, float | None]) -> str:
    """LORIS's scores in one line."""
    parts = [
        f"{name.upper()} {percent(loris[name])}" for name in ("bcs", "csd", "bhs", "hsd", "f1")
    ]
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
        verdict = "ranks rightly" if result["ranks_correctly"] else "ranks WRONGLY"
        table.add_column(f"{name} ({verdict})", justify="right")
    first = next(iter(record.values()))
    for known in first:
        if known != "ranks_correctly":
            table.add_row(known, *(number(result[known], 1) for result in record.values()))
    return table


def _set_row(
    table: Table, label: str, scores: Mapping[str, float | None], columns: Sequence[str]
) -> None:
    cells = (percent(scores[name]) if name in scores else "" for name in columns)
    table.add_row(label, *cells)
