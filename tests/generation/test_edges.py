import numpy as np
import pytest

from d2m_cli.features.i3d import VisualSettings
from d2m_cli.generation.edges import with_edges
from d2m_cli.generation.steady import steady_dance
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import Dance, FloatArray


def edged(dance: Dance) -> FloatArray:
    sound = np.random.default_rng(0).normal(0.0, 0.1, round(dance.seconds * SAMPLE_RATE))
    return np.concatenate(list(with_edges(np.array_split(sound.astype(np.float32), 7), dance)))


def level(sound: FloatArray) -> float:
    return float(10 * np.log10(np.square(sound, dtype=np.float64).mean() + 1e-12))


@pytest.mark.parametrize("beat", [0.0, 0.3])
def test_music_rises_out_of_silence_unless_a_beat_opens_it(beat: float) -> None:
    dance = steady_dance(120.0, 4.0, VisualSettings())
    dance.rhythm.phase[:] -= beat * 2.0
    sound = edged(dance)
    opening = level(sound[: SAMPLE_RATE // 20])
    assert opening > -21.0 if beat == 0.0 else opening < -40.0
    assert level(sound[SAMPLE_RATE // 5 : -SAMPLE_RATE // 2]) == pytest.approx(-20.0, abs=0.5)


def test_music_falls_to_silence_with_the_picture() -> None:
    sound = edged(steady_dance(120.0, 4.0, VisualSettings()))
    assert level(sound[-SAMPLE_RATE // 50 :]) < -40.0
    tail = [level(part) for part in np.array_split(sound[-SAMPLE_RATE * 4 // 10 :], 4)]
    assert tail == sorted(tail, reverse=True)
