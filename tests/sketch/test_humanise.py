import numpy as np

from d2m_cli.sketch.humanise import LATE, loosened, varied
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.spec import DRUM_RATE

SECONDS = 20.0
SIXTEENTH = 0.125


def steady(strength: float = 0.8) -> np.ndarray:
    """Strokes of all bands twice a second."""
    onsets = np.zeros((3, int(SECONDS * DRUM_RATE)), np.float32)
    onsets[:, :: round(DRUM_RATE / 2)] = strength
    return onsets


def test_strokes_stay_within_three_deviations_of_their_beat() -> None:
    loose = loosened(steady(), SIXTEENTH, np.random.default_rng(0))
    for row in loose:
        strong = np.flatnonzero(row > 0.5) / DRUM_RATE
        beats = np.flatnonzero(steady()[0]) / DRUM_RATE
        away = np.abs(strong[:, None] - beats).min(axis=1)
        assert np.quantile(away, 0.95) < 3 * LATE


def test_bands_are_mixed_anew_in_every_piece() -> None:
    def levels(seed: int) -> np.ndarray:
        loose = loosened(steady(0.5), SIXTEENTH, np.random.default_rng(seed))
        return np.array([np.median(row[:: round(DRUM_RATE / 2)]) for row in loose])

    mixes = np.stack([levels(seed) for seed in range(12)])
    assert (mixes.std(axis=0) > 0.05).all()
    assert mixes.max() <= 1.0


def test_weak_onsets_fall_between_the_strokes() -> None:
    loose = loosened(steady(), SIXTEENTH, np.random.default_rng(1))
    assert (loose > 0).sum() > 1.05 * (steady() > 0).sum()


def test_a_rest_stays_one_and_nothing_follows_the_last_stroke() -> None:
    onsets, rate = steady(), DRUM_RATE
    onsets[:, round(6 * rate) : round(10 * rate)] = 0.0
    onsets[:, round(15 * rate) :] = 0.0
    loose = loosened(onsets, SIXTEENTH, np.random.default_rng(2))
    assert not loose[:, round(6.2 * rate) : round(9.8 * rate)].any()
    last = np.flatnonzero(onsets[0]).max() + round(4 * LATE * rate)
    assert not loose[:, last:].any()


def test_every_strong_stroke_is_heard() -> None:
    loose = loosened(steady(0.5), SIXTEENTH, np.random.default_rng(4))
    for row in loose:
        strokes = np.flatnonzero(steady()[0])
        around = np.stack([row[max(0, k - 4) : k + 5].max() for k in strokes])
        assert around.min() >= 0.3 - 1e-6


def test_the_same_dice_give_the_same_piece() -> None:
    first, again = (loosened(steady(), SIXTEENTH, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_rules_vary_about_those_of_the_style() -> None:
    rules = StyleRules()
    pieces = [varied(rules, np.random.default_rng(seed)) for seed in range(200)]
    chords = np.log([piece.chords / rules.chords for piece in pieces])
    assert abs(chords.mean()) < 0.1 and 0.4 < chords.std() < 0.6
    assert all(0.1 <= piece.overtone_rolloff <= 0.9 for piece in pieces)
