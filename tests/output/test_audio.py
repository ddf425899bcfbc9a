import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from d2m_cli.media import ffmpeg_path
from d2m_cli.output.audio import TARGET_LUFS, Delivery, level_loudness, measure_loudness, write_wav
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray


def music(seconds: float, amplitude: float) -> FloatArray:
    """Plucked tone, held tone and noisy hits twice a second."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.random.default_rng(0).standard_normal(len(t))
    pluck = np.sin(2 * np.pi * 220 * t) * np.exp(-(t % 0.5) * 6)
    hits = 0.2 * noise * np.exp(-((t + 0.25) % 0.5) * 20)
    wave = pluck + 0.3 * np.sin(2 * np.pi * 660 * t) + hits
    return (amplitude * wave).astype(np.float32)


def true_peak_db(path: Path) -> float:
    """Largest sample at eight times the rate, dB."""
    command = [ffmpeg_path(), "-v", "error", "-i", str(path), "-ar", str(8 * SAMPLE_RATE)]
    raw = subprocess.run([*command, "-f", "f32le", "-"], capture_output=True, check=True).stdout
    return float(20 * np.log10(np.abs(np.frombuffer(raw, np.float32)).max()))


def test_wav_is_written_block_by_block(tmp_path: Path) -> None:
    wave = music(1.0, 0.5) * 3
    write_wav(tmp_path / "a.wav", (wave[i : i + 1000] for i in range(0, len(wave), 1000)))
    read, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate == SAMPLE_RATE
    np.testing.assert_array_equal(read, wave)
    assert np.abs(read).max() > 1, "nothing is cut off before the loudness is set"


@pytest.mark.parametrize(("seconds", "amplitude"), [(2, 0.3), (2, 3.0), (5, 0.001), (5, 0.1)])
def test_loudness_reaches_the_target_without_moving_in_time(
    seconds: float, amplitude: float, tmp_path: Path
) -> None:
    wave = music(seconds, amplitude)
    raw, final = tmp_path / "raw.wav", tmp_path / "final.wav"
    write_wav(raw, [wave])
    level_loudness(raw, final)
    assert measure_loudness(final).lufs == pytest.approx(TARGET_LUFS, abs=0.5)
    read, rate = soundfile.read(final, dtype="float32")
    assert (len(read), rate) == (len(wave), SAMPLE_RATE)
    gain = read @ wave / (wave @ wave)
    assert np.abs(read - gain * wave).max() < 1e-4


def test_strong_beats_are_limited_not_clipped(tmp_path: Path) -> None:
    wave = music(4, 0.05)
    wave[:: SAMPLE_RATE // 2] = 0.9
    raw, final = tmp_path / "raw.wav", tmp_path / "final.wav"
    write_wav(raw, [wave])
    level_loudness(raw, final)
    assert true_peak_db(final) < -0.9
    assert measure_loudness(final).lufs > TARGET_LUFS - 1
    assert measure_loudness(final).peak_db == pytest.approx(true_peak_db(final), abs=0.3)
    read, _ = soundfile.read(final, dtype="float32")
    assert len(read) == len(wave)
    quiet = np.abs(wave) < 0.2
    shift = np.correlate(read[quiet][:8000], wave[quiet][50:7950]).argmax() - 50
    assert shift == 0, "the limiter must not move the music"


def test_another_loudness_and_fades_are_kept(tmp_path: Path) -> None:
    wave = music(6, 0.1)
    raw, plain, faded = (tmp_path / f"{name}.wav" for name in ("raw", "plain", "faded"))
    write_wav(raw, [wave])
    level_loudness(raw, plain, Delivery(lufs=-14.0))
    assert measure_loudness(plain).lufs == pytest.approx(-14.0, abs=0.5)
    level_loudness(raw, faded, Delivery(fade_in=1.0, fade_out=2.0))
    read, rate = soundfile.read(faded, dtype="float32")
    assert len(read) == len(wave)
    assert measure_loudness(faded).lufs == pytest.approx(TARGET_LUFS, abs=0.5)
    share = np.abs(read) / np.maximum(np.abs(wave), 1e-3) / np.abs(read[3 * rate]) * wave[3 * rate]
    middle = np.median(share[2 * rate : 3 * rate])
    for second, expected in ((0.5, np.sin(np.pi / 4)), (5.0, np.sin(np.pi / 4))):
        around = share[int((second - 0.02) * rate) : int((second + 0.02) * rate)]
        assert np.median(around) / middle == pytest.approx(expected, abs=0.06)
    assert np.abs(read[:20]).max() < 1e-3 and np.abs(read[-20:]).max() < 1e-3


def test_silence_stays_silent(tmp_path: Path) -> None:
    raw, final = tmp_path / "raw.wav", tmp_path / "final.wav"
    write_wav(raw, [np.zeros(2 * SAMPLE_RATE, np.float32)])
    level_loudness(raw, final)
    read, _ = soundfile.read(final)
    assert len(read) == 2 * SAMPLE_RATE
    assert not read.any()
    assert measure_loudness(final).lufs == float("-inf")


def test_loudness_is_that_of_both_speakers(tmp_path: Path) -> None:
    mono, stereo = tmp_path / "mono.wav", tmp_path / "stereo.wav"
    wave = music(3, 0.2)
    soundfile.write(mono, wave, SAMPLE_RATE)
    soundfile.write(stereo, np.stack([wave, wave], axis=1), SAMPLE_RATE)
    assert measure_loudness(mono).lufs == pytest.approx(measure_loudness(stereo).lufs, abs=0.15)
