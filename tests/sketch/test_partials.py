from dataclasses import replace

import numpy as np
import pytest

from d2m_cli.sketch.partials import (
    MAX_PARTIALS,
    Partials,
    analyse,
    frequencies,
    sixteenths,
    with_phases_of,
)
from d2m_cli.sketch.pitches import LOWEST_PITCH
from d2m_cli.sketch.sinusoids import render
from d2m_cli.spec import SAMPLE_RATE

BEATS = np.arange(0.0, 8.01, 0.5)
CHORD = (45, 57, 64)
"""MIDI numbers, far enough apart for the window."""


def chord(tuning: float = 0.0, seconds: float = 8.0) -> np.ndarray:
    times = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hertz = [440.0 * 2 ** ((pitch - 69 + tuning) / 12) for pitch in CHORD]
    return sum(0.1 * np.sin(2 * np.pi * f * times + f) for f in hertz).astype(np.float32)


def test_a_chord_is_found_and_sounds_the_same_again() -> None:
    sound = chord()
    partials = analyse(sound, BEATS)
    assert partials.pitch.shape == (64, MAX_PARTIALS)
    for row in range(2, 62):
        loud = partials.pitch[row, partials.level[row] > 0.05]
        assert set(loud + LOWEST_PITCH) == set(CHORD)
    again = render(partials, 0, len(sound))
    inside = slice(SAMPLE_RATE, 7 * SAMPLE_RATE)
    assert np.corrcoef(sound[inside], again[inside])[0, 1] > 0.98
    assert again[inside].std() == pytest.approx(sound[inside].std(), rel=0.05)


def test_a_detuned_piece_is_sketched_in_its_own_tuning() -> None:
    partials = analyse(chord(tuning=0.3), BEATS)
    assert partials.tuning == pytest.approx(0.3, abs=0.05)
    assert frequencies(0.3)[69 - LOWEST_PITCH] == pytest.approx(440 * 2 ** (0.3 / 12))


def test_noise_between_the_tones_is_left_out() -> None:
    noisy = chord() + np.random.default_rng(0).normal(0, 0.002, 8 * SAMPLE_RATE)
    levels = analyse(noisy.astype(np.float32), BEATS).level[4:60]
    assert ((levels > 0).sum(axis=1) == len(CHORD)).mean() > 0.9


def test_parts_join_to_the_whole() -> None:
    partials = analyse(chord(), BEATS)
    whole = render(partials, 0, 50_000)
    parts = [render(partials, first, 12_500) for first in range(0, 50_000, 12_500)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-5, rtol=0)


def test_beyond_the_piece_is_silence() -> None:
    assert not render(analyse(chord(), BEATS), 20 * SAMPLE_RATE, 5_000).any()


def test_sixteenths_follow_beats_that_drift() -> None:
    beats = np.array([0.0, 0.5, 1.1])
    assert sixteenths(beats) == pytest.approx(
        [0.0625, 0.1875, 0.3125, 0.4375, 0.575, 0.725, 0.875, 1.025]
    )


def test_an_empty_sketch_is_silent() -> None:
    empty = Partials(
        sixteenths(BEATS),
        np.zeros((64, MAX_PARTIALS), np.uint8),
        np.zeros((64, MAX_PARTIALS), np.float32),
        np.zeros((64, MAX_PARTIALS), np.float32),
    )
    assert not render(empty, 0, 10_000).any()


def test_phases_are_those_of_the_music() -> None:
    hertz = float(frequencies()[40])
    time = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    music = (0.3 * np.cos(2 * np.pi * hertz * time + 1.0)).astype(np.float32)
    heard = analyse(music, np.arange(0.0, 4.0, 0.5))
    turned = replace(heard, phase=heard.phase + np.float32(2.0))
    again = with_phases_of(turned, music)
    first, count = SAMPLE_RATE, 2 * SAMPLE_RATE
    wanted = music[first : first + count]
    right, wrong = (render(found, first, count) for found in (again, turned))
    assert np.corrcoef(right, wanted)[0, 1] > 0.99 > 0.5 > np.corrcoef(wrong, wanted)[0, 1]
