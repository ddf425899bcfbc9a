"""One reading of beats for the dance, the sketch, the cache and the generator."""

import numpy as np
import pytest
import torch
from scipy.interpolate import PchipInterpolator

from d2m_cli.models.blocks import phase_at
from d2m_cli.timeline import beat_times, between, extrapolate, overhang


def test_beats_lie_where_the_phase_is_whole() -> None:
    phase = np.arange(90) / 30.0 * 2.0 - 0.5
    np.testing.assert_allclose(beat_times(phase, 30.0), [0.25, 0.75, 1.25, 1.75, 2.25, 2.75])
    assert len(beat_times(np.array([0.2, 0.9]), 30.0)) == 0


def test_a_beat_goes_on_beyond_its_ends_at_the_pace_that_is_given() -> None:
    beats = np.array([1.0, 1.5, 2.5])
    at = np.array([0.0, 1.25, 2.0, 4.5])
    np.testing.assert_allclose(
        extrapolate(at, beats, np.arange(3), before=0.5, after=1.0), [-2.0, 0.5, 1.5, 4.0]
    )


def test_the_overhang_is_what_lies_outside() -> None:
    early, late = overhang(np.array([0.0, 2.0, 5.0]), 1.0, 3.0)
    assert early.tolist() == [-1.0, 0.0, 0.0] and late.tolist() == [0.0, 0.0, 2.0]


def test_tensors_are_read_alike() -> None:
    phase = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.06, 40))
    steps = np.linspace(-3.0, 45.0, 30)
    slow, fast = phase[1] - phase[0], phase[-1] - phase[-2]
    expected = extrapolate(steps, np.arange(40.0), phase, 1 / slow, 1 / fast)
    found = phase_at(torch.from_numpy(phase)[None], torch.from_numpy(steps))[0]
    assert found.tolist() == pytest.approx(expected.tolist(), abs=1e-9)


@pytest.mark.parametrize("count", [2, 3, 9])
def test_a_curve_between_steps_is_that_of_scipy(count: int) -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        x, y = np.cumsum(0.1 + random.random(count)), random.normal(size=count).round(1)
        at = np.linspace(x[0], x[-1], 200)
        assert np.allclose(between(at, x, y), PchipInterpolator(x, y)(at), atol=1e-12)
