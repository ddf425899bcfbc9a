import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from project import SHARED

from d2m_cli.errors import InputError
from d2m_cli.ingest.probe import probe

Run = Callable[..., None]
SHARED_CLIPS = SHARED / "clips"


def test_facts_of_a_plain_video(clip_3s: Path) -> None:
    clip = probe(clip_3s)
    assert clip.duration == pytest.approx(3.0, abs=1e-3)
    assert clip.fps == pytest.approx(30.0, abs=1e-2)
    assert (clip.width, clip.height, clip.rotation, clip.has_audio) == (320, 240, 0, True)
    assert clip.seconds == clip.duration


def test_part_of_a_video(clip_3s: Path) -> None:
    assert probe(clip_3s, 0.5, 2.0).seconds == pytest.approx(1.5)
    assert probe(clip_3s, 0.5, 99.0).seconds == pytest.approx(2.5, abs=1e-3)


@pytest.mark.parametrize("suffix", ["mkv", "avi", "ts", "flv", "mov", "webm"])
def test_containers_with_and_without_a_stated_duration(
    suffix: str, tmp_path: Path, run_ffmpeg: Run
) -> None:
    video = tmp_path / f"clip.{suffix}"
    codec = {"webm": "libvpx", "avi": "mpeg4"}.get(suffix, "libx264")
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=d=2:s=160x120:r=25", "-c:v", codec, video)
    clip = probe(video)
    assert clip.duration == pytest.approx(2.0, abs=0.04)
    assert clip.fps == pytest.approx(25.0, rel=0.02)
    assert not clip.has_audio


@pytest.mark.parametrize(("counter_clockwise", "clockwise"), [(90, 270), (180, 180), (270, 90)])
def test_rotation_of_phone_videos(
    counter_clockwise: int, clockwise: int, clip_3s: Path, tmp_path: Path, run_ffmpeg: Run
) -> None:
    video = tmp_path / "phone.mp4"
    run_ffmpeg("-display_rotation", str(counter_clockwise), "-i", clip_3s, "-c", "copy", video)
    clip = probe(video)
    assert clip.rotation == clockwise
    assert (clip.width, clip.height) == ((320, 240) if clockwise == 180 else (240, 320))


def test_pixels_that_are_not_square_count_as_displayed(tmp_path: Path, run_ffmpeg: Run) -> None:
    video = tmp_path / "wide.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=160x120", "-vf", "setsar=2/1", video)
    assert (probe(video).width, probe(video).height) == (320, 120)


def test_duration_is_the_pictures_not_the_sounds(tmp_path: Path, run_ffmpeg: Run) -> None:
    video = tmp_path / "long_sound.mp4"
    picture = ("-f", "lavfi", "-i", "testsrc=d=1:s=160x120:r=30")
    run_ffmpeg(*picture, "-f", "lavfi", "-i", "sine=duration=2.5", video)
    assert probe(video).duration == pytest.approx(1.0, abs=1e-3)


def test_a_copied_cut_counts_only_what_is_shown(
    clip_3s: Path, tmp_path: Path, run_ffmpeg: Run
) -> None:
    video = tmp_path / "cut.mp4"
    run_ffmpeg("-ss", "1.3", "-i", clip_3s, "-c", "copy", video)
    assert probe(video).duration == pytest.approx(1.7, abs=0.034)


def test_variable_frame_rate(tmp_path: Path, run_ffmpeg: Run) -> None:
    video = tmp_path / "vfr.mp4"
    half = "select='lt(n,30)+not(mod(n,3))'"
    source = ("-f", "lavfi", "-i", "testsrc=d=3:s=160x120:r=30")
    run_ffmpeg(*source, "-vf", half, "-fps_mode", "vfr", video)
    clip = probe(video)
    assert clip.duration == pytest.approx(3.0, abs=0.11)
    assert clip.fps == pytest.approx(50 / 3, rel=0.05)


def write_text(path: Path, _: Run) -> Path:
    file = path / "notes.mp4"
    file.write_text("dear diary, this is no video\n" * 50)
    return file


def write_missing(path: Path, _: Run) -> Path:
    return path / "nowhere.mp4"


def write_folder(path: Path, _: Run) -> Path:
    return path


def write_sound_with_cover(path: Path, run: Run) -> Path:
    cover, song = path / "cover.png", path / "song.m4a"
    run("-f", "lavfi", "-i", "testsrc=s=64x64", "-frames:v", "1", cover)
    sound = ("-f", "lavfi", "-i", "sine=duration=1", "-i", cover, "-map", "0", "-map", "1")
    run(*sound, "-c:v", "png", "-disposition:v", "attached_pic", song)
    return song


def write_still(path: Path, run: Run) -> Path:
    run("-f", "lavfi", "-i", "testsrc=s=64x64", "-frames:v", "1", path / "still.png")
    return path / "still.png"


def write_no_frames(path: Path, run: Run) -> Path:
    source = ("-f", "lavfi", "-i", "testsrc=s=64x64")
    run(*source, "-frames:v", "0", "-c:v", "mpeg4", path / "none.avi")
    return path / "none.avi"


@pytest.mark.parametrize(
    ("write", "says"),
    [
        (write_missing, "does not exist"),
        (write_folder, "is a folder"),
        (write_text, "cannot be opened"),
        (write_sound_with_cover, "no video stream"),
        (write_still, "no video stream"),
        (write_no_frames, "zero frames"),
    ],
)
def test_what_is_no_video_says_so(
    write: Callable[[Path, Run], Path], says: str, tmp_path: Path, run_ffmpeg: Run
) -> None:
    with pytest.raises(InputError, match=says):
        probe(write(tmp_path, run_ffmpeg))


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:2,\nhttps://example.org/a.ts\n",
        "ffconcat version 1.0\nfile other.mp4\n",
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    ],
)
def test_a_list_of_other_videos_is_not_followed(text: str, tmp_path: Path) -> None:
    path = tmp_path / "dance.mp4"
    path.write_text(text)
    with pytest.raises(InputError, match="is a playlist"):
        probe(path)


@pytest.mark.parametrize(
    ("suffix", "share"),
    [("mp4", 0.3), ("mp4", 0.6), ("mp4", 0.95), ("mkv", 0.3), ("mkv", 0.6), ("mkv", 0.99)],
)
def test_truncated_files(
    suffix: str, share: float, clip_3s: Path, tmp_path: Path, run_ffmpeg: Run
) -> None:
    whole, part = tmp_path / f"whole.{suffix}", tmp_path / f"part.{suffix}"
    run_ffmpeg("-i", clip_3s, "-c", "copy", "-movflags", "+faststart", whole)
    probe(whole)
    part.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    with pytest.raises(InputError, match="truncated"):
        probe(part)


def test_a_protected_video_is_called_so(clip_3s: Path, tmp_path: Path, run_ffmpeg: Run) -> None:
    video, key = tmp_path / "bought.mp4", "76a6c65c5ea762046bd749a2e632ccbb"
    lock = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key, "-encryption_kid", key)
    run_ffmpeg("-i", clip_3s, "-c", "copy", *lock, video)
    with pytest.raises(InputError, match="is encrypted"):
        probe(video)


def test_space_that_was_never_filled(clip_3s: Path, tmp_path: Path, run_ffmpeg: Run) -> None:
    video = tmp_path / "download.mkv"
    run_ffmpeg("-i", clip_3s, "-c", "copy", video)
    size = video.stat().st_size
    video.write_bytes(video.read_bytes()[: size // 2] + bytes(size - size // 2))
    with pytest.raises(InputError, match="truncated"):
        probe(video)


@pytest.mark.parametrize(("rate", "told"), [("25", 4.0), ("2", 0.7)])
def test_a_last_picture_stands_as_long_as_the_header_says(
    rate: str, told: float, tmp_path: Path, run_ffmpeg: Run
) -> None:
    video = tmp_path / "screen.mkv"
    run_ffmpeg("-f", "lavfi", "-i", f"testsrc=d=1:r={rate}:s=64x64", "-c:v", "mjpeg", video)
    facts = bytearray(video.read_bytes())
    at = facts.index(b"\x44\x89\x88") + 3  # the duration of the segment
    facts[at : at + 8] = struct.pack(">d", 1000 * told)
    video.write_bytes(facts)
    assert probe(video).duration == pytest.approx(told, abs=0.01)


def test_truncated_file_whose_index_is_lost(clip_3s: Path, tmp_path: Path, run_ffmpeg: Run) -> None:
    whole, part = tmp_path / "whole.mp4", tmp_path / "part.mp4"
    run_ffmpeg("-i", clip_3s, "-c", "copy", whole)
    part.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(InputError, match="truncated"):
        probe(part)


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [(3.5, None, "does not lie within"), (-1.0, None, "does not lie"), (2.0, 1.0, "not lie after")],
)
def test_parts_that_do_not_fit(start: float, end: float | None, says: str, clip_3s: Path) -> None:
    with pytest.raises(InputError, match=says):
        probe(clip_3s, start, end)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_file_that_may_not_be_read(tmp_path: Path) -> None:
    file = tmp_path / "locked.mp4"
    file.touch(mode=0o000)
    with pytest.raises(InputError, match="permissions"):
        probe(file)


@pytest.mark.skipif(not SHARED_CLIPS.exists(), reason="the shared dance clips are not here")
def test_real_dance_clips() -> None:
    facts = {"aist_a": (1920, 1080, 59.94, 2.002), "tiktok_b": (1200, 720, 30.0, 2.067)}
    for name, (width, height, fps, seconds) in facts.items():
        clip = probe(SHARED_CLIPS / f"{name}.mp4")
        assert (clip.width, clip.height) == (width, height)
        assert clip.fps == pytest.approx(fps, abs=0.01)
        assert clip.duration == pytest.approx(seconds, abs=1e-3)
