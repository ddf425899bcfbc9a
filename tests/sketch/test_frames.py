import numpy as np
import pytest

from d2m_cli.models.composer import ComposerShape
from d2m_cli.sketch.drums import BANDS, place_drum_onsets
from d2m_cli.sketch.frames import (
    FAINTEST,
    LEVEL_EDGES_DB,
    LEVELS,
    OFFSETS,
    ONSETS,
    STRENGTHS,
    dequantised_levels,
    dequantised_onsets,
    to_frames,
    usual_power,
)
from d2m_cli.sketch.grid import Grid
from d2m_cli.sketch.partials import MAX_PARTIALS, Partials
from d2m_cli.sketch.pitches import PITCHES
from d2m_cli.sketch.wishes import WISHES
from d2m_cli.types import Rhythm

SIXTEENTH = 0.125
COUNT = 64


def sketch(seed: int = 0) -> tuple[Partials, np.ndarray]:
    random = np.random.default_rng(seed)
    times = (np.arange(COUNT) + 0.5) * SIXTEENTH
    pitch = np.stack([random.permutation(PITCHES)[:MAX_PARTIALS] for _ in range(COUNT)])
    level = 0.1 * 10 ** (random.uniform(-25, 0, pitch.shape) / 20)
    partials = Partials(
        times, pitch.astype(np.uint8), level.astype(np.float32), np.zeros_like(level, np.float32)
    )
    struck = random.random((BANDS, COUNT)) < 0.5
    strengths = struck * random.uniform(FAINTEST, 1.0, struck.shape)
    onsets = place_drum_onsets(np.arange(COUNT) * SIXTEENTH, strengths, COUNT * SIXTEENTH)
    return partials, onsets


def test_levels_come_back_within_their_class() -> None:
    partials, onsets = sketch()
    frames = to_frames(partials, onsets)
    assert frames.levels.max() < LEVELS and frames.onsets.max() < ONSETS
    back = dequantised_levels(frames.levels, np.random.default_rng(1)) * usual_power(partials)
    level = np.take_along_axis(back, partials.pitch.astype(int), 1)
    apart = 20 * np.log10(level / partials.level)
    assert np.abs(apart).max() < np.diff(LEVEL_EDGES_DB).max()
    assert (back > 0).sum() == partials.level.size


def test_onsets_come_back_on_their_place() -> None:
    partials, onsets = sketch()
    frames = to_frames(partials, onsets)
    offset, strength = dequantised_onsets(frames.onsets, np.random.default_rng(1))
    steps = (np.arange(COUNT) * SIXTEENTH * 86.1328125).round().astype(int)
    assert ((strength > 0) == (onsets[:, steps].T > 0)).all()
    assert np.abs(strength - onsets[:, steps].T).max() < 0.21
    assert np.abs(offset[strength > 0]).max() <= 0.2


def test_a_grid_holds_places_and_times_of_one_another() -> None:
    phase = np.linspace(0.5, 20.5, 600)
    grid = Grid.of(Rhythm(phase, np.ones(600, np.float32), 60.0), 4)
    assert grid.first == 0 and grid.count == 84
    assert grid.place(float(grid.seconds(np.array(12)))) == pytest.approx(12, abs=0.02)
    assert 0 < grid.close < grid.count and (grid.first + grid.close) % 4 == 0


def test_the_composers_shape_is_that_of_frames_and_wishes() -> None:
    shape = ComposerShape()
    assert (shape.bands, shape.onsets, shape.pitches) == (BANDS, ONSETS, PITCHES)
    assert (shape.levels, shape.wishes) == (LEVELS, WISHES)
    assert (shape.strengths, shape.places) == (STRENGTHS, OFFSETS)
