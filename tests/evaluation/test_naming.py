"""What `d2m generate` names belongs to its dance everywhere."""

from pathlib import Path

import pytest

from d2m_cli.errors import DataError
from d2m_cli.evaluation.naming import by_dance, dance_of, pair_files, takes_of


def touch(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("name", "dance"),
    [
        ("x.mp4", "x"),
        ("x.d2m.mp4", "x"),
        ("x.d2m.wav", "x"),
        ("x.d2m.2.mp4", "x"),
        ("x.d2m.rock-1.mp4", "x"),
        ("a.b.d2m.mp4", "a.b"),
        ("x.d2music.mp4", "x.d2music"),
        ("x.1.wav", "x.1"),
    ],
)
def test_dance_of_a_file(name, dance):
    assert dance_of(Path(name)) == dance


def test_original_or_generated_where_both_lie_in_a_folder():
    files = [Path("x.mp4"), Path("x.d2m.mp4"), Path("y.mp4")]
    assert by_dance(files, prefer_generated=False) == {"x": files[0], "y": files[2]}
    assert by_dance(files, prefer_generated=True) == {"x": files[1], "y": files[2]}
    assert by_dance(files[::-1], prefer_generated=True)["x"] == files[1]
    with pytest.raises(DataError, match="belong to one dance, 'x'"):
        by_dance([Path("x.d2m.1.wav"), Path("x.d2m.2.wav")], prefer_generated=True)


def test_takes_are_the_generated_files_or_the_numbered_ones():
    files = [Path(n) for n in ("x.mp4", "x.d2m.mp4", "x.d2m.2.mp4", "y.1.wav", "y.2.wav", "z.wav")]
    assert takes_of("x", files) == files[1:3]
    assert takes_of("y", files) == files[3:5]
    assert takes_of("z", files) == files[5:]
    assert takes_of("w", files) == []


def test_pairs_of_two_folders(tmp_path):
    originals = touch(tmp_path / "a", "x.mp4", "x.d2m.mp4", "alone.mp4", ".hidden")
    made = touch(tmp_path / "b", "x.d2m.mp4")
    assert pair_files(originals, made) == (
        [("x", originals / "x.mp4", made / "x.d2m.mp4")],
        ["alone"],
    )
    (pair, *_), _ = pair_files(originals, originals)
    assert pair == ("alone", originals / "alone.mp4", originals / "alone.mp4")
    assert pair_files(originals, originals)[0][1] == (
        "x",
        originals / "x.mp4",
        originals / "x.d2m.mp4",
    ), "one folder with both pairs each dance with its music"
