"""Alignment lift on real clips: their own music, clicks on the dance, and clicks moved away."""

import numpy as np
import pytest
from project import SHARED

from d2m_cli.evaluation.baselines import EvaluatedDance, click_track
from d2m_cli.evaluation.dances import dances_of_videos
from d2m_cli.metrics.alignment import alignment_lift
from d2m_cli.metrics.onsets import music_beats, music_onsets

CLIPS = SHARED / "clips"
if not CLIPS.exists():
    pytest.skip("needs the real clips in ../shared", allow_module_level=True)


@pytest.fixture(scope="module")
def dances() -> list[EvaluatedDance]:
    videos = {path.stem: path for path in sorted(CLIPS.glob("*.mp4"))}
    return dances_of_videos(videos, "own", {}, lambda stage, done, total: None)[0]


def test_clicks_on_the_dance_have_a_high_lift_and_moved_ones_none(dances):
    rich = [dance for dance in dances if len(dance.beats) >= 4]
    assert len(rich) >= 2
    for dance in rich:
        heard = music_onsets(click_track(dance.beats, dance.seconds))
        assert alignment_lift(dance.beats, dance.beats, dance.seconds) > 0.3
        assert alignment_lift(dance.beats, heard, dance.seconds) > 0.3
        moves = np.random.default_rng(0).uniform(0, dance.seconds, 200)
        moved = [np.sort((dance.beats + move) % dance.seconds) for move in moves]
        lifts = [alignment_lift(dance.beats, beats, dance.seconds) for beats in moved]
        assert abs(np.mean(lifts)) < 0.05


def test_the_pulse_of_a_real_dance_meets_its_accents(dances):
    (dance,) = [d for d in dances if d.name == "aist_real_song"]
    assert alignment_lift(dance.beats, dance.pulse, dance.seconds) > 0.1


def test_the_real_song_follows_its_dance(dances):
    (dance,) = [d for d in dances if d.name == "aist_real_song"]
    assert alignment_lift(dance.beats, music_beats(dance.reference), dance.seconds) > 0.15
    assert alignment_lift(dance.beats, music_onsets(dance.reference), dance.seconds) > 0.15


def test_published_music_follows_its_dance_at_chance(dances):
    published = [d for d in dances if d.name != "aist_real_song"]
    lifts = [alignment_lift(d.beats, music_beats(d.reference), d.seconds) for d in published]
    assert abs(np.mean([lift for lift in lifts if lift is not None])) < 0.12
