"""The rhythm of music: beats and confidence of sounds whose truth is known."""

import numpy as np
import pytest
from data_trees import clicks

from d2m_cli.data.cache.music_beats import music_rhythm, phase_at
from d2m_cli.errors import DataError
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE
from d2m_cli.types import Rhythm


@pytest.mark.parametrize("bpm", [96.0, 128.0])
def test_clicks_are_found_where_they_are(bpm: float) -> None:
    rhythm = music_rhythm(clicks(bpm, 12.0, first=0.31).astype(np.float32))
    truth = np.arange(0.31, 11.9, 60 / bpm)
    errors = [np.abs(truth - beat).min() for beat in rhythm.beats]
    assert np.median(errors) < 0.008
    assert rhythm.bpm == pytest.approx(bpm, rel=0.005)
    assert rhythm.steadiness < 0.05


def test_a_beat_lies_at_each_whole_number_of_the_phase() -> None:
    rhythm = music_rhythm(clicks(110.0, 10.0, first=0.2).astype(np.float32))
    read = Rhythm(rhythm.phase, rhythm.confidence, MOTION_RATE).beats
    for beat in rhythm.beats[1:-1]:
        assert np.abs(read - beat).min() < 1 / MOTION_RATE


def test_phase_goes_on_beyond_the_outer_beats() -> None:
    beats = np.array([1.0, 1.5, 2.0, 2.5])
    phase = phase_at(np.array([0.0, 1.0, 1.75, 2.5, 3.5]), beats)
    np.testing.assert_allclose(phase, [-2.0, 0.0, 1.5, 3.0, 5.0])


def test_clear_beats_are_stronger_than_noise() -> None:
    noise = np.random.default_rng(1).standard_normal(10 * SAMPLE_RATE).astype(np.float32) * 0.1
    clear = music_rhythm(clicks(120.0, 10.0).astype(np.float32))
    blurred = music_rhythm(noise)
    assert clear.confidence.mean() > 0.7 > blurred.confidence.mean() + 0.1
    assert blurred.confidence.min() >= 0 and clear.confidence.max() <= 1


def test_two_seconds_have_beats_as_well() -> None:
    rhythm = music_rhythm(clicks(100.0, 2.0, first=0.1).astype(np.float32))
    assert len(rhythm.beats) >= 2 and len(rhythm.phase) == 60
    assert (np.diff(rhythm.phase) > 0).all()


def test_silence_has_no_beat() -> None:
    with pytest.raises(DataError, match="no beat"):
        music_rhythm(np.zeros(5 * SAMPLE_RATE, np.float32))
