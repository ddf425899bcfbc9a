import numpy as np
import pytest

from d2m_cli.metrics.codec import code_use, mel_distance, onset_f, score, si_sdr
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray


def hits(delay: float = 0.0) -> FloatArray:
    """Two seconds of drum-like hits, four a second, all `delay` seconds late."""
    random = np.random.default_rng(0)
    wave = np.zeros(2 * SAMPLE_RATE, np.float32)
    decay = np.exp(-np.arange(2000) / 300)
    for time in np.arange(0.2, 1.9, 0.25):
        begin = round((time + delay) * SAMPLE_RATE)
        wave[begin : begin + 2000] += 0.5 * decay * random.standard_normal(2000)
    return wave + 1e-4 * random.standard_normal(len(wave)).astype(np.float32)


def test_a_wave_has_no_distance_to_itself_and_noise_has_much() -> None:
    noise = np.random.default_rng(1).standard_normal(2 * SAMPLE_RATE).astype(np.float32) * 0.1
    assert mel_distance(hits(), hits()) == 0
    assert mel_distance(noise, hits()) > 0.8


def test_mel_distance_of_a_tenth_of_the_level_is_one() -> None:
    noise = np.random.default_rng(1).standard_normal(2 * SAMPLE_RATE).astype(np.float32)
    assert mel_distance(0.1 * noise, noise) == pytest.approx(1.0, abs=1e-4)


def test_onsets_count_when_they_move_little() -> None:
    assert onset_f(hits(0.025), hits()) == 1.0
    assert onset_f(hits(0.1), hits()) < 0.3
    silence = np.zeros(2 * SAMPLE_RATE, np.float32)
    assert onset_f(silence, silence) == 1.0
    assert onset_f(silence, hits()) == 0.0


def test_si_sdr_knows_the_noise_and_ignores_the_level() -> None:
    random = np.random.default_rng(2)
    wave, noise = random.standard_normal((2, 100_000)).astype(np.float32)
    assert si_sdr(0.3 * (wave + 0.1 * noise), wave) == pytest.approx(20.0, abs=0.1)


def test_code_use() -> None:
    used, perplexity = code_use(np.array([[3, 3, 7], [7, 3, 7]]), size=16)
    assert used == 2
    assert perplexity == pytest.approx(2.0)


def test_score_is_the_mean_over_clips() -> None:
    originals = np.stack([hits(), hits()])
    decoded = np.stack([hits(), 0.5 * hits()])
    result = score(originals, decoded, np.array([[0, 1], [2, 3]]), size=8)
    assert result.mel == pytest.approx(mel_distance(0.5 * hits(), hits()) / 2)
    assert result.onset_f == pytest.approx(1.0, abs=0.1)
    assert (result.codes_used, round(result.perplexity, 6)) == (4, 4.0)
