"""An evaluation's record as tables: one for a screen, the paper's, and those that it lacks."""

from collections.abc import Mapping, Sequence

from d2m_cli.evaluation.record import (
    BeatsRecord,
    EvaluationRecord,
    OpinionRecord,
    SystemRecord,
)
from d2m_cli.metrics.pairs import TRIM_WARNING_SECONDS
from d2m_cli.report import paper
from d2m_cli.report.answers_table import answers_table
from d2m_cli.report.console import NO_SCORE, number, percent
from d2m_cli.report.table_data import TableData

MAX_NAMES = 5
"""Names of dances in a note."""

FULL = {"High (full)": "d2m high", "Low (full)": "d2m low"}
"""Rows of the paper's ablations that are the whole model."""


def paper_tables(record: EvaluationRecord) -> list[TableData]:
    """Tables 1 to 6 of the paper, with its figures beside the measured ones."""
    return [table_one(record), *ablations(record)]


def detail_tables(record: EvaluationRecord) -> list[TableData]:
    """Every figure that the paper does not have."""
    return [alignment(record), answers_table(record), distances(record)]


def main_table(record: EvaluationRecord) -> TableData:
    """Lift and distance of every system, then the paper's measures: one screen."""
    columns = ("System", "Lift", "Distance", "Mismatched", "Coverage", "Hit", "Clips", "Seconds")
    rows = []
    for system in record["systems"]:
        own = system["alignment"]
        interval = "" if own["lift_margin"] is None else f" ± {own['lift_margin']:.2f}"
        covered, hit, _ = _figures(system)
        rows.append(
            [
                system["name"],
                number(own["lift"], 2) + interval,
                number(system["frechet"]["distance"], 1),
                number(own["mismatched"], 2),
                covered,
                hit,
                str(own["scored"]),
                f"{system['seconds']:.0f}",
            ]
        )
    return TableData(
        "Does the music follow the dance (lift), and does it sound like music (distance)?",
        columns,
        rows,
        "Lift: 0 is chance, ± the 95 % interval over the clips; docs/evaluation.md has that of "
        "real songs. "
        "Distance: 0 is best, compare with GT and random codes. Mismatched: the lift of music for "
        "other dances. Coverage, hit: % of the reference's seconds.",
    )


def notes(record: EvaluationRecord, of_systems: bool = True) -> list[str]:
    """What a reader of the tables must know, with or without what concerns single systems."""
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
    for system in record["systems"] if of_systems else ():
        lines += [f"{system['name']}: {note}" for note in system["notes"]]
        lines += [f"{system['name']}: {note}" for note in _pair_notes(system["beats"])]
    return lines


def _pair_notes(beats: BeatsRecord | None) -> list[str]:
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
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more


def table_one(record: EvaluationRecord) -> TableData:
    """The paper's protocol: rhythm, genre, coherence and quality."""
    systems = {system["name"]: system for system in record["systems"]}
    opinions = record["opinions"] or {}
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


def ablations(record: EvaluationRecord) -> list[TableData]:
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


def alignment(record: EvaluationRecord) -> TableData:
    """Does the music follow this dance?"""
    columns = (
        *("System", "Clips", "Lift", "Mismatched", "Lift onsets", "Lift music"),
        *("BAS", "BAS music", "F"),
    )
    rows = []
    for system in record["systems"]:
        own, beats = system["alignment"], system["beats"]
        figures = (
            *(own["lift"], own["mismatched"], own["lift_onsets"], own["lift_music"]),
            *(own["bas_dance"], own["bas_music"]),
            beats["beat_level"]["f_measure"] if beats else None,
        )
        rows.append([system["name"], str(own["scored"]), *map(number, figures)])
    return TableData(
        "Alignment: does the music follow this dance?",
        columns,
        rows,
        "Lift: score of the music's beats on the dance's less chance (0). Mismatched: the lift of "
        "pieces made for other dances. Onsets: the same of all onsets, not of tracked beats. "
        "Music: averaged over the music's beats. F: beats against those of the reference.",
    )


def distances(record: EvaluationRecord) -> TableData:
    """How does the music sound, and how different are the pieces?"""
    columns = (
        *("System", "Distance", "Tonality", "Flatness", "RMS dB"),
        *("Low/s", "Mid/s", "High/s", "Pulse", "Codes", "Dances", "Seeds"),
    )
    rows = []
    for system in record["systems"]:
        own = system["quality"]
        qualities = (
            *(own["chroma_peakiness"], own["flatness"], own["rms_spread"]),
            *(own["onsets_low"], own["onsets_middle"], own["onsets_high"], own["pulse"]),
        )
        figures = [number(figure, 2) for figure in qualities]
        diversity = (system["diversity_dances"], system["diversity_seeds"])
        spread = [number(figure, 2) for figure in diversity]
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


def _figures(system: SystemRecord | None) -> list[str]:
    """Coverage, hit and genre accuracy of a measured system."""
    if system is None:
        return [NO_SCORE] * 3
    macro = system["beats"]["macro"] if system["beats"] else None
    covered, hit = (macro["coverage"], macro["hit"]) if macro else (None, None)
    return [percent(s) for s in (covered, hit, system["genre_accuracy"])]


def _rhythm(system: SystemRecord) -> str:
    coverage, hit, _ = _figures(system)
    return "" if coverage == NO_SCORE else f"{coverage} & {hit}"


def _opinion(opinion: OpinionRecord) -> str:
    margin = "" if opinion["margin"] is None else f" ± {opinion['margin']:.1f}"
    return f"{opinion['mean']:.1f}{margin}"


def _one(score: float) -> str:
    return f"{score:.1f}"
