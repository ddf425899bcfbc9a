"""The score of a dance's music, played without a network."""

from pathlib import Path

import numpy as np
import pytest
from short_songs import soundfont

from d2m_cli.bundles.styles import read_styles
from d2m_cli.errors import DataError
from d2m_cli.evaluation.evaluate import EvaluateOptions, evaluate
from d2m_cli.sketch.arrange import arrange, dance_score
from d2m_cli.sketch.drums import find_drum_onsets
from d2m_cli.sketch.humanise import STRONG
from d2m_cli.sketch.levels import onset_strengths
from d2m_cli.songs.dances import play_for_dance
from d2m_cli.spec import DRUM_RATE, MOTION_RATE, SAMPLE_RATE
from d2m_cli.types import Rhythm

SECONDS = 8.0
STEPS = int(SECONDS * MOTION_RATE)
RHYTHM = Rhythm(
    (np.arange(STEPS) / MOTION_RATE * 112.0 / 60.0 - 0.4).astype(np.float32),
    np.ones(STEPS, np.float32),
    MOTION_RATE,
)
ENERGY = np.ones(STEPS, np.float32)


def test_the_rendered_score_lies_on_the_beats_of_the_dance() -> None:
    rules = read_styles()["rock"].rules
    sound = play_for_dance(RHYTHM, ENERGY, SECONDS, "rock", rules, 1, soundfont())
    assert sound.shape == (round(SECONDS * SAMPLE_RATE),)
    onsets = find_drum_onsets(sound)
    times = np.flatnonzero(onsets.max(axis=0) > 0.3) / DRUM_RATE
    near = [np.abs(times - beat).min() < 0.03 for beat in RHYTHM.beats]
    assert np.mean(near) > 0.8


def test_score_and_sketch_are_of_the_same_notes() -> None:
    rules = read_styles()["rock"].rules
    written = dance_score(RHYTHM, ENERGY, "rock", rules, 1)
    sketch = arrange(RHYTHM, ENERGY, SECONDS, "rock", rules, 1)
    loud = onset_strengths(written.score).max(axis=0) > STRONG
    starts = np.array([note.start for note in written.score.notes])[loud]
    starts = written.grid.seconds(starts)
    placed = np.flatnonzero(sketch.drum_onsets.max(axis=0)) / DRUM_RATE
    inside = starts[(starts >= 0.02) & (starts < SECONDS)]
    near = [np.abs(placed - start).min() < 0.03 for start in inside]
    assert np.mean(near) > 0.9


def test_a_soundfont_without_music_to_generate_is_refused() -> None:
    options = EvaluateOptions(soundfont=Path("any.sf2"), reference="none", baselines=False)
    dance = Path(__file__).parents[2] / "examples/dance.mp4"
    with pytest.raises(DataError, match="add --generate"):
        evaluate(dance, options)
