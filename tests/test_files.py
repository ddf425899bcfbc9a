import shutil
from pathlib import Path

import pytest

from d2m_cli.errors import DataError, InputError, OutputError
from d2m_cli.files import print_json, read_json, whole_file, write_csv, write_json


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_appears_at_the_end_and_keeps_its_suffix(tmp_path: Path) -> None:
    target = tmp_path / "new" / "plot.svg"
    with whole_file(target) as draft:
        draft.write_text("all of it")
        assert not target.exists() and draft.suffix == ".svg" and draft.parent == target.parent
    assert target.read_text() == "all of it"
    assert names(target.parent) == ["plot.svg"]


def test_an_error_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "weights"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(target) as draft:
        draft.write_text("half")
        _ = 1 / 0
    assert names(tmp_path) == ["weights"] and target.read_text() == "old"


def test_a_full_disk_is_one_sentence_and_leaves_the_old_file(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full to stand for a full disk")
    target = tmp_path / "weights"
    target.write_text("old")
    with pytest.raises(OutputError) as caught, whole_file(target) as draft:
        draft.write_text("half")
        full.write_text("rest")
    assert str(caught.value) == (
        f"{target} cannot be written (No space left on device): "
        "free some space or choose another place."
    )
    assert names(tmp_path) == ["weights"] and target.read_text() == "old"


def test_a_library_that_reports_a_full_disk_in_its_own_way(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no room"), whole_file(tmp_path / "x", KeyError):
        raise KeyError("no room")
    with pytest.raises(KeyError), whole_file(tmp_path / "x"):
        raise KeyError("a mistake of ours")
    assert not names(tmp_path)


def test_a_folder_that_vanishes_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"), whole_file(tmp_path / "a/x") as d:
        shutil.rmtree(d.parent)
        d.write_text("late")


def test_json_comes_back_as_it_was_written(tmp_path: Path) -> None:
    record = {"name": "Jürgen", "scores": [0.1, None], "deep": {"x": 1}}
    write_json(tmp_path / "record.json", record)
    assert read_json(tmp_path / "record.json") == record
    assert (tmp_path / "record.json").read_text().endswith("}\n")


def test_a_figure_that_is_not_finite_is_not_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError):
        write_json(tmp_path / "record.json", {"distance": float("nan")})
    with pytest.raises(ValueError):
        print_json({"distance": float("inf")})
    assert not names(tmp_path) and not capsys.readouterr().out


@pytest.mark.parametrize("content", [b'{"a": ', b"\xff\xfe{}", b""])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "genres.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read as JSON \(.+\): write it again\.$"):
        read_json(path, InputError, "write it again")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.json cannot be read as JSON \(No such file"):
        read_json(tmp_path / "gone.json")


def test_csv_has_a_line_for_each_record(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", [{"a": 1, "b": "x"}, {"a": 2, "b": "y, z"}])
    assert (tmp_path / "t.csv").read_text().splitlines() == ["a,b", "1,x", '2,"y, z"']
