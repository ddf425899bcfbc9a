"""Our small ablations beside the paper's tables 3 to 6."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from d2m_cli.metrics.statistics import margin
from d2m_cli.report.console import NO_SCORE
from d2m_cli.report.paper import ABLATIONS
from d2m_cli.report.table_data import TableData

PERCENT = ("coverage", "hit")
OTHERS = {"lift": ("Lift", 3), "mel": ("Mel", 3), "codes_used": ("Codes", 0)}
"""Figures that the paper does not have: their columns and digits."""

NOTE = (
    "Paper: AIST++, genre accuracy by VGGish. Measured: mean of the clips, then mean and 95 % "
    "interval over the seeds."
)
NOTE_OF_OTHERS = (
    "Lift: onsets on the beats of the music less chance. Mel: log-mel distance to it. Codes: "
    "distinct ones in four clips."
)


def ablation_record(
    title: str, level: str, figures: Mapping[str, Sequence[Mapping[str, float]]]
) -> dict[str, Any]:
    """Plain data of one table: `figures` of each seed by the row's name."""
    published = ABLATIONS[title][1]
    names = ("coverage", "hit", "genre_accuracy")
    rows = []
    for name, seeds in figures.items():
        known = [key for key in seeds[0] if all(key in seed for seed in seeds)]
        samples = {key: np.array([seed[key] for seed in seeds]) for key in known}
        rows.append(
            {
                "name": name,
                "paper": dict(zip(names, published[name], strict=False)),
                "mean": {key: float(sample.mean()) for key, sample in samples.items()},
                "margin": {key: margin(sample) for key, sample in samples.items()},
                "seeds": [dict(seed) for seed in seeds],
            }
        )
    return {"table": title, "what": ABLATIONS[title][0], "level": level, "rows": rows}


def ablation_tables(record: Mapping[str, Any]) -> list[TableData]:
    """The paper's columns, each beside ours; and, apart, what the paper does not measure.

    Two tables, for one would be wider than the 80 columns of a terminal.
    """
    columns = ["Models"]
    for name in ("Coverage", "Hit"):
        columns += [f"{name} paper", f"{name} measured"]
    beside, apart = [], []
    for row in record["rows"]:
        cells = [row["name"]]
        for key in PERCENT:
            cells += [f"{row['paper'][key]:.1f}", _figure(row, key, 1, scale=100.0)]
        beside.append([*cells, f"{row['paper']['genre_accuracy']:.1f}"])
        others = [_figure(row, key, digits) for key, (_, digits) in OTHERS.items()]
        apart.append([row["name"], *others])
    named = f"{record['table']}, figures of our own"
    return [
        TableData(f"{record['table']}: {record['what']}", [*columns, "Genre paper"], beside, NOTE),
        TableData(
            named, ["Models", *(title for title, _ in OTHERS.values())], apart, NOTE_OF_OTHERS
        ),
    ]


def _figure(row: Mapping[str, Any], key: str, digits: int, scale: float = 1.0) -> str:
    if key not in row["mean"]:
        return NO_SCORE
    text = f"{scale * row['mean'][key]:.{digits}f}"
    spread = row["margin"][key]
    return text if spread is None else f"{text} ± {scale * spread:.{digits}f}"
