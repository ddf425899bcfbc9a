import numpy as np
import pytest

from d2m_cli.sketch.arrange import dance_score
from d2m_cli.sketch.frames import Frames
from d2m_cli.sketch.notes import STROKES
from d2m_cli.sketch.pitches import LOWEST_PITCH, PITCHES
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.sketch.wishes import (
    ACCENT,
    ENERGY,
    GROOVE,
    HARMONY,
    WISHES,
    transposed_harmony,
    wishes_of_music,
    wishes_of_score,
)
from d2m_cli.types import Rhythm


def music() -> Frames:
    """Eight bars with a kick on each beat, A under all of them; four quiet ones, then four loud."""
    onsets = np.zeros((128, 3), np.uint8)
    onsets[::4, 0] = 18  # the strongest class, on the grid
    onsets[64::2, 2] = 8
    levels = np.zeros((128, PITCHES), np.uint8)
    levels[:, 57 - LOWEST_PITCH] = 3
    levels[64:, 57 - LOWEST_PITCH] = 6
    levels[64:, 64 - LOWEST_PITCH] = 4
    return Frames(onsets, levels)


def test_music_is_heard_as_what_it_would_be_asked_for() -> None:
    found = wishes_of_music(music())
    assert found.shape == (128, WISHES) and found.min() >= 0.0 and found.max() <= 1.0
    assert found[:56, ENERGY].mean() < 0.3 < 0.7 < found[72:, ENERGY].mean()
    assert found[::4, GROOVE][:, 0] == pytest.approx(1.0)
    assert not found[1::4, GROOVE][:, 0].any()
    assert found[100, HARMONY].argmax() == 9 and 0 < found[100, HARMONY][4] < 1
    assert set(np.unique(found[:, ACCENT])) == {0.0, 1.0}


def test_a_piece_shorter_than_a_bar_has_a_groove() -> None:
    short = Frames(music().onsets[:5], music().levels[:5])
    found = wishes_of_music(short)
    assert np.isfinite(found).all() and found[0, GROOVE][0] == 1.0


def test_harmony_moves_with_the_music() -> None:
    found = wishes_of_music(music())
    higher = transposed_harmony(found, 3)
    assert higher[100, HARMONY].argmax() == 0
    assert np.array_equal(higher[:, GROOVE], found[:, GROOVE])


def test_a_score_asks_for_its_groove_and_its_chords() -> None:
    rhythm = Rhythm(np.linspace(0, 32, 600), np.ones(600, np.float32), 30.0)
    written = dance_score(rhythm, np.ones(600, np.float32), "pop", StyleRules(), 3)
    lively, struck = np.ones(written.grid.count), np.zeros(written.grid.count, bool)
    found = wishes_of_score(written.score, lively, struck, 16)
    kicks = [n.start for n in written.score.notes if n.pitch == STROKES["kick"]]
    usual = int(np.bincount(np.round(kicks).astype(int) % 16).argmax())
    assert found[usual, GROOVE][0] > found[:, GROOVE][:, 0].mean()
    bar = written.score.bars[1]
    root = written.score.pitch(bar.root, 0) % 12
    middle = (bar.begin + bar.end) // 2
    assert found[middle, HARMONY][root] > np.median(found[middle, HARMONY])
