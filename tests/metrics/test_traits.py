"""Traits tell rhythms apart, and nothing else."""

import numpy as np
import pytest

from d2m_cli.errors import DataError
from d2m_cli.metrics.traits import BARS, StyleClassifier, traits
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

HOUSE = {60: "x...x...x...x...", 4000: "..x...x...x...x."}
REGGAETON = {60: "x...x...x...x...", 4000: "...x..x....x..x."}
PATTERNS = {"house": HOUSE, "reggaeton": REGGAETON}
SIXTEENTHS = 2 * BARS * 16 + 8


def times(bpm: float) -> np.ndarray:
    return 0.1 + np.arange(SIXTEENTHS) * 15.0 / bpm


def beaten(pattern: dict[int, str], bpm: float, seed: int) -> FloatArray:
    """Strokes of decaying tones on a pattern, and some noise."""
    random = np.random.default_rng(seed)
    wave = 0.001 * random.standard_normal(int((times(bpm)[-1] + 1) * SAMPLE_RATE))
    second = np.arange(SAMPLE_RATE // 5) / SAMPLE_RATE
    for hertz, signs in pattern.items():
        stroke = np.sin(2 * np.pi * hertz * second) * np.exp(-second / 0.03)
        for number, time in enumerate(times(bpm)):
            if signs[number % 16] == "x":
                at = round(time * SAMPLE_RATE)
                wave[at : at + len(stroke)] += random.uniform(0.5, 1.0) * stroke
    return wave.astype(np.float32)


def rows_of(name: str, bpm: float, seed: int) -> np.ndarray:
    return traits(beaten(PATTERNS[name], bpm, seed), times(bpm), 4)


def test_a_rhythm_is_known_again_at_another_tempo() -> None:
    known = {name: [rows_of(name, bpm, 0) for bpm in (90, 100, 120)] for name in PATTERNS}
    rows = np.concatenate([row for found in known.values() for row in found])
    classifier = StyleClassifier(
        rows, [name for name, found in known.items() for r in found for _ in r]
    )
    for seed in (1, 2, 3):
        for name in PATTERNS:
            assert classifier.nearest(rows_of(name, 110, seed)) == name


def test_loudness_has_no_say() -> None:
    wave = beaten(REGGAETON, 100, 0)
    rows = traits(wave, times(100), 4)
    assert np.abs(traits(0.1 * wave, times(100), 4) - rows).max() < 0.01


def test_a_stretch_is_four_bars_of_the_meter() -> None:
    wave = beaten(HOUSE, 100, 0)
    assert len(traits(wave, times(100), 4)) == 2
    assert len(traits(wave, times(100), 3)) == 2
    assert len(traits(wave, times(100)[:60], 4)) == 0


def test_a_style_of_one_row_cannot_be_known() -> None:
    with pytest.raises(DataError, match="two rows"):
        StyleClassifier(np.zeros((3, 2)), ["a", "a", "b"])
