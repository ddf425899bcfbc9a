"""Quality figures and embeddings on sounds whose answers are known."""

import numpy as np
import pytest

from d2m_cli.errors import DataError
from d2m_cli.evaluation import yardstick
from d2m_cli.evaluation.baselines import click_track
from d2m_cli.metrics import descriptors
from d2m_cli.metrics.descriptors import measure
from d2m_cli.metrics.embeddings import EMBEDDINGS, log_mel_statistics, music_statistics
from d2m_cli.spec import SAMPLE_RATE

SECONDS = 4.0
TIME = np.arange(int(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE


def chord_music(seed: int, bpm: float = 120.0) -> np.ndarray:
    """Chords that change every two beats, with a drum on every beat: tonal, steady, moving."""
    random = np.random.default_rng(seed)
    root = 110.0 * 2 ** (random.integers(12) / 12)
    bars = (TIME * bpm / 120.0).astype(int)
    steps = np.array([0, 5, 7, 3])[(bars + random.integers(4)) % 4]
    tone = sum(np.sin(2 * np.pi * root * 2 ** ((steps + i) / 12) * TIME) for i in (0, 4, 7))
    since = TIME % (60.0 / bpm)
    drum = np.exp(-since * 30) * np.sin(2 * np.pi * 60 * since)
    noise = np.exp(-since * 60) * random.standard_normal(len(TIME))
    return (0.1 * tone + 0.4 * drum + 0.1 * noise).astype(np.float32)


def white(seed: int = 0) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(len(TIME))).astype(np.float32)


def test_noise_chords_and_clicks_are_told_apart():
    music, noise = measure(chord_music(0)), measure(white())
    clicks = measure(click_track(np.arange(0.25, SECONDS, 0.5), SECONDS))
    assert music.chroma_peakiness > 0.5 > 0.3 > noise.chroma_peakiness
    assert noise.flatness == pytest.approx(-0.25, abs=0.1)
    assert music.flatness < noise.flatness - 1
    assert noise.rms_spread < 1 < music.rms_spread < clicks.rms_spread
    assert music.pulse > 0.5 > 0.3 > noise.pulse
    assert clicks.onsets_middle == pytest.approx(2.0, abs=0.3)


def test_silence_has_no_tonality_and_a_short_piece_no_pulse():
    silent = measure(np.zeros(SAMPLE_RATE, np.float32))
    assert silent.chroma_peakiness is None and silent.flatness is None and silent.pulse is None
    assert silent.rms_spread == silent.onsets_low == 0.0
    with pytest.raises(DataError, match="finite samples"):
        measure(np.zeros(100, np.float32))


@pytest.mark.parametrize("seconds", [0.2, 1.0, 2.0, 4.0])
def test_embeddings_have_rows_for_any_length(seconds):
    piece = chord_music(1)[: int(seconds * SAMPLE_RATE)]
    for embedding, width in ((music_statistics, 40), (log_mel_statistics, 64)):
        rows = embedding(piece)
        assert rows.shape[1] == width and len(rows) >= 1
        assert np.isfinite(rows).all()


def test_loudness_does_not_matter_to_the_music_embedding():
    piece = chord_music(2)
    np.testing.assert_allclose(music_statistics(piece), music_statistics(piece * 0.1), atol=0.02)


def test_embeddings_of_silence_are_finite():
    for embedding in EMBEDDINGS.values():
        assert np.isfinite(embedding.compute(np.zeros(SAMPLE_RATE, np.float32))).all()


def test_pulse_clarity_of_a_pulse_is_one():
    curve = np.zeros(400)
    curve[::20] = 1.0
    assert descriptors.pulse_clarity(curve) == pytest.approx(1.0, abs=0.02)


def smeared(piece: np.ndarray) -> np.ndarray:
    """Stands for a codec: some noise and a duller sound."""
    dull = np.convolve(piece, np.ones(3) / 3, mode="same")
    return (dull + 0.01 * white(5)[: len(piece)]).astype(np.float32)


def test_the_yardstick_tells_a_right_from_a_wrong_ranking():
    pieces = [chord_music(seed, bpm) for seed, bpm in enumerate(np.linspace(90, 150, 16))]
    shuffled = lambda seconds, seed: np.random.default_rng(seed).permutation(  # noqa: E731
        chord_music(seed)
    )
    sets = yardstick.known_sets(pieces[1::2], smeared, shuffled)
    assert {len(p) for group in sets.values() for p in group} == {len(TIME)}
    result = yardstick.distances(EMBEDDINGS["music"], pieces[::2], sets)
    assert yardstick.ranks_correctly(result)
    swapped = {**result, yardstick.NOISE: 0.0}
    assert not yardstick.ranks_correctly(swapped)
    with pytest.raises(DataError, match="at least eight"):
        yardstick.distances(EMBEDDINGS["music"], pieces[:2], {yardstick.REAL: pieces[:2]})
