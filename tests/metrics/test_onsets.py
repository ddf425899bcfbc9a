"""The block-wise onset curve and beats are librosa's own."""

import numpy as np
import pytest
import soundfile

from d2m_cli.errors import InputError
from d2m_cli.librosa_lock import beat_track, librosa
from d2m_cli.metrics.onsets import CURVE_RATE, music_beats, onset_curve, track_beats
from d2m_cli.spec import SAMPLE_RATE


def clicks(times, seconds: float, noise: float = 0.0) -> np.ndarray:
    samples = librosa.clicks(
        times=np.asarray(times), sr=SAMPLE_RATE, length=int(seconds * SAMPLE_RATE)
    ).astype(np.float32)
    return samples + noise * np.random.default_rng(0).standard_normal(len(samples)).astype("f4")


@pytest.fixture(scope="module")
def long_piece() -> np.ndarray:
    """A minute of clicks that slow down, over noise: more than two blocks and two tempograms."""
    return clicks(np.cumsum(np.linspace(0.4, 0.5, 130)), 62.3, noise=0.01)


@pytest.mark.parametrize("aggregate", ["mean", "median"])
def test_curve_in_blocks_is_librosas_curve(long_piece, aggregate):
    whole = librosa.onset.onset_strength(
        y=long_piece, sr=SAMPLE_RATE, aggregate=getattr(np, aggregate)
    )
    np.testing.assert_allclose(onset_curve(long_piece, aggregate), whole, atol=1e-4)


def test_beats_are_librosas_beats(long_piece):
    tempo, beats = beat_track(y=long_piece, sr=SAMPLE_RATE, units="time")
    ours = track_beats(onset_curve(long_piece, "median"))
    assert ours[0] == pytest.approx(float(tempo[0]))
    np.testing.assert_allclose(ours[1], beats)


def test_file_and_array_agree(tmp_path, long_piece):
    path = tmp_path / "piece.wav"
    soundfile.write(path, long_piece, SAMPLE_RATE, subtype="FLOAT")
    np.testing.assert_array_equal(onset_curve(path), onset_curve(long_piece))


def test_beats_of_clicks_lie_on_the_clicks():
    times = np.arange(0.5, 9.5, 0.5)
    found = music_beats(clicks(times, 10.0))
    assert len(found) >= len(times) - 2
    assert max(np.abs(times - beat).min() for beat in found) < 1.5 / CURVE_RATE


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(SAMPLE_RATE, np.float32)])
def test_nothing_to_hear_has_no_beats(samples):
    assert len(music_beats(samples)) == 0
    assert track_beats(onset_curve(samples, "median"))[0] == 0.0


def test_unusable_sound_is_named(tmp_path):
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.zeros((100, 2)), 44100)
    with pytest.raises(InputError, match="2 channels at 44100 Hz"):
        onset_curve(path)
    with pytest.raises(InputError, match="not numbers"):
        onset_curve(np.array([0.0, np.nan], np.float32))
