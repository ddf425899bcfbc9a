"""What d2m generate plans to read and write, from options alone."""

from pathlib import Path

import pytest

from d2m_cli.cli.options import MusicOptions, OutputOptions
from d2m_cli.cli.plan import Job, find_videos, plan_jobs
from d2m_cli.cli.ready import ready_places
from d2m_cli.errors import BundleError, InputError, OutputError


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("b.mp4", "a.MOV", "a.d2m.mp4", "a.d2m.rock-seed2.mp4", ".hidden.mp4", "note.txt"):
        (folder / name).write_bytes(b"")
    return folder


def outs(jobs: list[Job]) -> list[str]:
    return [piece.out.name for job in jobs for piece in job.pieces]


def test_a_folder_and_a_pattern_mean_the_videos_that_d2m_did_not_make(clips: Path) -> None:
    assert [path.name for path in find_videos([str(clips)])] == ["a.MOV", "b.mp4"]
    assert [path.name for path in find_videos([f"{clips}/*.mp4"])] == ["b.mp4"]
    with pytest.raises(InputError, match="No file matches"):
        find_videos([f"{clips}/*.avi"])


def test_a_video_named_twice_is_one(clips: Path) -> None:
    assert len(find_videos([str(clips), str(clips / "b.mp4")])) == 2


def test_names_of_outputs(clips: Path, tmp_path: Path) -> None:
    video, folder = [str(clips / "b.mp4")], f"{tmp_path}/out/"
    several = MusicOptions(style=["ROCK", "pop"], seed=3, takes=2)

    def planned(music: MusicOptions, **output: object) -> list[str]:
        return outs(plan_jobs(video, music, OutputOptions(**output)))  # type: ignore[arg-type]

    assert planned(MusicOptions()) == ["b.d2m.mp4"]
    assert planned(MusicOptions(), audio_only=True) == ["b.d2m.wav"]
    assert planned(MusicOptions(), out="x.mkv") == ["x.mkv"]
    assert planned(MusicOptions(takes=2), out=folder) == ["b.d2m.seed0.mp4", "b.d2m.seed1.mp4"]
    assert planned(MusicOptions(style=["pop", "rock"]), out="x.wav") == ["x.pop.wav", "x.rock.wav"]
    assert planned(several, out=folder)[:2] == ["b.d2m.rock-seed3.mp4", "b.d2m.rock-seed4.mp4"]
    assert len(planned(MusicOptions(style=["all"]))) == 10


def test_a_sound_file_means_the_music_alone(clips: Path) -> None:
    video = [str(clips / "b.mp4")]
    [job] = plan_jobs(video, MusicOptions(), OutputOptions(out="music.wav"))
    assert job.pieces[0].audio_only
    [job] = plan_jobs(video, MusicOptions(), OutputOptions(out="music.mp4"))
    assert not job.pieces[0].audio_only


def test_several_videos_need_a_folder(clips: Path, tmp_path: Path) -> None:
    folder = str(tmp_path / "scored")
    jobs = plan_jobs([str(clips)], MusicOptions(), OutputOptions(out=folder))
    assert {piece.out.parent for job in jobs for piece in job.pieces} == {Path(folder)}
    with pytest.raises(OutputError, match="2 videos do not fit into the one file"):
        plan_jobs([str(clips)], MusicOptions(), OutputOptions(out="one.mp4"))


def test_two_videos_of_one_name_are_refused(clips: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.mp4"
    other.write_bytes(b"")
    with pytest.raises(OutputError, match=r"b\.d2m\.mp4"):
        plan_jobs(
            [str(clips / "b.mp4"), str(other)], MusicOptions(), OutputOptions(out=f"{tmp_path}/o/")
        )


def test_an_unknown_style_is_refused_with_those_there_are(clips: Path) -> None:
    with pytest.raises(BundleError, match="'polka': choose ambient, chiptune"):
        plan_jobs([str(clips)], MusicOptions(style=["polka"]), OutputOptions())


def test_a_named_folder_is_made_and_vanishes_when_nothing_comes(
    clips: Path, tmp_path: Path
) -> None:
    output = OutputOptions(out=f"{tmp_path}/scored/")
    jobs = plan_jobs([str(clips / "b.mp4")], MusicOptions(), output)
    with ready_places(jobs, MusicOptions(), output):
        assert (tmp_path / "scored").is_dir()
    assert not (tmp_path / "scored").exists()
    with ready_places(jobs, MusicOptions(), output):
        jobs[0].pieces[0].out.write_bytes(b"music")
    assert (tmp_path / "scored" / "b.d2m.mp4").exists()
