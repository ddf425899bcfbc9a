"""Coverage, hit, LORIS and beat level: golden values, and equality with the libraries."""

import mir_eval
import numpy as np
import pytest

from d2m_cli.errors import DataError
from d2m_cli.librosa_lock import librosa
from d2m_cli.metrics import coverage
from d2m_cli.metrics.onsets import onset_curve
from d2m_cli.spec import SAMPLE_RATE


def score(reference: str, generated: str) -> coverage.CellScore:
    return coverage.cell_score(*(np.array(list(c)) == "1" for c in (reference, generated)))


SET = [score("1100", "0110"), score("1000", "1111"), score("1111", "1100")]
"""Coverage 1, 4, 0.5; hit 0.5, 1, 0.5; precision 0.5, 0.25, 1."""


def test_golden_values_of_a_hand_made_set():
    assert [s.coverage for s in SET] == [1.0, 4.0, 0.5]
    assert [s.hit for s in SET] == [0.5, 1.0, 0.5]
    assert coverage.macro(SET) == pytest.approx((5.5 / 3, 2 / 3))
    assert coverage.pooled(SET) == pytest.approx((8 / 7, 4 / 7))


def test_golden_loris():
    result = coverage.loris(SET)
    assert result.bcs == pytest.approx(1.75 / 3)
    assert result.bhs == pytest.approx(2 / 3)
    assert result.csd == pytest.approx(np.std([0.5, 0.25, 1.0], ddof=1))
    assert result.hsd == pytest.approx(np.std([0.5, 1.0, 0.5], ddof=1))
    assert result.f1 == pytest.approx(2 * (1.75 / 3) * (2 / 3) / (1.75 / 3 + 2 / 3))


def test_silence_has_no_score_and_does_not_enter_the_set():
    silent = score("0000", "0110")
    assert silent.coverage is None and silent.hit is None
    assert coverage.macro([*SET, silent]) == coverage.macro(SET)
    assert coverage.pooled([*SET, silent]) == coverage.pooled(SET)
    assert coverage.macro([silent]) == (None, None)
    assert coverage.pooled([]) == (None, None)
    assert score("0110", "0000").precision is None


def test_one_clip_has_no_deviation():
    result = coverage.loris(SET[:1])
    assert result.csd is None and result.hsd is None and result.f1 == 0.5


def test_cells_of_onsets():
    cells = coverage.onset_cells(np.array([0.1, 0.9, 2.5, 4.0]), 4)
    assert cells.tolist() == [True, False, True, True]
    assert coverage.onset_cells(np.zeros(0), 0).tolist() == []


def test_different_lengths_are_refused():
    with pytest.raises(DataError, match="cut the longer"):
        score("11", "111")


@pytest.mark.parametrize("seconds", [2.0, 5.3])
def test_onsets_equal_librosa_with_the_published_settings(seconds):
    random = np.random.default_rng(2)
    music = librosa.clicks(
        times=np.sort(random.uniform(0, seconds, 9)), sr=22050, length=int(seconds * 22050)
    )
    music = (music + 0.02 * random.standard_normal(len(music))).astype(np.float32)
    expected = librosa.onset.onset_detect(
        y=music, sr=22050, wait=1, delta=0.2, pre_avg=1, post_avg=1, post_max=1, units="time"
    )
    assert len(expected) > 3
    np.testing.assert_allclose(coverage.onset_times(onset_curve(music)), expected)
    by_hand = np.zeros(int(np.ceil(len(music) / 22050)), bool)
    by_hand[np.trunc(expected).astype(int)] = True
    np.testing.assert_array_equal(coverage.music_cells(music), by_hand)


def test_silent_and_empty_music_has_no_onset():
    assert not coverage.music_cells(np.zeros(SAMPLE_RATE, np.float32)).any()
    assert len(coverage.music_cells(np.zeros(0, np.float32))) == 0


def test_beat_level_equals_mir_eval():
    reference = np.arange(0.5, 12, 0.5)
    generated = np.concatenate([reference[:9] + 0.03, reference[9:] + 0.2])
    ours = coverage.beat_level(reference, generated)
    assert ours.f_measure == mir_eval.beat.f_measure(reference, generated)
    assert 0 < ours.f_measure < 1
    expected = mir_eval.beat.continuity(reference, generated)
    assert (ours.cml_c, ours.cml_t, ours.aml_c, ours.aml_t) == expected


def test_too_few_beats_are_a_stated_result():
    pulse = np.arange(0, 5, 0.5)
    assert coverage.beat_level(pulse[:1], pulse) is None
    assert coverage.beat_level(pulse, pulse[:1]) == coverage.BeatLevelScore(0, 0, 0, 0, 0)
