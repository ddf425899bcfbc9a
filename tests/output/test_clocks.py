"""Clocks of videos as they are cut, recorded and still being copied."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import field_inputs as inputs
import numpy as np
import pytest
import soundfile

from d2m_cli.errors import InputError, OutputError
from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.video import read_frames
from d2m_cli.media import bundled_ffmpeg, ffmpeg_path
from d2m_cli.output.describe import describe
from d2m_cli.output.mux import mux
from d2m_cli.output.readback import Promise, read_back
from d2m_cli.output.streams import Luggage
from d2m_cli.output.stretch import stretch
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import Clip

Run = Callable[..., None]


@pytest.fixture
def silence(tmp_path: Path) -> Path:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(SAMPLE_RATE), SAMPLE_RATE)
    return path


def times(video: Path) -> np.ndarray:
    """Seconds of all pictures from the first on."""
    with av.open(str(video)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    found = np.sort([float(p.pts * p.time_base) for p in packets])
    return found - found[0]


def test_a_recording_cut_amid_pictures_begins_with_the_first_whole_one(
    tmp_path: Path, silence: Path
) -> None:
    whole = inputs.plain(tmp_path / "tv.ts", *inputs.X264, "-g", "20", *inputs.AAC)
    data = whole.read_bytes()
    cut = tmp_path / "cut.ts"
    cut.write_bytes(data[len(data) // 188 // 4 * 188 :])
    clip = probe(cut)
    assert clip.seconds == pytest.approx(1.2, abs=0.01)
    mux(clip, silence, out := tmp_path / "out.mp4")
    assert len(times(out)) == 30
    wanted = [*read_frames(probe(whole, start=0.8))]
    for shown in (probe(out), clip):
        got = [*read_frames(shown)]
        assert abs(len(got) - len(wanted)) <= 1  # ffmpeg 5.1 ends with the last picture's begin
        pairs = zip(got, wanted, strict=False)
        assert max(np.abs(a.astype(float) - b).mean() for a, b in pairs) < 3


def flashes(pictures: Iterable[tuple[float, np.ndarray]]) -> list[float]:
    """Seconds at which a picture becomes light."""
    light = [(time, picture.mean() > 128) for time, picture in pictures]
    return [time for (_, before), (time, now) in pairwise(light) if now and not before]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("start", [0.0, 0.2])
def test_pictures_before_time_zero_are_left_out(
    start: float, suffix: str, tmp_path: Path, run_ffmpeg: Run
) -> None:
    whole, early = tmp_path / "whole.mkv", tmp_path / "early.mkv"
    light = "drawbox=c=white:t=fill:enable='between(mod(t,1),0.01,0.11)'"
    run_ffmpeg("-f", "lavfi", "-i", f"color=black:s=160x120:r=30:d=3,{light}", "-bf", "2", whole)
    moved = ("-itsoffset", "-0.5", "-i", whole, "-c", "copy", "-avoid_negative_ts", "disabled")
    run_ffmpeg(*moved, early)
    clip, wav = probe(early, start), tmp_path / "silence.wav"
    assert clip.seconds == pytest.approx(2.5 - start, abs=0.04)
    soundfile.write(wav, np.zeros(round(clip.seconds * SAMPLE_RATE)), SAMPLE_RATE)
    mux(clip, wav, out := tmp_path / f"out{suffix}", finish=False)
    seen = flashes((i / 30, picture) for i, picture in enumerate(read_frames(clip)))
    # Time 0 is the first picture with a time in the order of the file.
    assert seen == pytest.approx([0.5333 - start, 1.5333 - start], abs=0.034)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        zero = float((stream.start_time or 0) * stream.time_base)  # 5.1 lets Matroska begin later
        shown = [(p.time - zero, p.to_ndarray(format="gray")) for p in container.decode(stream)]
    assert flashes(shown) == pytest.approx(seen, abs=0.002)
    assert abs(len(shown) - 30 * (2.5 - start)) < 1.5


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_uneven_pictures_keep_their_number_and_times(
    suffix: str, tmp_path: Path, silence: Path
) -> None:
    video, out = inputs.uneven(tmp_path), tmp_path / f"out{suffix}"
    before = times(video)
    mux(probe(video, before[11], 1.9), silence, out)
    assert times(out) == pytest.approx(before[(before >= before[11]) & (before < 1.9)] - before[11])


@pytest.mark.skipif(ffmpeg_path() != bundled_ffmpeg(), reason="5.1 keeps its length (reliability)")
@pytest.mark.parametrize("start", [0.0, 0.5])
def test_a_picture_that_stands_long_ends_with_the_part(
    start: float, tmp_path: Path, silence: Path
) -> None:
    video, out = tmp_path / "screen.mp4", tmp_path / "out.mp4"
    kept = ("-vf", "select='eq(n,0)+eq(n,125)'", "-fps_mode", "vfr")
    inputs.run(*inputs.picture(seconds=6), *kept, *inputs.X264, video)
    mux(probe(video, start, 1.5), silence, out)
    assert probe(out).duration == pytest.approx(1.5 - start, abs=0.01)


def test_a_copied_part_ends_with_the_picture_that_stands_then(
    tmp_path: Path, silence: Path
) -> None:
    video, out = tmp_path / "screen.mp4", tmp_path / "out.mp4"
    kept = ("-vf", "select='eq(n,0)+eq(n,20)+eq(n,125)'", "-fps_mode", "vfr")
    inputs.run(*inputs.picture(seconds=6), *kept, *inputs.X264, "-tune", "zerolatency", video)
    mux(probe(video, 0.0, 1.5), silence, out)
    assert times(out) == pytest.approx([0.0, 0.8])
    assert probe(out).duration == pytest.approx(1.5, abs=0.01)


def test_more_pictures_than_there_were_are_noticed(tmp_path: Path, silence: Path) -> None:
    video, out = inputs.base(tmp_path), tmp_path / "out.mp4"
    clip = probe(video)
    mux(clip, silence, out)
    expected = replace(stretch(probe(video, 0.5), False), first=0.0, last=1.9)
    promise = Promise(describe(video)[0], False, expected, clip.seconds, Luggage(), 0)
    with pytest.raises(OutputError, match="50 pictures came of 39"):
        read_back(out, out, promise)


def test_a_video_that_changes_or_goes_is_noticed(tmp_path: Path, silence: Path) -> None:
    video, out = inputs.base(tmp_path), tmp_path / "out.mp4"
    clip: Clip = probe(video)
    with video.open("ab") as file:
        file.write(b"more")
    with pytest.raises(InputError, match="changed while it was read"):
        mux(clip, silence, out)
    video.unlink()
    with pytest.raises(InputError, match="is gone"):
        mux(clip, silence, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["silence.wav"]
