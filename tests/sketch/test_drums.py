import numpy as np
import pytest

from d2m_cli.sketch.drums import BANDS, find_hits, hit_curves, place_hits, strike
from d2m_cli.spec import HIT_RATE, SAMPLE_RATE

STEP = 1.0 / HIT_RATE


def drum(hertz: float, times: list[float], seconds: float = 4.0) -> np.ndarray:
    """Decaying tones at `times`."""
    sound = np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    age = np.arange(int(0.1 * SAMPLE_RATE)) / SAMPLE_RATE
    hit = np.exp(-age / 0.02) * np.sin(2 * np.pi * hertz * age)
    for time in times:
        begin = int(time * SAMPLE_RATE)
        sound[begin : begin + len(hit)] += hit.astype(np.float32)
    return sound


@pytest.mark.parametrize(("band", "hertz"), [(0, 80.0), (1, 1_000.0), (2, 8_000.0)])
def test_hits_are_found_in_their_band_at_their_time(band: int, hertz: float) -> None:
    times = [0.5, 1.25, 2.0, 3.1]
    hits = find_hits(drum(hertz, times))
    strong = np.flatnonzero(hits[band] > 0.6) / HIT_RATE
    assert strong == pytest.approx(times, abs=2 * STEP)


def test_silence_has_no_hits() -> None:
    assert not find_hits(np.zeros(SAMPLE_RATE, np.float32)).any()


def test_placed_hits_become_bumps_of_their_strength() -> None:
    strengths = np.tile([1.0, 0.5], (BANDS, 1))
    hits = place_hits(np.array([0.5, 1.5]), strengths, 2.0)
    curves = hit_curves(hits)
    assert curves.shape == hits.shape
    assert curves[0, round(0.5 * HIT_RATE)] == pytest.approx(1.0, abs=0.02)
    assert curves[0, round(1.5 * HIT_RATE)] == pytest.approx(0.5, abs=0.02)
    assert curves[:, round(1.0 * HIT_RATE)].max() < 1e-3


def test_hits_outside_the_piece_are_left_out() -> None:
    assert not place_hits(np.array([-0.2, 9.0]), np.ones((BANDS, 2)), 2.0).any()


def test_struck_hits_are_found_again_in_their_bands() -> None:
    times = np.array([0.5, 1.0, 1.5, 2.0])
    for band in range(BANDS):
        strengths = np.zeros((BANDS, len(times)))
        strengths[band] = 1.0
        sound = strike(place_hits(times, strengths, 3.0), 0, 3 * SAMPLE_RATE)
        strong = np.flatnonzero(find_hits(sound)[band] > 0.6) / HIT_RATE
        assert strong == pytest.approx(times, abs=2 * STEP)


def test_any_part_of_the_strokes_is_the_same_sound() -> None:
    hits = place_hits(np.array([0.1, 0.9]), np.ones((BANDS, 2)), 2.0)
    whole = strike(hits, -1000, 3 * SAMPLE_RATE)
    assert not whole[:1000].any()
    part = strike(hits, SAMPLE_RATE - 777, 9000)
    np.testing.assert_array_equal(part, whole[SAMPLE_RATE - 777 + 1000 :][:9000])
