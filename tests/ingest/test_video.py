import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from project import ROOT

from d2m_cli.errors import D2MError, InputError
from d2m_cli.ingest.video import displayed_size, probe, read_frames
from d2m_cli.media import bundled_ffmpeg, ffmpeg_path
from d2m_cli.types import FloatArray, FrameArray

Run = Callable[..., None]


def write_ramp(path: Path, run: Run, rate: float, count: int, *more: str) -> Path:
    """Video whose picture `n` is a plain grey of luma `16 + 2 n` (16 is black, 235 white)."""
    grey = f"nullsrc=s=64x48:r={rate},geq=lum='16+2*N':cb=128:cr=128"
    codec = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    run("-f", "lavfi", "-i", grey, *more, "-frames:v", str(count), *codec, path)
    return path


def numbers(frames: list[FrameArray]) -> FloatArray:
    """Which picture of `write_ramp` each frame shows."""
    return np.array([frame.mean() * 219 / 255 / 2 for frame in frames], dtype=np.float32)


def test_frames_are_upright_rgb_of_even_size(clip_3s: Path) -> None:
    frames = list(read_frames(probe(clip_3s)))
    assert len(frames) == 90
    assert all(f.shape == (240, 320, 3) and f.dtype == np.uint8 for f in frames)
    assert frames[0].flags.writeable


@pytest.mark.parametrize(("rate", "count"), [(1, 3), (24, 48), (59.94, 80), (60, 80), (240, 80)])
def test_frame_i_shows_time_i_over_rate(
    rate: float, count: int, tmp_path: Path, run_ffmpeg: Run
) -> None:
    clip = probe(write_ramp(tmp_path / "ramp.mp4", run_ffmpeg, rate, count))
    shown = numbers(list(read_frames(clip, 30.0)))
    assert len(shown) == pytest.approx(clip.seconds * 30, abs=1)
    wanted = np.minimum(np.arange(len(shown)) / 30 * rate, count - 1)
    # Half a step of the output and the picture's own stay on the screen are the rounding allowed.
    assert np.abs(shown - wanted).max() <= 1 + rate / 60 + 0.2


def test_variable_frame_rate_keeps_its_times(tmp_path: Path, run_ffmpeg: Run) -> None:
    keep = "select='lt(n,20)+not(mod(n,6))'"
    more = ("-vf", keep, "-fps_mode", "vfr", "-t", "2.0")
    clip = probe(write_ramp(tmp_path / "vfr.mp4", run_ffmpeg, 30, 1000, *more))
    shown = numbers(list(read_frames(clip, 30.0)))
    source = np.arange(len(shown))
    wanted = np.where(source < 20, source, source // 6 * 6)
    assert np.abs(shown - wanted)[:54].max() < 1.0


@pytest.mark.parametrize("start", [0.0, 0.5, 1.3])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "flv"])
def test_a_part_shows_the_same_pictures_as_the_whole(
    start: float, suffix: str, clip_3s: Path, tmp_path: Path, run_ffmpeg: Run
) -> None:
    video = tmp_path / f"clip.{suffix}"
    run_ffmpeg("-i", clip_3s, "-c", "copy", video)
    whole = list(read_frames(probe(video), longest_side=100))
    part = list(read_frames(probe(video, start, start + 1.5), longest_side=100))
    assert len(part) == 45
    first = round(start * 30)
    for got, wanted in zip(part, whole[first:], strict=False):
        np.testing.assert_array_equal(got, wanted)
    assert np.abs(part[0].astype(int) - whole[first + 1]).mean() > 0.1


def test_time_zero_is_the_first_picture_when_sound_begins_earlier(
    clip_3s: Path, tmp_path: Path, run_ffmpeg: Run
) -> None:
    late = tmp_path / "late.mp4"
    streams = ("-itsoffset", "0.7", "-i", clip_3s, "-i", clip_3s, "-map", "0:v", "-map", "1:a")
    run_ffmpeg(*streams, "-c", "copy", late)
    clip = probe(late)
    assert clip.duration == pytest.approx(3.0, abs=1e-3)
    frames = list(read_frames(clip, longest_side=100))
    plain = list(read_frames(probe(clip_3s), longest_side=100))
    assert len(frames) == len(plain)
    np.testing.assert_array_equal(frames[0], plain[0])
    np.testing.assert_array_equal(frames[-1], plain[-1])


@pytest.mark.parametrize("counter_clockwise", [90, 180, 270])
def test_phone_videos_come_out_upright(
    counter_clockwise: int, clip_3s: Path, tmp_path: Path, run_ffmpeg: Run
) -> None:
    turned = tmp_path / "phone.mp4"
    run_ffmpeg("-display_rotation", str(counter_clockwise), "-i", clip_3s, "-c", "copy", turned)
    plain = next(read_frames(probe(clip_3s)))
    upright = next(read_frames(probe(turned)))
    wanted = np.rot90(plain, counter_clockwise // 90)
    assert upright.shape == wanted.shape
    assert np.abs(upright.astype(int) - wanted).mean() < 4


def test_sizes_shrink_with_the_aspect_kept_and_never_grow(tmp_path: Path, run_ffmpeg: Run) -> None:
    video = tmp_path / "odd.mkv"
    source = ("-f", "lavfi", "-i", "testsrc=d=0.2:s=163x91:r=30")
    run_ffmpeg(*source, "-c:v", "libx264", "-pix_fmt", "yuv444p", video)
    clip = probe(video)
    assert displayed_size(clip) == (162, 90)
    assert displayed_size(clip, 80) == (80, 44)
    assert next(read_frames(clip)).shape == (90, 162, 3)


def test_closing_early_ends_ffmpeg(clip_3s: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Watched(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            started.append(self)

    monkeypatch.setattr(subprocess, "Popen", Watched)
    frames = read_frames(probe(clip_3s))
    next(frames)
    assert started[-1].poll() is None
    frames.close()  # type: ignore[attr-defined]
    assert started[-1].poll() is not None


def test_pictures_that_cannot_be_decoded_give_one_sentence(clip_3s: Path, tmp_path: Path) -> None:
    clip = probe(clip_3s)
    data = bytearray(clip_3s.read_bytes())
    begin = data.index(b"mdat") + 4
    data[begin:] = os.urandom(len(data) - begin)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(data)
    with pytest.raises(InputError, match="cannot be decoded"):
        probe(broken)
    shutil.copy(broken, tmp_path / "moved.mp4")
    moved = type(clip)(**{**vars(clip), "path": tmp_path / "moved.mp4"})
    with pytest.raises(InputError, match="stopped decoding") as caught:
        list(read_frames(moved))
    assert "\n" not in str(caught.value)


def test_memory_does_not_grow_with_the_length(tmp_path: Path, run_ffmpeg: Run) -> None:
    video = tmp_path / "long.mp4"
    source = ("-f", "lavfi", "-i", "color=s=640x360:r=30:d=20")
    run_ffmpeg(*source, "-preset", "ultrafast", video)
    code = (
        "import sys, resource; from pathlib import Path\n"
        "from d2m_cli.ingest.video import probe, read_frames\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "clip = probe(Path(sys.argv[1]))\n"
        "for i, frame in enumerate(read_frames(clip)):\n"
        "    early = peak() if i < 30 else early\n"
        "print(i + 1, (peak() - early) / 1024)"
    )
    root = ROOT
    result = subprocess.run(
        [sys.executable, "-c", code, str(video)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    count, megabytes = result.stdout.split()
    assert int(count) == 600
    assert float(megabytes) < 8, "600 pictures would be 400 MB"


def test_the_ffmpeg_that_comes_along_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ffmpeg").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "ffmpeg").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("D2M_FFMPEG", raising=False)
    assert ffmpeg_path() == bundled_ffmpeg() != str(tmp_path / "ffmpeg")


def test_another_ffmpeg_can_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clip_3s: Path
) -> None:
    (tmp_path / "mine").symlink_to(bundled_ffmpeg())
    monkeypatch.setenv("D2M_FFMPEG", str(tmp_path / "mine"))
    assert ffmpeg_path() == str(tmp_path / "mine")
    assert sum(1 for _ in read_frames(probe(clip_3s))) == 90
    monkeypatch.setenv("D2M_FFMPEG", str(tmp_path / "none"))
    with pytest.raises(D2MError, match="D2M_FFMPEG names"):
        ffmpeg_path()


def test_every_second_picture_is_the_one_that_all_pictures_have_there(clip_3s: Path) -> None:
    clip = probe(clip_3s)
    every, second = list(read_frames(clip)), list(read_frames(clip, every=2))
    assert len(second) == 45
    assert all(np.array_equal(a, b) for a, b in zip(every[::2], second, strict=True))


def test_the_way_by_yuv_hardly_changes_a_picture(dance_clips: dict[str, Path]) -> None:
    clip = probe(dance_clips["first"])
    width, height = displayed_size(clip)
    command = ["-i", str(clip.path), "-vf", f"fps=30,scale={width}:{height}:flags=area"]
    raw = subprocess.run(
        [ffmpeg_path(), "-v", "error", *command, "-pix_fmt", "rgb24", "-f", "rawvideo", "-"],
        capture_output=True,
        check=True,
    ).stdout
    direct = np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)[:30].astype(int)
    apart = np.abs(direct - list(islice(read_frames(clip), 30)))
    assert apart.mean() < 1.0
    assert np.percentile(apart, 99) <= 8
