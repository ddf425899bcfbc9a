"""An evaluation's record as tables: the paper's, with its figures beside, and those it lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from d2m_cli.metrics.pairs import TRIM_WARNING_SECONDS
from d2m_cli.report import paper
from d2m_cli.report.console import NO_SCORE, number, percent

Record = Mapping[str, Any]

WORDS = ("Category", "Features", "Type", "Metric", "Methods", "Models", "System")
"""Columns that hold words, not figures."""

NARROWEST = 112
"""Characters of a line below which figures would be broken in two."""

MOST_NAMES = 5
"""Names of dances in a note."""

FULL = {"High (full)": "d2m high", "Low (full)": "d2m low"}
"""Rows of the paper's ablations that are the whole model."""


@dataclass(frozen=True)
class TableData:
    """A table for any surface."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def all_tables(record: Record) -> list[TableData]:
    """Tables 1 to 6 of the paper, then what the paper does not measure."""
    return [table_one(record), *ablations(record), alignment(record), distances(record)]


def notes(record: Record) -> list[str]:
    """What a reader of the tables must know."""
    real = record["real"]
    halves = number(real["halves"], 1)
    count = len(record["dances"])
    lines = [
        f"{count} dance{'' if count == 1 else 's'}. Distance: Frechet over the embedding "
        f"'{record['embedding']}' ({real['rows']} rows of {real['pieces']} real pieces; "
        f"two halves of them: {halves})."
    ]
    if record["genre_chance"] is not None:
        lines.append(f"Genre accuracy of blind retrieval: {percent(record['genre_chance'])}.")
    lines += record["notes"]
    for system in record["systems"]:
        lines += [f"{system['name']}: {note}" for note in system["notes"]]
        lines += [f"{system['name']}: {note}" for note in _pair_notes(system["beats"])]
    return lines


def _pair_notes(beats: Record | None) -> list[str]:
    """What must be known of a system's pairs, a line for each kind."""
    pairs = beats["pairs"] if beats else []
    cut = [pair["cut_seconds"] for pair in pairs if pair["cut_seconds"] >= TRIM_WARNING_SECONDS]
    silent = [pair["name"] for pair in pairs if not pair["reference_cells"]]
    still = [pair["name"] for pair in pairs if pair["f_measure"] is None]
    kinds = (
        (
            cut,
            f"{len(cut)} of {len(pairs)} pieces cut to the shorter, by {max(cut, default=0):.2f} s"
            " at most",
        ),
        (silent, f"no coverage, no hit where the reference has no onset ({_named(silent)})"),
        (still, f"no F where the reference has fewer than two beats ({_named(still)})"),
    )
    return [text for found, text in kinds if found]


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def table_one(record: Record) -> TableData:
    """The paper's protocol: rhythm, genre, coherence and quality."""
    systems = {system["name"]: system for system in record["systems"]}
    opinions = record.get("opinions") or {}
    rows: list[list[str]] = []
    rhythm = {name: _rhythm(system) for name, system in systems.items()}
    rows += _block(
        ("Dance-Music", "Rhythm", "Obj.", "Coverage & Hit"),
        {name: f"{c:.1f} & {h:.1f}" for name, (c, h) in paper.RHYTHM.items()},
        {name: text for name, text in rhythm.items() if text},
    )
    genre = {n: percent(s["genre_accuracy"]) for n, s in systems.items()}
    rows += _block(
        ("Dance-Music", "Genre", "Obj.", "Genre Accuracy"),
        {name: f"{score:.1f}" for name, score in paper.GENRE.items()},
        {name: text for name, text in genre.items() if text != NO_SCORE},
    )
    for category, part, scores in (
        ("Dance-Music", "Coherence", paper.COHERENCE),
        ("Music", "Quality", paper.QUALITY),
    ):
        rows += _block(
            (category, part, "Subj.", "MOS"),
            {name: f"{score:.1f}" for name, score in scores.items()},
            {name: _opinion(o) for name, o in opinions.get(part.lower(), {}).items()},
        )
    columns = ("Category", "Features", "Type", "Metric", "Methods", "Paper", "Measured")
    return TableData(
        "Table 1: the evaluation protocol",
        columns,
        rows,
        "Paper: AIST++ test set. Measured: the dances at hand (means of clips; MOS ± 95 %).",
    )


def ablations(record: Record) -> list[TableData]:
    """Tables 2 to 6: the paper's rows beside the systems measured under their names."""
    systems = {system["name"]: system for system in record["systems"]}
    tables = []
    for title, (what, published) in paper.ABLATIONS.items():
        width = len(next(iter(published.values())))
        names = ("Coverage", "Hit", "Genre")[:width]
        columns = [
            "Models",
            *(f"{name} {side}" for name in names for side in ("paper", "measured")),
        ]
        rows = []
        for name, scores in published.items():
            system = systems.get(name) or systems.get(FULL.get(name, ""))
            measured = _figures(system)[:width]
            cells = [c for pair in zip(map(_one, scores), measured, strict=True) for c in pair]
            rows.append([name, *cells])
        tables.append(TableData(f"{title}: {what}", columns, rows))
    return tables


def alignment(record: Record) -> TableData:
    """Does the music follow this dance?"""
    columns = (
        *("System", "Clips", "Lift", "Mismatched", "Lift onsets", "Lift music"),
        *("BAS", "BAS music", "F"),
    )
    rows = []
    for system in record["systems"]:
        own, beats = system["alignment"], system["beats"]
        fields = ("lift", "mismatched", "lift_onsets", "lift_music", "bas_dance", "bas_music")
        level = beats["beat_level"]["f_measure"] if beats else None
        figures = [number(own[field]) for field in fields]
        rows.append([system["name"], str(own["scored"]), *figures, number(level)])
    return TableData(
        "Alignment: does the music follow this dance?",
        columns,
        rows,
        "Lift: score of the music's beats on the dance's less chance (0). Mismatched: the lift of "
        "pieces made for other dances. Onsets: the same of all onsets, not of tracked beats. "
        "Music: averaged over the music's beats. F: beats against those of the reference.",
    )


def distances(record: Record) -> TableData:
    """How does the music sound, and how different are the pieces?"""
    columns = (
        *("System", "Distance", "Tonality", "Flatness", "RMS dB"),
        *("Low/s", "Mid/s", "High/s", "Pulse", "Codes", "Dances", "Seeds"),
    )
    fields = (
        *("chroma_peakiness", "flatness", "rms_spread"),
        *("onsets_low", "onsets_middle", "onsets_high", "pulse"),
    )
    rows = []
    for system in record["systems"]:
        figures = [number(system["quality"][field], 2) for field in fields]
        spread = [number(system[f"diversity_{over}"], 2) for over in ("dances", "seeds")]
        distance = number(system["frechet"]["distance"], 1)
        codes = number(system["distinct_codes"], 0)
        rows.append([system["name"], distance, *figures, codes, *spread])
    return TableData(
        f"Sound: Frechet distance over '{record['embedding']}' and what it must be read with",
        columns,
        rows,
        "Onsets per second in three bands; codes: distinct ones of a piece; dances and seeds: "
        "diversity over them. Compare every figure with the row GT.",
    )


def rich_table(data: TableData) -> Table:
    """A table for the terminal."""
    table = Table(
        title=data.title,
        caption=data.note or None,
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for column in data.columns:
        table.add_column(column, justify="left" if column in WORDS else "right", overflow="fold")
    for row in data.rows:
        table.add_row(*row)
    return table


def _block(
    labels: Sequence[str], published: Mapping[str, str], measured: Mapping[str, str]
) -> list[list[str]]:
    """Rows of one metric: the paper's methods, then systems that the paper does not have."""
    by_paper_name = {paper.SAME.get(name, name): text for name, text in measured.items()}
    methods = [*published, *(name for name in by_paper_name if name not in published)]
    rows = []
    for place, method in enumerate(methods):
        shown = labels if place == 0 else [""] * len(labels)
        figures = (published.get(method, NO_SCORE), by_paper_name.get(method, NO_SCORE))
        rows.append([*shown, method, *figures])
    return rows


def _figures(system: Record | None) -> list[str]:
    """Coverage, hit and genre accuracy of a measured system."""
    if system is None:
        return [NO_SCORE] * 3
    macro = system["beats"]["macro"] if system["beats"] else {"coverage": None, "hit": None}
    return [percent(s) for s in (macro["coverage"], macro["hit"], system["genre_accuracy"])]


def _rhythm(system: Record) -> str:
    coverage, hit, _ = _figures(system)
    return "" if coverage == NO_SCORE else f"{coverage} & {hit}"


def _opinion(opinion: Record) -> str:
    margin = "" if opinion["margin"] is None else f" ± {opinion['margin']:.1f}"
    return f"{opinion['mean']:.1f}{margin}"


def _one(score: float) -> str:
    return f"{score:.1f}"
