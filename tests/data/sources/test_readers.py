"""Data sets in their published layouts; what is missing is named with path and reason."""

import json
from pathlib import Path

import pytest
from data_trees import AIST_NAMES, write_aist, write_dance, write_music

from d2m_cli.data.sources.aist import read_aist
from d2m_cli.data.sources.motion import read_motion_folder
from d2m_cli.data.sources.music import read_music
from d2m_cli.data.sources.piece import MotionKind, Piece
from d2m_cli.data.sources.splits import check_songs, split_of_song
from d2m_cli.data.sources.tiktok import read_tiktok
from d2m_cli.data.sources.videos import read_folder
from d2m_cli.errors import DataError


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_aist_as_published(tmp_path: Path) -> None:
    reading = read_aist(write_aist(tmp_path))
    pieces = {piece.name: piece for piece in reading.pieces}
    assert not reading.problems and not reading.left_out
    assert pieces.keys() == {name for names in AIST_NAMES.values() for name in names}
    first = pieces[AIST_NAMES["train"][0]]
    assert (first.genre, first.song, first.split) == ("break", "mBR0", "train")
    assert first.motion is not None and first.motion.kind is MotionKind.SMPL
    assert first.motion.keypoints3d == tmp_path / "keypoints3d" / f"{first.name}.pkl"
    assert first.music == tmp_path / "music/mBR0.wav"
    # AIST++ shares songs between validation and test, never with training.
    check_songs(reading.pieces)


def test_aist_videos_without_annotations(tmp_path: Path) -> None:
    write_aist(tmp_path)
    name = AIST_NAMES["train"][0]
    (tmp_path / "motions" / f"{name}.pkl").unlink()
    (tmp_path / "music/mBR0.wav").unlink()
    touch(tmp_path / "videos" / f"{name.replace('cAll', 'c02')}.mp4")
    front = touch(tmp_path / "videos" / f"{name.replace('cAll', 'c01')}.mp4")
    piece = read_aist(tmp_path).pieces[0]
    assert piece.motion is not None and piece.motion.kind is MotionKind.VIDEO
    assert piece.motion.path == piece.video == piece.music == front


def test_aist_names_what_is_missing(tmp_path: Path) -> None:
    write_aist(tmp_path)
    first, second = AIST_NAMES["train"]
    (tmp_path / "motions" / f"{first}.pkl").unlink()
    (tmp_path / "music/mHO2.wav").unlink()
    with (tmp_path / "splits/crossmodal_train.txt").open("a") as lines:
        lines.write("gKR_sBM_cAll_d28_mKR0_ch01\nnonsense\n")
    reading = read_aist(tmp_path)
    told = {str(problem.path): problem.reason for problem in reading.problems}
    assert "missing" in told[str(tmp_path / "motions" / f"{first}.pkl")]
    assert second in told[str(tmp_path / "music/mHO2.mp3")]
    assert "gXX" in told[str(tmp_path / "motions/nonsense.pkl")]
    assert [problem.path.stem for problem in reading.left_out] == ["gKR_sBM_cAll_d28_mKR0_ch01"]


def test_aist_without_split_lists(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="crossmodal_train"):
        read_aist(tmp_path)


def test_tiktok_with_the_authors_lists(tmp_path: Path) -> None:
    for name in ("000000_0_1", "000000_0_2", "000007_12_193", "000009_40_251"):
        touch(tmp_path / "videos" / f"{name}.mp4")
    touch(tmp_path / "motion/000000_0_1.npy")
    touch(tmp_path / "audio/000000_0_2.wav")
    train = "./tiktok/motion_s2/000000_0_1_seg3.npy\n./tiktok/motion_s2/000000_0_2_seg1.npy\n"
    (tmp_path / "tiktok_motion_train_segment.txt").write_text(train + train)
    test = "/data/tiktok/000007_12_193_seg1.wav\n/data/tiktok/000008_3_7_seg1.wav\n"
    (tmp_path / "tiktok_motion_test_segment.txt").write_text(test)
    reading = read_tiktok(tmp_path)
    pieces = {piece.name: piece for piece in reading.pieces}
    assert {name: (piece.song, piece.split) for name, piece in pieces.items()} == {
        "000000_0_1": ("tiktok-0", "train"),
        "000000_0_2": ("tiktok-0", "train"),
        "000007_12_193": ("tiktok-12", "test"),
    }
    kinds = {name: piece.motion and piece.motion.kind for name, piece in pieces.items()}
    assert kinds["000000_0_1"] is MotionKind.KEYPOINTS
    assert kinds["000000_0_2"] is MotionKind.VIDEO
    assert pieces["000000_0_2"].music == tmp_path / "audio/000000_0_2.wav"
    assert pieces["000007_12_193"].music == tmp_path / "videos/000007_12_193.mp4"
    assert [problem.path.name for problem in reading.problems] == ["000008_3_7.mp4"]
    assert [problem.path.name for problem in reading.left_out] == ["000009_40_251"]


def test_tiktok_without_lists_splits_by_song(tmp_path: Path) -> None:
    for clip in range(60):
        touch(tmp_path / "videos" / f"000000_{clip // 3}_{clip}.mp4")
    reading = read_tiktok(tmp_path)
    check_songs(reading.pieces)
    assert {piece.split for piece in reading.pieces} == {"train", "validation", "test"}
    assert [piece.split for piece in reading.pieces] == [
        split_of_song(piece.song) for piece in reading.pieces
    ]


def test_tiktok_clip_in_two_lists_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "videos/000000_0_1.mp4")
    for split in ("train", "test"):
        (tmp_path / f"{split}.txt").write_text("000000_0_1\n")
    with pytest.raises(DataError, match="000000_0_1 is in the lists of train and of test"):
        read_tiktok(tmp_path)


def test_folder_with_a_table(tmp_path: Path) -> None:
    touch(tmp_path / "a.mp4")
    touch(tmp_path / "more/b.MOV")
    touch(tmp_path / "notes.txt")
    (tmp_path / "songs.csv").write_text(
        "file,song,genre,split\na.mp4,Tune,pop,test\ngone.mp4,Tune,pop,test\n"
    )
    reading = read_folder(tmp_path)
    table = {piece.name: (piece.song, piece.genre) for piece in reading.pieces}
    assert table == {"a": ("Tune", "pop"), "more__b": ("more__b", "")}
    assert reading.pieces[0].split == "test"
    assert [problem.path.name for problem in reading.problems] == ["gone.mp4"]


def test_folder_without_videos_or_with_a_wrong_table(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no video"):
        read_folder(tmp_path)
    touch(tmp_path / "a.mp4")
    (tmp_path / "songs.csv").write_text("name;song\n")
    with pytest.raises(DataError, match="no column 'file'"):
        read_folder(tmp_path)


def test_motion_folder_and_its_split(tmp_path: Path) -> None:
    for name in ("one", "two", "three", "four"):
        write_dance(tmp_path, name, seconds=2.0)
    (tmp_path / "two.ogg").unlink()
    split = {"train": ["one", "two", "five"], "test": ["three"], "excluded_low_quality": ["four"]}
    (tmp_path / "split.json").write_text(json.dumps(split))
    reading = read_motion_folder(tmp_path)
    assert {p.name: p.split for p in reading.pieces} == {"one": "train", "three": "test"}
    told = {problem.path.name: problem.reason for problem in reading.problems}
    assert "no music" in told["two.npz"] and "not there" in told["five.npz"]
    assert [problem.path.name for problem in reading.left_out] == ["four.npz"]


def test_music_with_and_without_a_manifest(tmp_path: Path) -> None:
    write_music(tmp_path / "shard/a.wav", seconds=2.0)
    write_music(tmp_path / "b.flac", seconds=2.0)
    assert {piece.name for piece in read_music(tmp_path).pieces} == {"shard__a", "b"}
    records = [
        {"file": "shard/a.wav", "split": "test", "style": "rock", "licence": "CC-BY"},
        {"file": "gone.wav", "split": "train"},
        {"file": "b.flac", "split": "holdout"},
    ]
    (tmp_path / "manifest.json").write_text(json.dumps(records))
    reading = read_music(tmp_path)
    assert reading.pieces == (
        Piece("shard__a", "shard__a", "test", music=tmp_path / "shard/a.wav", style="rock",
              licence="CC-BY"),
    )  # fmt: skip
    assert {problem.path.name for problem in reading.problems} == {"gone.wav", "b.flac"}


def test_a_song_in_training_and_test_is_refused() -> None:
    pieces = [Piece("a", "Tune", "train"), Piece("b", "Tune", "test")]
    with pytest.raises(DataError, match="'Tune' is in train and in test"):
        check_songs(pieces)
    with pytest.raises(DataError, match="Two pieces are called 'a'"):
        check_songs([Piece("a", "x", "test"), Piece("a", "y", "test")])
