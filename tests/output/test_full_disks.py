"""A full disk is named with its own folder: that of the output, or the temporary one."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from d2m_cli.cli.failures import sentence
from d2m_cli.errors import OutputError
from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.sound import load_sound
from d2m_cli.output.mux import mux, rehearse
from d2m_cli.spec import SAMPLE_RATE

Run = Callable[..., None]
NOISE = ("-f", "lavfi", "-i", "nullsrc=size=320x240:rate=30:duration=2,geq=random(1)*255:128:128")
LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "4")


def silence(folder: Path) -> Path:
    wav = folder / "music.wav"
    soundfile.write(wav, np.zeros(3 * SAMPLE_RATE), SAMPLE_RATE)
    return wav


@pytest.fixture
def noise(tmp_path: Path, run_ffmpeg: Run) -> Path:
    """A second of it is more than a small disk holds."""
    path = tmp_path / "noise.mp4"
    run_ffmpeg(*NOISE, *LOSSLESS, path)
    return path


@pytest.fixture
def small_scratch(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small disk that temporary files lie on."""
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))
    return small_disk


def test_a_trial_on_a_full_temporary_folder(
    noise: Path, small_scratch: Path, tmp_path: Path
) -> None:
    wanted = f"temporary folder {small_scratch} is full: .* TMPDIR"
    with pytest.raises(OutputError, match=wanted):
        rehearse(probe(noise), tmp_path / "out.mp4")
    assert not [*small_scratch.iterdir()]


def test_a_cover_that_the_temporary_folder_cannot_hold(
    clip_3s: Path, small_scratch: Path, tmp_path: Path, run_ffmpeg: Run
) -> None:
    cover, video = tmp_path / "cover.png", tmp_path / "covered.mkv"
    run_ffmpeg(*NOISE[:3], NOISE[3].replace("320x240", "900x900"), "-frames:v", "1", cover)
    assert cover.stat().st_size > 1 << 18
    words = ("-metadata:s:t", "mimetype=image/png", "-metadata:s:t", "filename=cover.png")
    run_ffmpeg("-i", clip_3s, "-c", "copy", "-attach", cover, *words, video)
    with pytest.raises(OutputError, match=rf"temporary folder {small_scratch} is full"):
        mux(probe(video), silence(tmp_path), tmp_path / "out.mkv", finish=False)


def test_a_full_output_folder(noise: Path, small_disk: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=rf"out\.mp4 cannot .* space in {small_disk}"):
        mux(probe(noise), silence(tmp_path), small_disk / "out.mp4", finish=False)
    assert not [*small_disk.iterdir()]


def test_a_song_beside_others_is_not_cut_short(
    small_scratch: Path, tmp_path: Path, run_ffmpeg: Run
) -> None:
    tracks = tmp_path / "tracks.mka"
    tone = ("-f", "lavfi", "-i", "sine=duration=9:sample_rate=48000")
    run_ffmpeg(*tone, *tone, "-map", "0", "-map", "1", tracks)
    with pytest.raises(OSError, match="No space left") as caught:
        load_sound(tracks, SAMPLE_RATE)
    told = sentence(caught.value)
    assert f"free some space in {small_scratch}, or name another folder in TMPDIR" in told
