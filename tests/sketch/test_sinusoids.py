from collections.abc import Callable

import numpy as np
import pytest

from d2m_cli.sketch.partials import Partials, frequencies, half_window
from d2m_cli.sketch.pitches import PITCHES
from d2m_cli.sketch.sinusoids import FEWEST_OVERLAPPING, Windows, render
from d2m_cli.spec import SAMPLE_RATE

ROUNDING = 1e-4
"""Of the loudest sample."""


def summed(partials: Partials, first: int, count: int) -> np.ndarray:
    """The same by its definition: cosine by cosine."""
    half = half_window(partials.times)
    wave, weight = np.zeros(count), np.zeros(count)
    window, offsets = np.hanning(2 * half + 3)[1:-1], np.arange(-half, half + 1)
    hertz = frequencies(partials.tuning)
    for row, time in enumerate(partials.times):
        place = round(time * SAMPLE_RATE) - first + offsets
        inside = (place >= 0) & (place < count)
        for pitch, level, phase in zip(
            partials.pitch[row], partials.level[row], partials.phase[row], strict=True
        ):
            tone = level * np.cos(2 * np.pi * hertz[pitch] * offsets / SAMPLE_RATE + phase)
            wave[place[inside]] += (tone * window)[inside]
        weight[place[inside]] += window[inside]
    return wave / np.maximum(weight, FEWEST_OVERLAPPING)


def partials_of(steps: np.ndarray, random: np.random.Generator) -> Partials:
    shape = (len(steps), 12)
    level = random.random(shape) * (random.random(shape) < 0.7)
    return Partials(
        1.0 + np.cumsum(steps),
        random.integers(0, PITCHES, shape).astype(np.uint8),
        level.astype(np.float32),
        random.uniform(-np.pi, np.pi, shape).astype(np.float32),
        float(random.uniform(-0.5, 0.5)),
    )


@pytest.mark.parametrize(
    "steps",
    [
        lambda random: np.full(80, 0.125),
        lambda random: random.uniform(0.08, 0.2, 80),
        lambda random: np.repeat([0.1, 0.5, 0.1], 25),
    ],
    ids=["steady", "wandering", "apart"],
)
def test_products_of_matrices_are_the_sinusoids_added_one_by_one(
    steps: Callable[[np.random.Generator], np.ndarray],
) -> None:
    random = np.random.default_rng(0)
    partials = partials_of(steps(random), random)
    last = int(Windows.of(partials.times).middles[-1])
    for first in (-70_000, -3_000, 0, 23_456, last - 20_000, last + 60_000):
        count = 2 * SAMPLE_RATE
        expected = summed(partials, first, count)
        found = render(partials, first, count)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=ROUNDING * max(1.0, expected.max()))
        assert found.any() == (-70_000 < first < last + 60_000)
