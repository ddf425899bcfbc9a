import numpy as np
import pytest

from d2m_cli.evaluation.stages_report import (
    COMPOSED,
    LEARNED,
    REAL,
    REAL_SKETCH,
    stages,
    stages_table,
)
from d2m_cli.generation.open import open_maker
from d2m_cli.progress import silent
from d2m_cli.spec import SAMPLE_RATE, Level, RenderQuality
from d2m_cli.types import FloatArray

SECONDS = 3.0


def piece(number: int) -> FloatArray:
    """Chords on a beat of 100 to 145 bpm, with noise strokes between them."""
    random = np.random.default_rng(number)
    time = np.arange(int(SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    beat = time % (60.0 / (100 + 5 * number))
    notes = 110.0 * 2.0 ** (random.integers(0, 36, 3) / 12)
    tones = sum(np.sin(2 * np.pi * hertz * time) for hertz in notes)
    noise = random.standard_normal(len(time)) * np.exp(-beat / 0.03)
    return (0.1 * tones * np.exp(-beat / 0.2) + 0.1 * noise).astype(np.float32)


@pytest.fixture(scope="module")
def found():
    pieces = [piece(number) for number in range(8)]
    return stages(open_maker(None, "cpu"), Level.HIGH, RenderQuality.DRAFT, pieces, silent)


def test_every_step_is_measured(found):
    names = [stage.name for stage in found]
    assert names[0] == REAL and names[-3:] == [REAL_SKETCH, COMPOSED, LEARNED] and len(names) == 6
    for stage in found:
        figures = [stage.distance, *stage.movement, *stage.grain, stage.pulse, stage.variety]
        assert np.isfinite(figures).all()


def test_the_codec_adds_less_than_composing(found):
    distance = {stage.name: stage.distance for stage in found}
    assert distance[REAL] < distance[REAL_SKETCH] < distance[COMPOSED]


def test_the_table_has_a_line_for_each_step(found):
    table = stages_table(found, Level.HIGH, 8)
    assert [row[0] for row in table.rows] == [stage.name for stage in found]
    assert all(len(row) == len(table.columns) for row in table.rows)
