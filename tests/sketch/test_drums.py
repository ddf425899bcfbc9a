import numpy as np
import pytest

from d2m_cli.sketch.drums import (
    BANDS,
    drum_curves,
    find_drum_onsets,
    place_drum_onsets,
    render_drums,
)
from d2m_cli.spec import DRUM_RATE, SAMPLE_RATE

STEP = 1.0 / DRUM_RATE


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
    drum_onsets = find_drum_onsets(drum(hertz, times))
    strong = np.flatnonzero(drum_onsets[band] > 0.6) / DRUM_RATE
    assert strong == pytest.approx(times, abs=2 * STEP)


def test_silence_has_no_hits() -> None:
    assert not find_drum_onsets(np.zeros(SAMPLE_RATE, np.float32)).any()


def test_placed_hits_become_bumps_of_their_strength() -> None:
    strengths = np.tile([1.0, 0.5], (BANDS, 1))
    drum_onsets = place_drum_onsets(np.array([0.5, 1.5]), strengths, 2.0)
    curves = drum_curves(drum_onsets)
    assert curves.shape == drum_onsets.shape
    assert curves[0, round(0.5 * DRUM_RATE)] == pytest.approx(1.0, abs=0.02)
    assert curves[0, round(1.5 * DRUM_RATE)] == pytest.approx(0.5, abs=0.02)
    assert curves[:, round(1.0 * DRUM_RATE)].max() < 1e-3


def test_hits_outside_the_piece_are_left_out() -> None:
    assert not place_drum_onsets(np.array([-0.2, 9.0]), np.ones((BANDS, 2)), 2.0).any()


def test_struck_hits_are_found_again_in_their_bands() -> None:
    times = np.array([0.5, 1.0, 1.5, 2.0])
    for band in range(BANDS):
        strengths = np.zeros((BANDS, len(times)))
        strengths[band] = 1.0
        sound = render_drums(place_drum_onsets(times, strengths, 3.0), 0, 3 * SAMPLE_RATE)
        strong = np.flatnonzero(find_drum_onsets(sound)[band] > 0.6) / DRUM_RATE
        assert strong == pytest.approx(times, abs=2 * STEP)


def test_any_part_of_the_strokes_is_the_same_sound() -> None:
    drum_onsets = place_drum_onsets(np.array([0.1, 0.9]), np.ones((BANDS, 2)), 2.0)
    whole = render_drums(drum_onsets, -1000, 3 * SAMPLE_RATE)
    assert not whole[:1000].any()
    part = render_drums(drum_onsets, SAMPLE_RATE - 777, 9000)
    np.testing.assert_array_equal(part, whole[SAMPLE_RATE - 777 + 1000 :][:9000])
