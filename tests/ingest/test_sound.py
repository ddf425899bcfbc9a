import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from project import ROOT

from d2m_cli.errors import InputError
from d2m_cli.ingest.sound import load_sound, read_sound
from d2m_cli.media import bundled_ffmpeg
from d2m_cli.spec import SAMPLE_RATE

Run = Callable[..., None]


def tone(seconds: float, rate: int, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def pitch(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "m4a", "ogg"])
def test_audio_files_come_out_mono_at_the_asked_rate(
    suffix: str, tmp_path: Path, run_ffmpeg: Run
) -> None:
    wav = tmp_path / "plain.wav"
    stereo = np.stack([tone(2.5, 48000), tone(2.5, 48000)], axis=1)
    soundfile.write(wav, stereo, 48000)
    song = tmp_path / f"song.{suffix}"
    run_ffmpeg("-i", wav, song)
    samples = load_sound(song, SAMPLE_RATE)
    assert samples.dtype == np.float32 and samples.ndim == 1
    assert len(samples) == pytest.approx(2.5 * SAMPLE_RATE, rel=0.03)
    middle = samples[SAMPLE_RATE // 2 : 2 * SAMPLE_RATE]
    assert pitch(middle, SAMPLE_RATE) == pytest.approx(440, abs=1)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.05)


def test_both_channels_are_heard(tmp_path: Path) -> None:
    wav = tmp_path / "sides.wav"
    sides = [tone(1.0, SAMPLE_RATE, 300), tone(1.0, SAMPLE_RATE, 700)]
    soundfile.write(wav, np.stack(sides, axis=1), SAMPLE_RATE, subtype="FLOAT")
    samples = load_sound(wav, SAMPLE_RATE)
    np.testing.assert_allclose(samples, (sides[0] + sides[1]) / 2, atol=1e-3)


def test_blocks_join_without_a_gap(tmp_path: Path) -> None:
    wav = tmp_path / "long.wav"
    wanted = np.random.default_rng(0).uniform(-0.5, 0.5, 12 * SAMPLE_RATE).astype(np.float32)
    soundfile.write(wav, wanted, SAMPLE_RATE, subtype="FLOAT")
    blocks = list(read_sound(wav, SAMPLE_RATE))
    assert len(blocks) > 3
    np.testing.assert_allclose(np.concatenate(blocks), wanted, atol=1e-4)


def test_sound_of_a_video(clip_3s: Path) -> None:
    samples = load_sound(clip_3s, SAMPLE_RATE)
    assert len(samples) == pytest.approx(3 * SAMPLE_RATE, rel=0.02)
    assert pitch(samples[SAMPLE_RATE : 2 * SAMPLE_RATE], SAMPLE_RATE) == pytest.approx(440, abs=2)


def test_no_sound_says_so(tmp_path: Path, clip_3s: Path, run_ffmpeg: Run) -> None:
    mute = tmp_path / "mute.mp4"
    run_ffmpeg("-i", clip_3s, "-an", "-c", "copy", mute)
    with pytest.raises(InputError, match="no sound"):
        next(read_sound(mute, SAMPLE_RATE))
    with pytest.raises(InputError, match="does not exist"):
        next(read_sound(tmp_path / "nowhere.wav", SAMPLE_RATE))


def test_moviepy_takes_the_same_ffmpeg(tmp_path: Path, clip_3s: Path) -> None:
    (tmp_path / "mine").symlink_to(bundled_ffmpeg())
    code = (
        "import sys; from pathlib import Path; from d2m_cli.ingest.sound import load_sound\n"
        "print(len(load_sound(Path(sys.argv[1]), 22050)))\n"
        "import moviepy.config; print(moviepy.config.FFMPEG_BINARY)"
    )
    environment = {
        **{k: v for k, v in os.environ.items() if k != "FFMPEG_BINARY"},
        "PYTHONPATH": str(ROOT),
        "D2M_FFMPEG": str(tmp_path / "mine"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code, str(clip_3s)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    length, binary = done.stdout.split()
    assert int(length) == pytest.approx(3 * SAMPLE_RATE, rel=0.02)
    assert binary == str(tmp_path / "mine")
