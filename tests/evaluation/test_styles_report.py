"""Figures of styles on pieces whose tempo, phase, bands and noise are known."""

from pathlib import Path

import numpy as np
import pytest

from d2m_cli.evaluation.baselines import click_track
from d2m_cli.evaluation.styles_report import (
    noise_floor,
    repeated,
    style_figures,
    styles_table,
    tempo_of,
    variety,
)
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import Dance, Motion, Rhythm, Visual

BPM = 120.0
SECONDS = 12.0


def dance(seconds: float = SECONDS) -> Dance:
    steps = int(seconds * 30)
    return Dance(
        Motion(np.zeros((4, steps), np.float32), np.ones(steps, np.bool_), 30.0),
        Visual(np.zeros((2, int(seconds * 5)), np.float32), 5.0),
        Rhythm((np.arange(steps) / 15).astype(np.float32), np.full(steps, 0.5, np.float32), 30.0),
        seconds,
    )


def noise(level: float, seconds: float = SECONDS) -> np.ndarray:
    random = np.random.default_rng(0)
    return (level * random.standard_normal(int(seconds * SAMPLE_RATE))).astype(np.float32)


def test_clicks_half_a_beat_apart_have_the_dances_tempo_and_their_delay():
    clicks = click_track(np.arange(0.05, SECONDS, 0.5), SECONDS) + noise(1e-4)
    figures = style_figures("clicks", clicks, dance())
    assert figures.tempo[0] == pytest.approx(BPM, rel=0.01)
    middle, low, high = figures.phase_ms
    assert low <= middle <= high and middle == pytest.approx(50, abs=35)
    assert figures.bands_db[1] > -1 > figures.bands_db[0], "a click of 1 kHz lies in the middle"


def test_noise_floor_is_that_of_the_noise():
    loud = noise(0.1)
    assert noise_floor(loud) > -16, "steady noise is its own floor"
    quiet = click_track(np.arange(0.25, SECONDS, 0.5), SECONDS) + noise(1e-4)
    quieter = click_track(np.arange(0.25, SECONDS, 0.5), SECONDS) + noise(1e-5)
    assert noise_floor(quiet) - noise_floor(quieter) == pytest.approx(20, abs=2)
    assert tempo_of(np.zeros(SAMPLE_RATE, np.float32)) is None


def test_pieces_that_are_alike_lie_near():
    alike, unlike = variety(
        [
            [noise(0.1), noise(0.1) * 0.5],
            [noise(0.1), click_track(np.arange(0.25, SECONDS, 0.5), SECONDS)],
        ]
    )
    assert alike < 0.1 < 1 < unlike


def test_a_dance_goes_on_at_its_tempo():
    long = repeated(dance(), 36.0)
    assert long.seconds == 36.0 and long.rhythm.bpm == pytest.approx(BPM)
    assert long.motion.features.shape == (4, 36 * 30)
    assert long.rhythm.confidence.mean() == pytest.approx(0.5)


def test_table_has_a_row_for_each_piece(tmp_path: Path):
    from dataclasses import asdict

    piece = asdict(style_figures("silent style of a long name", noise(0.1)[:SAMPLE_RATE]))
    record = {"level": "low", "dance_bpm": BPM, "pieces": [piece], "real": []}
    (row,) = styles_table(record).rows
    assert row[0] == "silent style of " and row[2] == "", "without a dance there is no phase"
