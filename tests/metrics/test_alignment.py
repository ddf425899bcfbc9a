"""Kinematic beats, beat alignment score and alignment lift: golden values and chance."""

import numpy as np
import pytest

from d2m_cli.errors import DataError
from d2m_cli.metrics.alignment import (
    BAS_SIGMA,
    Direction,
    alignment_lift,
    beat_alignment_score,
    kinematic_beats,
)

BEATS = np.arange(0.4, 10.0, 0.55)


@pytest.mark.parametrize("rate", [25.0, 30.0, 60.0])
@pytest.mark.parametrize("jitter", [0.0, 0.05])
def test_valleys_of_a_known_period_are_found_within_a_frame(rate, jitter):
    """A joint that swings with |v| ~ |sin| stands still twice a period: every 0.5 s here."""
    seconds = np.arange(0, 8, 1 / rate)
    speed = np.abs(np.sin(2 * np.pi * (seconds - 0.2)))
    speed += jitter * np.random.default_rng(1).standard_normal(len(speed))
    expected = np.arange(0.2, 7.8, 0.5)
    found = kinematic_beats(speed, rate)
    tolerance = 1.0 / rate if not jitter else 2.0 / rate
    inner = expected[(expected > 0.3) & (expected < 7.6)]
    assert all(np.abs(found - beat).min() <= tolerance + 1e-9 for beat in inner)
    assert abs(len(found) - len(expected)) <= 2


def test_steps_without_a_dancer_are_no_beats():
    speed = np.abs(np.sin(2 * np.pi * (np.arange(240) / 30.0 - 0.2)))
    speed[60:120] = np.nan
    found = kinematic_beats(speed, 30.0)
    assert len(found) > 5
    assert not ((found >= 2.0) & (found < 4.0)).any()


@pytest.mark.parametrize("speed", [np.zeros(100), np.ones(1), np.zeros(0), np.full(90, np.nan)])
def test_no_movement_has_no_beats(speed):
    assert len(kinematic_beats(speed, 30.0)) == 0


@pytest.mark.parametrize("direction", list(Direction))
def test_golden_scores(direction):
    assert beat_alignment_score(BEATS, BEATS, direction) == 1.0
    shifted = beat_alignment_score(BEATS, BEATS + 3 * BAS_SIGMA, direction)
    assert shifted == pytest.approx(np.exp(-4.5))


def test_the_directions_differ():
    music = np.sort(np.concatenate([BEATS, BEATS + 0.275]))
    assert beat_alignment_score(BEATS, music, Direction.DANCE) == 1.0
    expected = (1 + np.exp(-(0.275**2) / (2 * BAS_SIGMA**2))) / 2
    assert beat_alignment_score(BEATS, music, Direction.MUSIC) == pytest.approx(expected, abs=1e-9)


def test_no_beats_is_a_stated_result():
    none = np.zeros(0)
    assert beat_alignment_score(none, BEATS) is None
    assert beat_alignment_score(BEATS, none) == 0.0
    assert alignment_lift(none, BEATS, 10.0) is None
    assert alignment_lift(BEATS, none, 10.0) is None


def test_unsorted_or_missing_times_are_refused():
    for wrong in (BEATS[::-1], np.array([0.0, np.nan]), BEATS[None]):
        with pytest.raises(DataError):
            beat_alignment_score(BEATS, wrong)


@pytest.mark.parametrize("seconds", [10.0, 20.5, 41.0])
def test_lift_of_the_dances_own_beats_is_high_and_of_moved_ones_about_zero(seconds):
    """Lengths at which evenly spaced shifts of a 0.5 s pulse would fall in step with it."""
    beats = np.arange(0.2, seconds, 0.5)
    assert alignment_lift(beats, beats, seconds) > 0.4
    moves = np.random.default_rng(3).uniform(0, seconds, 400)
    lifts = [alignment_lift(beats, np.sort((beats + m) % seconds), seconds) for m in moves]
    assert abs(np.mean(lifts)) < 0.05


def test_a_dense_patter_has_a_score_but_no_lift():
    patter = np.arange(0, 10, 0.1)
    assert beat_alignment_score(BEATS, patter, sigma=0.1) > 0.9
    assert abs(alignment_lift(BEATS, patter, 10.0)) < 0.02
