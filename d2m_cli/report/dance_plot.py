"""One picture of a dance and its music on a common time axis."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from d2m_cli.files import printable, whole_file
from d2m_cli.spec import BEATS_PER_BAR
from d2m_cli.types import STRONG_ACCENT, Events, FrameArray

STRIP_ASPECT = 6.9
"""Width of the row of frames against its height: as many are shown as fit without distortion."""


@dataclass(frozen=True)
class Curve:
    """A curve `(T,)` sampled at `rate` per second."""

    values: NDArray[np.floating]
    rate: float


@dataclass(frozen=True)
class DancePlot:
    """What the picture shows."""

    title: str
    frames: FrameArray
    """`(S, H, W, 3)` pictures at even distances."""
    dance: Curve
    """Mean speed of the joints."""
    music: Curve
    """Onset strength of the music."""
    beats: NDArray[np.floating]
    """`(B,)` seconds; the same are drawn in both panels."""
    seconds: float
    first: int = 0
    """Number of the first beat; every `meter`-th from 0 on opens a bar."""
    meter: int = BEATS_PER_BAR
    events: Events = field(default_factory=Events)
    """Of the dance, and what the music did:"""
    pauses: Sequence[tuple[float, float]] = ()
    """start and end of its silences, seconds, and"""
    sections: Sequence[tuple[float, float, str]] = ()
    """start, end and letter of its sections."""


def plot_dance(path: Path, plot: DancePlot) -> None:
    """Write the frames, the dance's speed and the music's onsets on one time axis.

    The suffix decides the format (png, svg, pdf). Raises `OutputError`.
    """
    figure, axes = plt.subplots(
        3, 1, figsize=(14, 6.5), sharex=True, height_ratios=(1.2, 1, 1), layout="constrained"
    )
    figure.suptitle(printable(plot.title), x=0.01, ha="left", fontsize=11, parse_math=False)
    pictures: Axes = axes[0]
    shape = plot.frames.shape
    fitting = _evenly(plot.frames, round(STRIP_ASPECT * shape[1] / shape[2]))
    strip = np.concatenate(list(fitting), axis=1)
    pictures.imshow(strip, extent=(0, plot.seconds, 0, 1), aspect="auto")
    pictures.set_yticks([])
    _mark_dance(axes[1], plot.events)
    _mark_music(axes[2], plot)
    _draw(axes[1], plot, plot.dance, "torso lengths / s", "speed of the joints", "C0")
    _draw(axes[2], plot, plot.music, "dB a frame", "onsets of the music", "C1")
    axes[2].set_xlabel("time (s)")
    axes[2].set_xlim(0, plot.seconds)
    try:
        with whole_file(path) as draft, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
            figure.savefig(draft, dpi=110)
    finally:
        plt.close(figure)


def _evenly(strip: FrameArray, count: int) -> FrameArray:
    """`count` of the pictures, as evenly spread as they are."""
    count = min(max(count, 1), len(strip))
    places = ((np.arange(count) + 0.5) * len(strip) / count).astype(int)
    return strip[places]


def _mark_dance(axes: Axes, events: Events) -> None:
    """Freezes and turns as bands, accents and jumps as marks, sections as letters."""
    for number, freeze in enumerate(events.freezes):
        axes.axvspan(*freeze, color="C7", alpha=0.3, lw=0, label=None if number else "freeze")
    for number, turn in enumerate(events.turns):
        axes.axvspan(*turn, color="C4", alpha=0.2, lw=0, label=None if number else "turn")
    strong = [accent.time for accent in events.accents if accent.strength >= STRONG_ACCENT]
    for marker, colour, label, times in (
        ("^", "C3", f"strong accent ({len(strong)} of {len(events.accents)})", strong),
        ("*", "C2", "jump", [jump.time for jump in events.jumps]),
        ("v", "C5", "drop", [drop.time for drop in events.drops]),
    ):
        if times:
            foot = axes.get_xaxis_transform()
            axes.plot(times, [0.05] * len(times), marker, color=colour, label=label, transform=foot)
    _letters(axes, [(s.start, s.end, s.name) for s in events.sections])


def _mark_music(axes: Axes, plot: DancePlot) -> None:
    """Where the music pauses, and its sections."""
    for number, pause in enumerate(plot.pauses):
        axes.axvspan(*pause, color="C7", alpha=0.3, lw=0, label=None if number else "pause")
    _letters(axes, plot.sections)


def _letters(axes: Axes, sections: Sequence[tuple[float, float, str]]) -> None:
    for start, end, name in sections:
        place = axes.get_xaxis_transform()
        axes.text(start, 0.97, f" {name}", transform=place, va="top", fontsize=9, weight="bold")
        axes.axvline(end, color="C3", lw=1.2, alpha=0.5)


def _draw(axes: Axes, plot: DancePlot, curve: Curve, unit: str, label: str, colour: str) -> None:
    times = np.arange(len(curve.values)) / curve.rate
    axes.plot(times, curve.values, color=colour, linewidth=1, label=label)
    names = {True: "first beat of a bar", False: "beat of the music"}
    for number, beat in enumerate(plot.beats, plot.first):
        first = number % plot.meter == 0
        axes.axvline(
            float(beat),
            color="black",
            linestyle="-" if first else "--",
            linewidth=1.0 if first else 0.6,
            alpha=0.6,
            label=names.pop(first, None),
        )
    axes.set_ylabel(unit)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=8, fontsize=8, frameon=False)
    axes.margins(x=0)
