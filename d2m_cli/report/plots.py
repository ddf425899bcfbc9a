"""Result records as pictures: figures without pyplot, so without display and global state."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from d2m_cli.evaluation.record import EvaluationRecord
from d2m_cli.files import whole_file
from d2m_cli.metrics.mos import Opinion
from d2m_cli.metrics.onsets import CURVE_RATE
from d2m_cli.metrics.pairs import OnsetTrace
from d2m_cli.types import BoolArray, FloatArray

REFERENCE, GENERATED, HIT = "#4c6a92", "#c8643c", "#8ab17d"
REAL_SONGS = (0.14, 0.26)
"""Alignment lift of real songs on their own dance clips (docs/evaluation.md)."""

MOST_PAIRS = 8


def plot_beats(traces: Sequence[OnsetTrace]) -> Figure:
    """Onset curves of pairs as in the paper's figure 5: reference above, generated below.

    Cells of one second with an onset are shaded, in green where both pieces have one (a hit). At
    most `MOST_PAIRS` pairs are drawn.
    """
    shown = traces[:MOST_PAIRS]
    figure = Figure(figsize=(9, 2.6 * len(shown)), layout="constrained")
    rows = figure.subplots(2 * len(shown), 1, squeeze=False)
    for trace, upper, lower in zip(shown, rows[::2, 0], rows[1::2, 0], strict=True):
        hits = trace.reference_cells & trace.generated_cells
        _onsets(upper, trace.reference, trace.reference_cells, hits, REFERENCE, "reference")
        _onsets(lower, trace.generated, trace.generated_cells, hits, GENERATED, "generated")
        upper.set_title(f"{trace.name}: {hits.sum()} of {trace.reference_cells.sum()} cells hit")
        upper.tick_params(labelbottom=False)
    rows[-1, 0].set_xlabel("seconds (green: a hit)")
    if len(traces) > len(shown):
        figure.suptitle(f"the first {len(shown)} of {len(traces)} pairs")
    return figure


def plot_systems(record: EvaluationRecord) -> Figure:
    """Alignment lift of every system: its clips as dots, its mean, and the mismatched mean."""
    systems = [s for s in record["systems"] if s["alignment"]["lift"] is not None]
    figure = Figure(figsize=(9, 1.8 + 0.4 * len(systems)), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(*REAL_SONGS, color=HIT, alpha=0.3, lw=0, label="real songs, own dances")
    axes.axvline(0.0, color="grey", linewidth=0.8)
    for place, system in enumerate(systems):
        own = system["alignment"]
        lifts = [clip["lift"] for clip in own["clips"] if clip["lift"] is not None]
        marks = (
            (lifts, "o", REFERENCE, "clips", 0.4),
            ([own["lift"]], "D", GENERATED, "mean", 1.0),
            ([own["mismatched"]], "x", "black", "mean of music for other dances", 1.0),
        )
        for values, mark, colour, label, alpha in marks:
            known = [value for value in values if value is not None]
            own_label = label if place == 0 else None
            height = [place] * len(known)
            axes.plot(known, height, mark, color=colour, alpha=alpha, label=own_label, ms=7)
    axes.set_yticks(range(len(systems)), [system["name"] for system in systems])
    axes.set(xlabel="alignment lift (0: chance)", ylim=(len(systems) - 0.5, -0.5))
    figure.legend(loc="outside upper center", ncols=4, frameon=False)
    return figure


def plot_quality(record: EvaluationRecord) -> Figure:
    """Frechet distance against alignment lift: good music for the dance lies lower right."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.subplots()
    for place, system in enumerate(record["systems"]):
        lift, distance = system["alignment"]["lift"], system["frechet"]["distance"]
        if lift is not None and distance is not None:
            mark = "osD^vP*X"[place // 10 % 8]
            axes.plot(lift, distance, mark, color=f"C{place % 10}", ms=9, label=system["name"])
    axes.axvline(0.0, color="grey", linewidth=0.8)
    axes.set_yscale("symlog", linthresh=10.0)
    axes.set(xlabel="alignment lift", ylabel=f"Frechet distance ({record['embedding']})")
    axes.margins(y=0.1)
    figure.legend(loc="outside right upper", frameon=False)
    return figure


def plot_opinions(scores: Mapping[str, Mapping[str, Opinion]]) -> Figure:
    """Mean opinion scores with their intervals, a panel for each part."""
    parts = {part: systems for part, systems in scores.items() if systems}
    count = max(1, len(parts))
    figure = Figure(figsize=(5 * count, 3.5), layout="constrained")
    panels = figure.subplots(1, count, squeeze=False, sharey=True)
    for axes, (part, systems) in zip(panels[0], parts.items(), strict=False):
        ordered = sorted(systems.items(), key=lambda pair: pair[1].mean)
        means = [opinion.mean for _, opinion in ordered]
        margins = [opinion.margin or 0.0 for _, opinion in ordered]
        axes.errorbar(range(len(means)), means, margins, fmt="o", color=REFERENCE, capsize=4)
        axes.set_xticks(range(len(means)), [name for name, _ in ordered], rotation=30, ha="right")
        axes.set(title=part, ylim=(0.9, 5.1), yticks=range(1, 6))
        axes.grid(axis="y", alpha=0.3)
        axes.margins(x=0.2)
    panels[0, 0].set_ylabel("mean opinion (95 % interval)")
    return figure


def png(figure: Figure) -> bytes:
    """A figure as PNG in memory."""
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=110)
    return image.getvalue()


def save(image: bytes, path: Path) -> None:
    """Write a picture. Raises `OutputError`."""
    with whole_file(path) as draft:
        draft.write_bytes(image)


def _onsets(
    axes: Axes, curve: FloatArray, cells: BoolArray, hits: BoolArray, colour: str, label: str
) -> None:
    seconds = np.arange(len(curve)) / CURVE_RATE
    axes.plot(seconds, curve / max(float(curve.max()), 1e-9), color=colour, linewidth=1.0)
    for second in np.flatnonzero(cells):
        shade = HIT if hits[second] else colour
        axes.axvspan(second, second + 1, color=shade, alpha=0.35 if hits[second] else 0.15, lw=0)
    axes.set(xlim=(0, len(cells)), ylim=(0, 1.05), ylabel=label, yticks=[])
    axes.set_xticks(range(len(cells) + 1) if len(cells) <= 20 else range(0, len(cells) + 1, 5))
