"""Golden numbers: given beats, cells and sounds have the figures of tests/fixtures/metrics.

The figures of beats and cells can be worked out by hand from the convention of each module; those
of sounds were measured once, so that a change of any step between sound and figure is seen.
"""

import json
from typing import Any

import numpy as np
import pytest
from project import ROOT

from d2m_cli.metrics import coverage
from d2m_cli.metrics.alignment import Direction, alignment_lift, beat_alignment_score
from d2m_cli.metrics.codec import mel_distance
from d2m_cli.metrics.descriptors import measure
from d2m_cli.metrics.embeddings import EMBEDDINGS
from d2m_cli.metrics.frechet import frechet_distance
from d2m_cli.metrics.onsets import music_onsets
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

FOLDER = ROOT / "tests/fixtures/metrics"


def cases(name: str) -> list[dict[str, Any]]:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def sound(name: str) -> FloatArray:
    """Four seconds by formula alone, so that they are the same everywhere."""
    time = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    if name == "tone":
        wave = 0.3 * np.sin(2 * np.pi * 440 * time)
    elif name == "noise":
        # A congruential generator: numpy's own streams may change between versions.
        state, values = 1, []
        for _ in range(len(time)):
            state = (1664525 * state + 1013904223) % 2**32
            values.append(state)
        wave = 0.2 * (np.array(values) / 2**31 - 1)
    else:
        chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220.0, 277.18, 329.63))
        since = time % 0.5
        drum = np.exp(-since * 30) * np.sin(2 * np.pi * 60 * since)
        wave = 0.1 * chord * (1 + np.floor(time) % 2) + 0.4 * drum
    return wave.astype(np.float32)


@pytest.mark.parametrize("case", cases("beats"), ids=lambda case: case["name"])
def test_alignment(case: dict[str, Any]) -> None:
    dance, music = np.array(case["dance"]), np.array(case["music"])
    assert beat_alignment_score(dance, music) == pytest.approx(case["bas_dance"], abs=1e-6)
    bas_music = beat_alignment_score(dance, music, Direction.MUSIC)
    assert bas_music == pytest.approx(case["bas_music"], abs=1e-6)
    lift = alignment_lift(dance, music, case["seconds"])
    assert lift == pytest.approx(case["lift"], abs=1e-6)


@pytest.mark.parametrize("case", cases("cells"), ids=lambda case: case["name"])
def test_coverage(case: dict[str, Any]) -> None:
    scores = [
        coverage.cell_score(*(np.array(list(cells)) == "1" for cells in pair))
        for pair in case["pairs"]
    ]
    assert coverage.macro(scores) == pytest.approx(case["macro"])
    assert coverage.pooled(scores) == pytest.approx(case["pooled"])
    loris = coverage.loris(scores)
    figures = (loris.bcs, loris.csd, loris.bhs, loris.hsd, loris.f1)
    assert figures == pytest.approx(case["loris"])


@pytest.mark.parametrize("case", cases("sounds"), ids=lambda case: case["name"])
def test_sounds(case: dict[str, Any]) -> None:
    piece = sound(case["name"])
    assert vars(measure(piece)) == pytest.approx(case["quality"], rel=0.01, abs=0.01)
    assert music_onsets(piece).tolist() == pytest.approx(case["onsets"], abs=0.03)
    for name, expected in case["embeddings"].items():
        means = EMBEDDINGS[name].compute(piece).mean(axis=0)
        np.testing.assert_allclose(means, expected, rtol=0.02, atol=0.05)


@pytest.mark.parametrize("case", cases("pairs_of_sounds"), ids=lambda case: case["name"])
def test_pairs_of_sounds(case: dict[str, Any]) -> None:
    one, other = (sound(name) for name in case["sounds"])
    assert mel_distance(one, other) == pytest.approx(case["mel_distance"], rel=0.01)
    rows = [EMBEDDINGS["log-mel"].compute(piece) for piece in (one, other)]
    assert frechet_distance(*rows) == pytest.approx(case["frechet_log_mel"], rel=0.02)
