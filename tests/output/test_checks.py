import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from d2m_cli.errors import OutputError
from d2m_cli.output.checks import (
    CONTAINERS,
    SOUND_SUFFIXES,
    check_container,
    check_output,
)
from d2m_cli.output.places import finished_file

Run = Callable[..., None]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi", ".wav", ".opus", ".MP4"])
def test_good_places_pass(suffix: str, clip_3s: Path, tmp_path: Path) -> None:
    check_output(clip_3s, tmp_path / f"new{suffix}", overwrite=False)


def test_an_old_output_needs_overwrite(clip_3s: Path, tmp_path: Path) -> None:
    out = tmp_path / "old.mp4"
    out.write_bytes(b"old")
    with pytest.raises(OutputError, match="--overwrite"):
        check_output(clip_3s, out, overwrite=False)
    check_output(clip_3s, out, overwrite=True)
    assert out.read_bytes() == b"old"


def test_the_input_itself_is_refused_by_any_name(clip_3s: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(clip_3s)
    for out in (clip_3s, link, clip_3s.parent / "." / clip_3s.name):
        with pytest.raises(OutputError, match="input itself"):
            check_output(clip_3s, out, overwrite=True)


def test_missing_and_locked_folders(clip_3s: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        check_output(clip_3s, tmp_path / "nowhere" / "out.mp4", overwrite=False)
    with pytest.raises(OutputError, match="is a folder"):
        (tmp_path / "folder.mp4").mkdir()
        check_output(clip_3s, tmp_path / "folder.mp4", overwrite=True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_folder_that_may_not_be_written_to(clip_3s: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="not writable"):
        check_output(clip_3s, tmp_path / "out.mp4", overwrite=False)


def test_unknown_and_unwanted_suffixes(clip_3s: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"choose one of .*\.mp4"):
        check_output(clip_3s, tmp_path / "out.xyz", overwrite=False)
    with pytest.raises(OutputError, match=r"choose one of \.wav"):
        check_output(clip_3s, tmp_path / "out.mp4", False, SOUND_SUFFIXES)
    with pytest.raises(OutputError, match="unknown kind"):
        check_output(clip_3s, tmp_path / "out", False, tuple(CONTAINERS))


def test_a_picture_that_does_not_fit_names_a_suffix_that_does(
    clip_3s: Path, tmp_path: Path, run_ffmpeg: Run
) -> None:
    with pytest.raises(OutputError, match=r"cannot hold h264 pictures: name the output out\.mp4"):
        check_output(clip_3s, tmp_path / "out.webm", overwrite=False)
    vp9 = tmp_path / "clip.webm"
    source = ("-f", "lavfi", "-i", "testsrc=d=0.2:s=64x64")
    run_ffmpeg(*source, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", vp9)
    with pytest.raises(OutputError, match=r"vp9 pictures: name the output out\.webm"):
        check_container(vp9, tmp_path / "out.mov")
    check_container(vp9, tmp_path / "out.mkv")
    check_container(vp9, tmp_path / "out.mp4")


def test_a_draft_vanishes_on_error_and_the_old_file_stays(tmp_path: Path) -> None:
    out = tmp_path / "out.txt"
    out.write_text("old")
    with pytest.raises(ValueError), finished_file(out) as draft:
        draft.write_text("half")
        assert out.read_text() == "old"
        raise ValueError
    assert [file.name for file in tmp_path.iterdir()] == ["out.txt"]
    with finished_file(out) as draft:
        draft.write_text("new")
    assert out.read_text() == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["out.txt"]


def test_a_full_or_missing_folder_is_one_sentence(clip_3s: Path, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    with pytest.raises(OutputError, match="cannot be written"), finished_file(folder / "x") as d:
        shutil.rmtree(folder)
        d.write_text("late")
