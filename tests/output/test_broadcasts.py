"""Recordings of broadcasts and cameras: joined byte by byte, with packets lost on the way."""

import subprocess
from itertools import pairwise
from pathlib import Path

import av
import field_inputs as inputs
import numpy as np
import pytest
import soundfile

from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.video import read_frames
from d2m_cli.media import bundled_ffmpeg
from d2m_cli.output.mux import mux
from d2m_cli.spec import SAMPLE_RATE


def recording(path: Path, sound_seconds: float) -> Path:
    """Two seconds of black, white with a beep from 1 to 1.2 s."""
    flash = "color=black:s=160x120:r=25:d=2,drawbox=c=white:t=fill:enable='between(t,1,1.19)'"
    beep = f"aevalsrc='0.5*sin(2*PI*1000*t)*between(t,1,1.2)':s=48000:d={sound_seconds}"
    codecs = ("-c:v", "mpeg2video", "-bf", "2", "-g", "12", "-c:a", "mp2")
    inputs.run("-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", beep, *codecs, path)
    return path


def written(video: Path, start: float, mix: float = 0.0) -> Path:
    clip, out, wav = probe(video, start), video.with_name("out.mp4"), video.with_name("silence.wav")
    soundfile.write(wav, np.zeros(round(clip.seconds * SAMPLE_RATE)), SAMPLE_RATE)
    mux(clip, wav, out, mix)
    return out


def flashes(video: Path) -> list[float]:
    """Seconds at which the picture turns white."""
    with av.open(str(video)) as container:
        facts = [
            (f.time, f.to_ndarray(format="gray").mean() > 150) for f in container.decode(video=0)
        ]
    return [now[0] for before, now in pairwise(facts) if now[1] > before[1]]


def beeps(video: Path) -> list[float]:
    """Seconds at which the sound becomes loud."""
    command = [bundled_ffmpeg(), "-v", "error", "-i", str(video), "-ac", "1", "-ar", "48000"]
    raw = subprocess.run([*command, "-f", "f32le", "-"], capture_output=True, check=True).stdout
    loud = np.flatnonzero(np.abs(np.frombuffer(raw, np.float32)) > 0.2) / 48000
    return [float(t) for t in loud[np.diff(loud, prepend=-1.0) > 0.5]]


@pytest.mark.parametrize("suffix", [".ts", ".mpg"])
def test_joined_recordings_are_one_dance(suffix: str, tmp_path: Path) -> None:
    short, long = (recording(tmp_path / f"{s}{suffix}", s) for s in (1.7, 2.4))
    video = tmp_path / f"joined{suffix}"
    video.write_bytes(short.read_bytes() + long.read_bytes() + short.read_bytes())
    clip = probe(video)
    assert (clip.duration, clip.fps) == pytest.approx((6.0, 25.0), abs=0.01)
    white = [frame.mean() > 150 for frame in read_frames(clip, rate=25)]
    assert np.flatnonzero(np.diff(white, prepend=False) & white) == pytest.approx([25, 75, 125])
    for start in (0.0, 0.48):
        out = written(video, start, mix=1.0)
        assert probe(out).duration == pytest.approx(6.0 - start, abs=0.01)
        assert flashes(out) == pytest.approx(np.array([1.0, 3.0, 5.0]) - start, abs=0.001)
        assert beeps(out) == pytest.approx(np.array([1.0, 3.0, 5.0]) - start, abs=0.06)


def test_a_packet_lost_on_the_way_is_no_end(tmp_path: Path) -> None:
    video = recording(tmp_path / "tv.ts", 2.0)
    data = video.read_bytes()
    at = len(data) // 188 // 2 * 188
    video.write_bytes(data[:at] + data[at + 5 * 188 :])
    assert probe(video).duration == pytest.approx(2.0, abs=0.01)
    assert probe(written(video, 0.0)).duration == pytest.approx(2.0, abs=0.01)
