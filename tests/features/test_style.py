"""A style tells how music sounds, not how loud it is or when things happen."""

import numpy as np
import pytest

from d2m_cli.errors import InputError
from d2m_cli.features import style as styles
from d2m_cli.features.style import CHANNELS, CHROMA, MEL_BANDS, octave_balance, style_vector
from d2m_cli.sketch.pitches import octave_edges
from d2m_cli.spec import SAMPLE_RATE


def tone(frequency: float, seconds: float = 4.0) -> np.ndarray:
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.sin(2 * np.pi * frequency * times)


def test_loudness_and_shift_in_time_do_not_change_it() -> None:
    random = np.random.default_rng(0)
    music = tone(220) + 0.3 * random.standard_normal(4 * SAMPLE_RATE)
    style = style_vector(music)
    assert style.shape == (CHANNELS,)
    np.testing.assert_allclose(style_vector(0.01 * music), style, atol=1e-3)
    np.testing.assert_allclose(style_vector(np.roll(music, SAMPLE_RATE)), style, atol=0.05)


def test_chroma_names_the_pitch_class_and_the_spectrum_the_register() -> None:
    low, high = style_vector(tone(220)), style_vector(tone(1760))
    a = 9
    for style in (low, high):
        assert style[2 * MEL_BANDS : 2 * MEL_BANDS + CHROMA].argmax() == a
    assert low[:MEL_BANDS].argmax() < high[:MEL_BANDS].argmax()


@pytest.mark.parametrize("music", [np.zeros(SAMPLE_RATE), tone(220, 0.1)])
def test_silence_and_snippets_have_no_style(music: np.ndarray) -> None:
    with pytest.raises(InputError, match="silent or shorter"):
        style_vector(music)


@pytest.mark.parametrize("octave", [1, 3, 5])
def test_a_tone_has_its_power_in_its_own_octave(octave: int) -> None:
    edges = octave_edges()
    hertz = np.sqrt(edges[octave] * edges[octave + 1])
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    balance = octave_balance(style_vector(np.sin(2 * np.pi * hertz * time)), edges)
    assert balance.argmax() == octave and np.isclose((10 ** (balance / 10)).sum(), 1.0, atol=1e-3)


def test_the_mel_scale_is_that_of_the_vector() -> None:
    librosa = pytest.importorskip("librosa")
    edges = np.linspace(0.0, styles._MELS, MEL_BANDS + 2)
    expected = librosa.mel_frequencies(MEL_BANDS + 2, fmax=SAMPLE_RATE / 2)
    np.testing.assert_allclose(styles._mel_hertz(edges), expected, rtol=1e-9)
