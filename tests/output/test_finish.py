import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import resample_poly

from d2m_cli.ingest.probe import probe
from d2m_cli.media import ffmpeg_path
from d2m_cli.output.audio import CEILING_DB, measure_loudness
from d2m_cli.output.finish.frames import FINISHED_FRAME, RATE, band_means, decibels, power, spectra
from d2m_cli.output.finish.stream import finish, finished_blocks
from d2m_cli.output.mux import mux
from d2m_cli.output.sound import write_sound
from d2m_cli.spec import SAMPLE_RATE

Wave = NDArray[np.float64]

LOOPS = Path("/usr/share/sonic-pi/samples")


def band(seconds: float = 3.0) -> Wave:
    """A chord and hisses on the half beats, with half a second of nothing in the middle."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(0.05 * np.sin(2 * np.pi * f * time) for f in (82.4, 330.0, 415.3, 1480.0, 3951.0))
    hiss = 0.08 * np.random.default_rng(1).standard_normal(len(time)) * np.exp(-30 * (time % 0.25))
    return (chord + hiss) * (np.abs(time - seconds / 2) > 0.25)


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    path = tmp_path / "music.wav"
    soundfile.write(path, band(), SAMPLE_RATE)
    return path


def finished(path: Path) -> Wave:
    finish(path, out := path.with_name("finished.wav"))
    sound: Wave = soundfile.read(out)[0]
    return sound


def levels(sound: Wave, *edges: float) -> Wave:
    """dB of bands of a mono sound at `RATE`, in the mean of its frames."""
    return decibels(band_means(power(spectra(sound, FINISHED_FRAME)), edges).mean(axis=0))


def test_both_channels_together_are_the_music(wav: Path) -> None:
    summed = finished(wav).mean(axis=1)
    music = resample_poly(band(), 320, 147)
    ours, given = (np.fft.rfft(x)[: round(8000 * 3.0)] for x in (summed, music))
    gain = np.vdot(given, ours).real / np.vdot(given, given).real
    assert -1.0 < 20 * np.log10(gain) <= 0.05
    assert np.linalg.norm(ours - gain * given) < 0.003 * np.linalg.norm(ours)


def test_sides_part_above_the_bass_alone(wav: Path) -> None:
    sound = finished(wav)
    middle, side = sound.mean(axis=1), (sound[:, 0] - sound[:, 1]) / 2
    edges = (20, 160, 400, 2000, 8000, 16000)
    ratio = levels(side, *edges) - levels(middle, *edges)
    assert ratio[0] < -25
    assert (ratio[2:] > -22).all() and (ratio < -5).all()


@pytest.mark.parametrize("block", [7, 50])
def test_blocks_of_every_size_give_the_same(wav: Path, block: int) -> None:
    with soundfile.SoundFile(wav) as file:
        whole = np.concatenate(list(finished_blocks(file, 1000)))
        parts = np.concatenate(list(finished_blocks(file, block)))
    assert len(whole) == 3 * RATE
    np.testing.assert_allclose(parts, whole, atol=1e-6)


def test_a_pause_and_silence_stay_silent(wav: Path, tmp_path: Path) -> None:
    pause = finished(wav)[round(1.29 * RATE) : round(1.72 * RATE)]
    assert np.abs(pause).max() < 1e-4
    soundfile.write(tmp_path / "silence.wav", np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    assert not finished(tmp_path / "silence.wav").any()


def test_loudness_stays_and_nothing_clips(tmp_path: Path) -> None:
    loud = band(6.0) ** 3
    soundfile.write(tmp_path / "loud.wav", 0.84 * loud / np.abs(loud).max(), SAMPLE_RATE)
    finish(tmp_path / "loud.wav", out := tmp_path / "out.wav")
    before, after = measure_loudness(tmp_path / "loud.wav"), measure_loudness(out)
    assert after.lufs == pytest.approx(before.lufs, abs=0.3)
    assert after.peak_db <= CEILING_DB + 0.1


@pytest.mark.parametrize("loop", ["loop_amen_full", "loop_breakbeat", "loop_compus"])
def test_the_new_band_is_like_that_of_a_real_recording(loop: str, tmp_path: Path) -> None:
    if not (LOOPS / f"{loop}.flac").exists():
        pytest.skip("the samples of Sonic Pi (Debian's sonic-pi-samples) are not here")
    recorded, rate = soundfile.read(LOOPS / f"{loop}.flac")
    middle = resample_poly(recorded.mean(axis=1), 160, 147)
    assert rate == 44100
    soundfile.write(tmp_path / "loop.wav", resample_poly(middle, 147, 320), SAMPLE_RATE)
    with soundfile.SoundFile(tmp_path / "loop.wav") as file:
        made = np.concatenate(list(finished_blocks(file))).mean(axis=1).astype(np.float64)
    edges = (11500, 13000, 14500, 16000)
    apart = levels(made, *edges) - levels(middle, *edges)
    assert np.abs(apart).mean() < 6


def test_without_the_finish_both_sides_are_alike(clip_3s: Path, wav: Path, tmp_path: Path) -> None:
    write_sound(wav, tmp_path / "plain.wav", finish=False)
    write_sound(wav, tmp_path / "wide.wav")
    plain, wide = (soundfile.read(tmp_path / f"{name}.wav")[0] for name in ("plain", "wide"))
    assert (plain[:, 0] == plain[:, 1]).all()
    assert plain.shape == wide.shape
    top = [levels(sound.mean(axis=1), 12000, 16000)[0] for sound in (plain, wide)]
    assert top[1] > top[0] + 20
    mux(probe(clip_3s), wav, tmp_path / "plain.avi", finish=False)
    mux(probe(clip_3s), wav, tmp_path / "wide.avi")
    for name in ("plain", "wide"):
        left, right = _channels(tmp_path / f"{name}.avi")
        assert (np.abs(left - right).max() > 0.01) == (name == "wide")


def _channels(video: Path) -> Wave:
    """Left and right `(2, N)` of a video's sound."""
    command = [ffmpeg_path(), "-v", "error", "-i", str(video), "-f", "f32le", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.float32).astype(np.float64).reshape(-1, 2).T


def test_finishing_imports_neither_scipy_nor_librosa() -> None:
    code = (
        "import sys; from d2m_cli.output.finish.stream import load_network; load_network(); "
        "print([m for m in ('scipy', 'librosa', 'torch') if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
