"""The dance that ships with the project: what README, tests and demos rely on."""

import runpy

import numpy as np
import pytest
from project import ROOT

from d2m_cli.features.pose.estimator import PoseEstimator, PoseOptions
from d2m_cli.ingest.video import probe, read_frames

EXAMPLES = ROOT / "examples"
DANCE = EXAMPLES / "dance.mp4"


def test_it_is_small_and_long_enough() -> None:
    clip = probe(DANCE)
    assert 8 <= clip.duration <= 15
    assert (clip.width, clip.height, clip.fps) == (480, 640, 30)
    assert DANCE.stat().st_size < 1.5e6


def test_mediapipe_sees_the_dancer_in_every_picture() -> None:
    with PoseEstimator(5.0, PoseOptions(stride=1)) as pose:
        for frame in read_frames(probe(DANCE), rate=5.0):
            pose.add(frame)
        points = pose.landmarks().points
    assert len(points) >= 60
    assert np.isfinite(points).all(axis=(1, 2)).mean() >= 0.99
    assert points[..., 3].mean() > 0.9


def test_the_script_paints_these_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    script = runpy.run_path(str(EXAMPLES / "make_dance.py"))
    for second in (1, 7):
        clip = probe(DANCE, start=second)
        shown = next(read_frames(clip)).astype(float)
        assert np.abs(shown - script["picture"](script["Choreography"](), float(second))).mean() < 4
