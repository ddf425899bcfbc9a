"""Result records as pictures (matplotlib, without a display)."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from d2m_cli.evaluation.compare import OnsetTrace
from d2m_cli.evaluation.onsets import CURVE_RATE
from d2m_cli.types import BoolArray, FloatArray

REFERENCE, GENERATED, HIT = "#4c6a92", "#c8643c", "#8ab17d"
MOST_PAIRS = 8


def plot_beats(traces: Sequence[OnsetTrace]) -> Figure:
    """Onset curves of pairs as in the paper's figure 5: reference above, generated below.

    Cells of one second with an onset are shaded, in green where both pieces have one (a hit). At
    most `MOST_PAIRS` pairs are drawn.
    """
    shown = traces[:MOST_PAIRS]
    figure, rows = pyplot.subplots(
        2 * len(shown), 1, figsize=(9, 2.6 * len(shown)), squeeze=False, layout="constrained"
    )
    for trace, upper, lower in zip(shown, rows[::2, 0], rows[1::2, 0], strict=True):
        hits = trace.reference_cells & trace.generated_cells
        _onsets(upper, trace.reference, trace.reference_cells, hits, REFERENCE, "reference")
        _onsets(lower, trace.generated, trace.generated_cells, hits, GENERATED, "generated")
        upper.set_title(f"{trace.name}: {hits.sum()} hits of {trace.reference_cells.sum()}")
        upper.tick_params(labelbottom=False)
    rows[-1, 0].set_xlabel("seconds (green: a hit)")
    if len(traces) > len(shown):
        figure.suptitle(f"the first {len(shown)} of {len(traces)} pairs")
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG and free it; an interrupted run leaves no half-written file."""
    unfinished = path.with_name(f".{path.name}.part")
    figure.savefig(unfinished, format="png", dpi=110)
    pyplot.close(figure)
    unfinished.replace(path)


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
