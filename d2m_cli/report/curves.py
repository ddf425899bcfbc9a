"""A training run as pictures: its losses over the steps (figure 6), and what it sounds like."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import ceil
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from d2m_cli.metrics.descriptors import HOP, WINDOW, power_spectrogram
from d2m_cli.report.plots import GENERATED, REFERENCE
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

COLUMNS = 3
DEPTH_DB = 80.0
"""Of a spectrogram, below its loudest point."""
LOWEST, ROWS = 40.0, 160
"""Hz of its lowest row, and the number of rows."""


class LogEntry(NamedTuple):
    """One line of a run's `log.csv`."""

    kind: str
    """train, validation or pace."""
    step: int
    name: str
    value: float


def plot_curves(records: Iterable[LogEntry]) -> Figure:
    """Every figure of training and validation in a panel of its own, as in the paper's figure 6."""
    curves: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for record in records:
        curves[record.kind, record.name].append((record.step, record.value))
    rows = max(1, ceil(len(curves) / COLUMNS))
    figure = _figure(rows, 2.2)
    for place, ((kind, name), points) in enumerate(curves.items(), start=1):
        axes = figure.add_subplot(rows, COLUMNS, place)
        colour = REFERENCE if kind == "train" else GENERATED
        axes.plot(*zip(*points, strict=True), color=colour, marker="." if len(points) < 50 else "")
        axes.set_title(f"{name} ({kind})", fontsize=9)
        axes.tick_params(labelsize=7)
        axes.locator_params(nbins=4)
        axes.grid(alpha=0.3)
    figure.supxlabel("step", fontsize=9)
    return figure


def plot_spectrograms(sounds: Mapping[str, FloatArray]) -> Figure:
    """Spectrograms in dB of pieces `(N,)` at `SAMPLE_RATE`, one below the other."""
    figure = _figure(len(sounds), 1.8)
    hertz = np.geomspace(LOWEST, SAMPLE_RATE / 2, ROWS)
    ticks = [100, 1000, 10000]
    for place, (name, wave) in enumerate(sounds.items(), start=1):
        axes = figure.add_subplot(len(sounds), 1, place)
        power = power_spectrogram(wave)[np.round(hertz * WINDOW / SAMPLE_RATE).astype(int)]
        level = 10 * np.log10(np.maximum(power, 1e-10))
        seconds = level.shape[1] * HOP / SAMPLE_RATE
        axes.imshow(
            level,
            origin="lower",
            aspect="auto",
            extent=(0, seconds, 0, ROWS),
            vmin=level.max() - DEPTH_DB,
            vmax=level.max(),
            cmap="magma",
        )
        axes.set_title(name, fontsize=9)
        axes.set_yticks(np.interp(ticks, hertz, np.arange(ROWS)), [f"{tick} Hz" for tick in ticks])
        axes.tick_params(labelsize=7)
    figure.supxlabel("seconds", fontsize=9)
    return figure


def _figure(rows: int, height: float) -> Figure:
    """Margins are set by hand: to find them takes longer than to draw a picture."""
    inches = height * rows + 0.5
    figure = Figure(figsize=(9, inches))
    figure.subplots_adjust(0.07, 0.5 / inches, 0.98, 1 - 0.3 / inches, wspace=0.25, hspace=0.45)
    return figure
