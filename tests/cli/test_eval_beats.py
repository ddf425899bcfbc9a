"""`d2m eval-beats` on real sound files, and on a video against itself."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread
from typer.testing import CliRunner

from d2m_cli.cli.app import app
from d2m_cli.errors import DataError, InputError
from d2m_cli.librosa_lock import librosa


def write(path: Path, times: list[float], seconds: float) -> None:
    path.parent.mkdir(exist_ok=True)
    sound = librosa.clicks(times=np.array(times), sr=22050, length=int(seconds * 22050))
    soundfile.write(path, sound, 22050)


def run(*arguments: object) -> dict:
    result = CliRunner().invoke(
        app, ["eval-beats", *map(str, arguments), "--json"], catch_exceptions=False
    )
    assert result.exit_code == 0
    return json.loads(result.stdout)


def test_folders_with_all_odd_cases(tmp_path):
    write(tmp_path / "ref/one.wav", [0.5, 1.5, 2.5, 3.5], 4.0)
    write(tmp_path / "gen/one.wav", [0.5, 2.5], 4.0)
    write(tmp_path / "ref/two.wav", [0.5], 4.0)
    write(tmp_path / "gen/two.d2m.wav", [0.5, 1.5, 2.5, 3.5], 5.0)
    soundfile.write(tmp_path / "ref/silent.wav", np.zeros(44100), 22050)
    write(tmp_path / "gen/silent.wav", [0.5], 2.0)
    write(tmp_path / "ref/alone.wav", [0.5], 2.0)
    table, picture = tmp_path / "pairs.csv", tmp_path / "pairs.png"
    record = run(tmp_path / "ref", tmp_path / "gen", "--csv", table, "--plot", picture)
    pairs = {pair["name"]: pair for pair in record["pairs"]}
    assert (pairs["one"]["coverage"], pairs["one"]["hit"]) == (0.5, 0.5)
    assert (pairs["two"]["coverage"], pairs["two"]["hit"]) == (4.0, 1.0)
    assert pairs["silent"]["coverage"] is None and "no onset" in pairs["silent"]["notes"]
    assert pairs["two"]["cut_seconds"] == 1.0
    assert record["macro"] == {"coverage": 2.25, "hit": 0.75, "clips": 2}
    assert record["pooled"] == {"coverage": 6 / 5, "hit": 3 / 5, "clips": 2}
    assert record["unpaired"] == ["alone"]
    with table.open() as lines:
        assert [row["name"] for row in csv.DictReader(lines)] == ["one", "silent", "two"]
    drawn = imread(picture)
    assert drawn.shape[:2] == (858, 990) and drawn.std() > 0.05, "three pairs, not blank"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["gen", "pairs.csv", "pairs.png", "ref"]


def test_a_video_against_itself(dance_clips):
    clip = dance_clips["first"]
    record = run(clip, clip)
    assert record["macro"]["coverage"] == record["macro"]["hit"] == 1.0
    assert record["beat_level"]["f_measure"] == 1.0
    assert record["loris"]["csd"] is None


def test_table_states_what_is_missing(tmp_path):
    soundfile.write(tmp_path / "silent.wav", np.zeros(44100), 22050)
    write(tmp_path / "clicks.wav", [0.5], 2.0)
    files = [str(tmp_path / name) for name in ("silent.wav", "clicks.wav")]
    result = CliRunner().invoke(app, ["eval-beats", *files])
    assert "–" in result.output and "nan" not in result.output.lower()
    assert "the reference has no onset" in " ".join(result.output.split())


def test_a_pair_that_cannot_be_read_is_named_at_the_end(tmp_path):
    for folder in ("ref", "gen"):
        write(tmp_path / f"{folder}/good.wav", [0.5, 1.5], 2.0)
    write(tmp_path / "ref/bad.wav", [0.5], 2.0)
    (tmp_path / "gen/bad.wav").write_text("no sound")
    folders = [str(tmp_path / name) for name in ("ref", "gen")]
    result = CliRunner().invoke(app, ["eval-beats", *folders, "--json"])
    assert result.exit_code == 1
    assert [pair["name"] for pair in json.loads(result.stdout)["pairs"]] == ["good"]
    assert result.stderr.startswith("1 of 2 pairs done; failed: bad, because")
    (tmp_path / "gen/good.wav").unlink()
    with pytest.raises(InputError, match=r"bad\.wav"):
        run(*folders)


def test_an_empty_file_is_one_sentence(tmp_path):
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 22050)
    write(tmp_path / "clicks.wav", [0.5], 2.0)
    done = subprocess.run(
        [Path(sys.executable).parent / "d2m", "eval-beats", "empty.wav", "clicks.wav"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "empty.wav" in done.stderr


def test_wrong_inputs_are_named(tmp_path):
    write(tmp_path / "a/x.wav", [0.5], 2.0)
    write(tmp_path / "b/y.wav", [0.5], 2.0)
    soundfile.write(tmp_path / "b/y.flac", np.zeros(100), 22050)
    for pair, message in (
        (("a", "a/x.wav"), "two files or two folders"),
        (("a", "b"), "belong to one dance, 'y'"),
    ):
        with pytest.raises(DataError, match=message):
            run(*(tmp_path / name for name in pair))
    (tmp_path / "b/y.flac").unlink()
    with pytest.raises(DataError, match="belongs to a file"):
        run(tmp_path / "a", tmp_path / "b")
