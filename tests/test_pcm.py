import numpy as np

from d2m_cli.pcm import to_float, to_int16


def test_the_one_convention() -> None:
    samples = np.float32([-2.0, -1.0, -0.5, 0.0, 1e-5, 0.5, 1.0, 7.0])
    written = to_int16(samples)
    assert written.dtype == np.int16
    assert written.tolist() == [-32767, -32767, -16384, 0, 0, 16384, 32767, 32767]
    read = to_float(np.int16([-32768, -16384, 0, 16384, 32767]))
    assert read.dtype == np.float32
    assert read.tolist() == [-1.0, -0.5, 0.0, 0.5, 32767 / 32768]


def test_a_sample_comes_back_within_its_rounding() -> None:
    samples = np.random.default_rng(0).uniform(-1, 1, (2, 10_000)).astype(np.float32)
    back = to_float(to_int16(samples))
    assert back.shape == samples.shape
    assert np.abs(back - samples).max() <= 1.5 / 32768


def test_what_was_read_is_written_within_one_step() -> None:
    steps = np.arange(-32767, 32768, dtype=np.int16)
    assert np.abs(to_int16(to_float(steps)).astype(int) - steps).max() <= 1
