"""A training run as pictures: its losses over the steps (figure 6), and what it sounds like."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import ceil
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from d2m_cli.evaluation.quality import HOP, WINDOW, power_spectrogram
from d2m_cli.report.plots import GENERATED, REFERENCE
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

COLUMNS = 3
DEPTH_DB = 80.0
"""Of a spectrogram, below its loudest point."""


class Record(NamedTuple):
    """One line of a run's `log.csv`."""

    kind: str
    """train, validation or pace."""
    step: int
    name: str
    value: float


def plot_curves(records: Iterable[Record]) -> Figure:
    """Every figure of training and validation in a panel of its own, as in the paper's figure 6."""
    curves: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for record in records:
        curves[record.kind, record.name].append((record.step, record.value))
    rows = max(1, ceil(len(curves) / COLUMNS))
    figure = Figure(figsize=(4 * COLUMNS, 2.4 * rows), layout="constrained")
    panels = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axes, ((kind, name), points) in zip(panels, curves.items(), strict=False):
        colour = REFERENCE if kind == "train" else GENERATED
        axes.plot(*zip(*points, strict=True), color=colour, marker="." if len(points) < 50 else "")
        axes.set_title(f"{name} ({kind})", fontsize=9)
        axes.grid(alpha=0.3)
    for axes in panels[len(curves) :]:
        axes.set_visible(False)
    figure.supxlabel("step")
    return figure


def plot_spectrograms(sounds: Mapping[str, FloatArray]) -> Figure:
    """Spectrograms in dB of pieces `(N,)` at `SAMPLE_RATE`, one below the other."""
    figure = Figure(figsize=(9, 1.9 * len(sounds)), layout="constrained")
    for axes, (name, wave) in zip(
        figure.subplots(len(sounds), 1, squeeze=False)[:, 0], sounds.items(), strict=True
    ):
        level = 10 * np.log10(np.maximum(power_spectrogram(wave), 1e-10))
        seconds = np.arange(level.shape[1] + 1) * HOP / SAMPLE_RATE
        hertz = np.arange(len(level) + 1) * SAMPLE_RATE / WINDOW
        top = float(level.max())
        axes.pcolormesh(
            seconds, hertz, level, vmin=top - DEPTH_DB, vmax=top, cmap="magma", rasterized=True
        )
        axes.set(title=name, ylabel="Hz", ylim=(40, SAMPLE_RATE / 2), yscale="log")
    axes.set_xlabel("seconds")
    return figure
