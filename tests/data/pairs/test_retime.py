"""Beat-retimed pairs: the dance's beats fall on the music's, exactly."""

import numpy as np
import pytest

from d2m_cli.data.cache.music_beats import phase_at
from d2m_cli.data.pairs.retime import MAX_RATIO, beats_per_beat, first_beats, source_times, warp
from d2m_cli.errors import DataError
from d2m_cli.spec import MOTION_RATE

DANCE_BEATS = np.cumsum(0.6 + 0.03 * np.sin(np.arange(30))) - 0.5
"""A dancer near 100 bpm who is no metronome."""


def music_phase(bpm: float, seconds: float, first: float) -> np.ndarray:
    beats = np.arange(first, seconds + 5, 60 / bpm)
    return phase_at(np.arange(round(seconds * MOTION_RATE)) / MOTION_RATE, beats)


@pytest.mark.parametrize(
    ("bpm", "multiple"), [(100.0, 1.0), (125.0, 1.0), (55.0, 2.0), (190.0, 0.5)]
)
def test_beats_of_the_warped_dance_fall_on_the_music(bpm: float, multiple: float) -> None:
    phase = music_phase(bpm, 4.0, first=0.21)
    assert beats_per_beat(100.0, bpm) == multiple
    # The dance shows at each moment the time itself, so the warped one tells where it comes from.
    clock = np.arange(0, 20 * MOTION_RATE) / MOTION_RATE
    starts = first_beats(phase, DANCE_BEATS, multiple)
    for first in (starts[0], starts[len(starts) // 2], starts[-1]):
        shown = warp(clock, source_times(phase, DANCE_BEATS, first, multiple), MOTION_RATE)
        assert (np.diff(shown) > 0).all()
        for step in range(len(DANCE_BEATS)):
            moment = np.interp(DANCE_BEATS[step], shown, np.arange(len(shown)), left=-1, right=-1)
            if moment >= 0:
                beat = np.interp(moment, np.arange(len(phase)), phase) * multiple
                within = abs(beat - round(beat)) / multiple * 60 / bpm
                assert within < 1 / MOTION_RATE


def test_the_asked_beat_meets_the_first_beat_of_the_music() -> None:
    phase = music_phase(110.0, 3.0, first=0.4)
    times = source_times(phase, DANCE_BEATS, first_beat=5)
    meeting = np.interp(0.4, np.arange(len(times)) / MOTION_RATE, times)
    assert meeting == pytest.approx(DANCE_BEATS[5], abs=0.02)


@pytest.mark.parametrize("music", [70.0, 74.0, 140.0, 136.0])
def test_tempos_too_far_apart_make_no_pair(music: float) -> None:
    found = beats_per_beat(100.0, music)
    speeds = [music * multiple / 100 for multiple in (0.5, 1.0, 2.0)]
    allowed = any(1 / MAX_RATIO <= speed <= MAX_RATIO for speed in speeds)
    assert (found is not None) == allowed
    assert beats_per_beat(100.0, 72.0, max_ratio=1.1) is None


def test_only_beats_within_the_dance_are_offered() -> None:
    phase = music_phase(100.0, 4.0, first=0.3)
    starts = first_beats(phase, DANCE_BEATS)
    for first in starts:
        source_times(phase, DANCE_BEATS, first)
    for first in (starts[0] - 1, starts[-1] + 2):
        with pytest.raises(DataError, match="beats 0 to 29"):
            source_times(phase, DANCE_BEATS, first)
    assert not first_beats(phase, DANCE_BEATS[:5])


def test_warp_reads_between_steps_and_holds_the_ends() -> None:
    ramp = np.stack([np.arange(10.0), -np.arange(10.0)])
    read = warp(ramp, np.array([-1.0, 0.05, 0.25, 9.0]), rate=10.0)
    np.testing.assert_allclose(read, [[0.0, 0.5, 2.5, 9.0], [0.0, -0.5, -2.5, -9.0]])
