"""What d2m generate plans to read and write, from options alone."""

from pathlib import Path

import pytest

from d2m_cli.bundles.styles import read_styles
from d2m_cli.cli.generate.output_names import new_folders, place
from d2m_cli.cli.generate.output_options import OutputOptions
from d2m_cli.cli.generate.plan import Plan, plan_jobs
from d2m_cli.cli.generate.videos import find_videos
from d2m_cli.cli.options import MusicOptions
from d2m_cli.errors import BundleError, InputError, OutputError


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("b.mp4", "a.MOV", "a.d2m.mp4", "a.d2m.rock-seed2.mp4", ".hidden.mp4", "note.txt"):
        (folder / name).write_bytes(b"")
    return folder


def outs(plan: Plan) -> list[str]:
    return [piece.out.name for job in plan.jobs for piece in job.pieces]


def planned(videos: list[str], music: MusicOptions, output: OutputOptions) -> Plan:
    with new_folders() as make:
        return plan_jobs(videos, music, output, make)


def test_a_folder_and_a_pattern_mean_the_videos_that_d2m_did_not_make(clips: Path) -> None:
    assert [path.name for path in find_videos([str(clips)])] == ["a.MOV", "b.mp4"]
    assert [path.name for path in find_videos([f"{clips}/*.mp4"])] == ["b.mp4"]
    with pytest.raises(InputError, match="No file matches"):
        find_videos([f"{clips}/*.avi"])


def test_a_video_named_twice_is_one(clips: Path) -> None:
    assert len(find_videos([str(clips), str(clips / "b.mp4")])) == 2


def test_names_of_outputs(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    several = MusicOptions(style=["ROCK", "pop"], seed=3, takes=2)

    def names(music: MusicOptions, **output: object) -> list[str]:
        return outs(planned([str(clips / "b.mp4")], music, OutputOptions(**output)))  # type: ignore[arg-type]

    assert names(MusicOptions()) == ["b.d2m.mp4"]
    assert names(MusicOptions(), audio_only=True) == ["b.d2m.wav"]
    assert names(MusicOptions(), out="x.mkv") == ["x.mkv"]
    assert names(MusicOptions(takes=2), out="out/") == ["b.d2m.seed0.mp4", "b.d2m.seed1.mp4"]
    assert names(MusicOptions(style=["pop", "rock"]), out="x.wav") == ["x.pop.wav", "x.rock.wav"]
    assert names(several, out="out/")[:2] == ["b.d2m.rock-seed3.mp4", "b.d2m.rock-seed4.mp4"]
    assert len(names(MusicOptions(style=["all"]))) == len(read_styles())


def test_a_sound_file_means_the_music_alone(clips: Path, tmp_path: Path) -> None:
    for suffix, alone in ((".wav", True), (".mp4", False)):
        output = OutputOptions(out=f"{tmp_path}/music{suffix}")
        [job] = planned([str(clips / "b.mp4")], MusicOptions(), output).jobs
        assert job.pieces[0].audio_only == alone


def test_several_videos_need_a_folder(clips: Path, tmp_path: Path) -> None:
    folder = tmp_path / "scored"
    plan = planned([str(clips)], MusicOptions(), OutputOptions(out=str(folder)))
    assert {piece.out.parent for job in plan.jobs for piece in job.pieces} == {folder}
    with pytest.raises(OutputError, match="2 videos do not fit into the one file"):
        planned([str(clips)], MusicOptions(), OutputOptions(out="one.mp4"))


def test_two_videos_of_one_name_are_refused(clips: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.mp4"
    other.write_bytes(b"")
    output = OutputOptions(out=f"{tmp_path}/o/")
    with pytest.raises(OutputError, match=r"b\.d2m\.mp4"):
        planned([str(clips / "b.mp4"), str(other)], MusicOptions(), output)


def test_an_unknown_style_is_refused_with_those_there_are(clips: Path) -> None:
    with pytest.raises(BundleError, match=r"'polka'\. Choose one of ambient, "):
        planned([str(clips)], MusicOptions(style=["polka"]), OutputOptions())


def test_a_missing_video_stops_alone_and_is_noted_among_several(clips: Path) -> None:
    missing = str(clips / "none.mp4")
    with pytest.raises(InputError, match="does not exist"):
        planned([missing], MusicOptions(), OutputOptions())
    plan = planned([missing, str(clips / "b.mp4")], MusicOptions(), OutputOptions())
    assert list(plan.refused) == [Path(missing)]
    assert outs(plan) == ["b.d2m.mp4"]


def test_a_named_folder_is_made_and_vanishes_when_nothing_comes(
    clips: Path, tmp_path: Path
) -> None:
    output = OutputOptions(out=f"{tmp_path}/scored/")
    for writes in (False, True):
        with new_folders() as make:
            plan = plan_jobs([str(clips / "b.mp4")], MusicOptions(), output, make)
            assert (tmp_path / "scored").is_dir()
            if writes:
                plan.jobs[0].pieces[0].out.write_bytes(b"music")
        assert (tmp_path / "scored").exists() == writes


def test_an_empty_name_means_nothing() -> None:
    with pytest.raises(InputError, match="name is empty"):
        find_videos([""])


def test_no_output_replaces_an_input(clips: Path) -> None:
    song = clips / "song.wav"
    song.write_bytes(b"")
    output = OutputOptions(out=str(song), overwrite=True)
    with pytest.raises(OutputError, match="is an input of this command"):
        planned([str(clips / "b.mp4")], MusicOptions(style_audio=song), output)


@pytest.mark.parametrize("given", ["s3://bucket/out/", "memory://out/one.wav", "gs://bucket"])
def test_addresses_are_neither_read_nor_written(given: str) -> None:
    with pytest.raises(InputError, match="is an address"):
        find_videos([given])
    with pytest.raises(OutputError, match="is an address"):
        place(given, Path("dance.mp4"), ".d2m.mp4", "", 1)
