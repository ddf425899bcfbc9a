"""Music lies on the clock of the picture, wherever the sound begins in the file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from d2m_cli.errors import InputError
from d2m_cli.ingest.audio import load_music
from d2m_cli.spec import SAMPLE_RATE

TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=2:sample_rate=44100")
PICTURE = ("-f", "lavfi", "-i", "testsrc=duration=2:size=64x64:rate=30")
CODECS = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")


@pytest.mark.parametrize("late", ["sound", "picture", "neither"])
def test_sample_0_lies_at_the_first_picture(
    tmp_path: Path, run_ffmpeg: Callable[..., None], late: str
) -> None:
    shift = ("-itsoffset", "0.5")
    sound = (*shift, *TONE) if late == "sound" else TONE
    picture = (*shift, *PICTURE) if late == "picture" else PICTURE
    run_ffmpeg(*picture, *sound, "-map", "0:v", "-map", "1:a", *CODECS, tmp_path / "clip.mp4")
    samples = load_music(tmp_path / "clip.mp4")
    assert samples.dtype == np.int16
    loud = np.flatnonzero(np.abs(samples) > 500) / SAMPLE_RATE
    begin, end = {"sound": (0.5, 2.5), "picture": (0.0, 1.5), "neither": (0.0, 2.0)}[late]
    assert loud[0] == pytest.approx(begin, abs=0.03)
    assert loud[-1] == pytest.approx(end, abs=0.06)


def test_a_cover_is_no_picture(tmp_path: Path, run_ffmpeg: Callable[..., None]) -> None:
    run_ffmpeg(*PICTURE, "-frames:v", "1", tmp_path / "cover.png")
    run_ffmpeg(*TONE, "-i", tmp_path / "cover.png", "-map", "0", "-map", "1", "-c:v", "copy",
               "-disposition:v", "attached_pic", tmp_path / "song.mp3")  # fmt: skip
    samples = load_music(tmp_path / "song.mp3")
    assert len(samples) == pytest.approx(2 * SAMPLE_RATE, abs=0.06 * SAMPLE_RATE)


def test_files_without_sound_are_refused(tmp_path: Path, run_ffmpeg: Callable[..., None]) -> None:
    run_ffmpeg(*PICTURE, tmp_path / "mute.mp4")
    (tmp_path / "text.wav").write_text("no sound")
    for name in ("mute.mp4", "text.wav", "gone.wav"):
        with pytest.raises(InputError, match=name):
            load_music(tmp_path / name)
