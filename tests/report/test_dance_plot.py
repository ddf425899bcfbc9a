"""The plot of a dance and its music, as what is drawn and as a file."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.image import imread

from d2m_cli.report.dance_plot import Curve, DancePlot, plot_dance

BEATS = np.array([0.2, 0.7, 1.2, 1.7, 2.2])
PLOT = DancePlot(
    title="dance.mp4: rock",
    frames=np.full((12, 120, 68, 3), 128, np.uint8),
    dance=Curve(np.abs(np.sin(np.arange(90) / 5.0)), 30.0),
    music=Curve(np.abs(np.cos(np.arange(130) / 5.0)), 43.0),
    beats=BEATS,
    seconds=3.0,
)


def test_both_panels_show_the_same_beats_and_say_what_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = []
    monkeypatch.setattr(plt, "close", kept.append)
    plot_dance(tmp_path / "plot.png", PLOT)
    [figure] = kept
    assert figure.get_suptitle() == "dance.mp4: rock"
    for panel in figure.axes[1:]:
        marks = [line.get_xdata()[0] for line in panel.lines if len(line.get_xdata()) == 2]
        assert marks == BEATS.tolist()
        assert "/ s" in panel.get_ylabel() or "dB" in panel.get_ylabel()
        legend = [text.get_text() for text in panel.get_legend().get_texts()]
        assert legend[1:] == ["first beat of a bar", "beat of the music"]
    assert imread(tmp_path / "plot.png").shape[1] > 1000


def test_a_plot_without_beats(tmp_path: Path) -> None:
    plot_dance(tmp_path / "plot.svg", DancePlot(**{**vars(PLOT), "beats": np.array([])}))
    assert "speed of the joints" in (tmp_path / "plot.svg").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["plot.svg"]


def test_any_name_of_a_video_can_be_the_title(
    tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    title = "\udcff $\\frac$ \n \U0001f483.mp4: rock"
    plot_dance(tmp_path / "plot.svg", DancePlot(**{**vars(PLOT), "title": title}))
    assert not recwarn.list
