"""One picture of a dance and its music on a common time axis."""

from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from d2m_cli.types import FrameArray

STRIP_ASPECT = 6.9
"""Width of the row of frames against its height: as many are shown as fit without distortion."""


@dataclass(frozen=True)
class Curve:
    """A curve `(T,)` sampled at `rate` per second, with its beats `(B,)` in seconds."""

    values: NDArray[np.floating]
    rate: float
    beats: NDArray[np.floating]


def plot_dance(path: Path, strip: FrameArray, dance: Curve, music: Curve, seconds: float) -> None:
    """Write the frames `(S, H, W, 3)`, the dance's joint speed and the music's onset confidence.

    Dashed lines are the beats of each. The file appears whole or not at all; its suffix decides the
    format (png, svg, pdf).
    """
    figure, axes = plt.subplots(
        3, 1, figsize=(14, 6), sharex=True, height_ratios=(1.2, 1, 1), layout="constrained"
    )
    pictures: Axes = axes[0]
    fitting = _evenly(strip, round(STRIP_ASPECT * strip.shape[1] / strip.shape[2]))
    pictures.imshow(np.concatenate(list(fitting), axis=1), extent=(0, seconds, 0, 1), aspect="auto")
    pictures.set_yticks([])
    _draw(axes[1], dance, "joint speed", "tab:blue")
    _draw(axes[2], music, "onset confidence", "tab:orange")
    axes[2].set_xlabel("time (s)")
    axes[2].set_xlim(0, seconds)
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        figure.savefig(draft, dpi=110)
        draft.replace(path)
    finally:
        plt.close(figure)
        draft.unlink(missing_ok=True)


def _evenly(strip: FrameArray, count: int) -> FrameArray:
    """`count` of the pictures, as evenly spread as they are."""
    count = min(max(count, 1), len(strip))
    places = ((np.arange(count) + 0.5) * len(strip) / count).astype(int)
    return strip[places]


def _draw(axes: Axes, curve: Curve, label: str, colour: str) -> None:
    times = np.arange(len(curve.values)) / curve.rate
    axes.plot(times, curve.values, color=colour, linewidth=1)
    for beat in curve.beats:
        axes.axvline(beat, color="black", linestyle="--", linewidth=0.7, alpha=0.6)
    axes.set_ylabel(label)
    axes.margins(x=0)
