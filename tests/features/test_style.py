"""A style tells how music sounds, not how loud it is or when things happen."""

import numpy as np
import pytest

from d2m_cli.errors import InputError
from d2m_cli.features.style import CHANNELS, CHROMA, MEL_BANDS, style_vector
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
