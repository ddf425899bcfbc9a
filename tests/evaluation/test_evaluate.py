"""`d2m_cli.evaluate` as Python calls it, on a prepared dance and finished music."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from capture_files import bvh_text

import d2m_cli
from d2m_cli.data.cache.manifest import CachedPiece, Manifest, write_manifest
from d2m_cli.data.cache.pieces import write_piece
from d2m_cli.errors import DataError
from d2m_cli.features.motion import channel_names
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE

SECONDS = 3.0


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    random = np.random.default_rng(2)
    steps = int(SECONDS * MOTION_RATE)
    arrays = {
        "motion": random.standard_normal((len(channel_names()), steps)).astype(np.float32),
        "found": np.ones(steps, np.uint8),
        "audio": (3000 * random.standard_normal(int(SECONDS * SAMPLE_RATE))).astype(np.int16),
    }
    entry = CachedPiece(
        *("dance", "song", "test", "pop", "pop", "none"), seconds=SECONDS, holds=tuple(arrays)
    )
    write_piece(tmp_path / "cache", entry, arrays, "here")
    write_manifest(tmp_path / "cache", Manifest("folder", (entry,)))
    return tmp_path / "cache"


def test_evaluate_takes_plain_paths_and_returns_the_record(prepared: Path, tmp_path: Path) -> None:
    music = tmp_path / "made"
    music.mkdir()
    noise = 0.1 * np.random.default_rng(0).standard_normal(int(SECONDS * SAMPLE_RATE))
    soundfile.write(music / "dance.d2m.wav", noise, SAMPLE_RATE)
    steps = []
    options = d2m_cli.EvaluateOptions(music={"ours": str(music)}, baselines=False)
    done = d2m_cli.evaluate(str(prepared), options, lambda step, done, total: steps.append(step))
    record = done.record
    assert [system["name"] for system in record["systems"]] == ["ours"]
    assert record["systems"][0]["seconds"] == SECONDS
    assert record["systems"][0]["frechet"]["distance"] > 0
    assert record["made"]["version"] == d2m_cli.__version__ and record["made"]["command"] == ""
    assert any("Lift rests on 1 dance of 3 s" in note for note in record["notes"])
    assert len(done.first_pieces()["ours"]["dance"]) == SECONDS * SAMPLE_RATE
    assert [trace.name for trace in done.example_traces()] == ["dance, ours"]
    assert done.previews() == {}, "a prepared set has no video"
    assert "measure" in steps


def test_motion_files_are_dances_and_music_beside_them_is_theirs(tmp_path: Path) -> None:
    made, dances = tmp_path / "made", tmp_path / "dances"
    for folder in (made, dances):
        folder.mkdir()
    (dances / "take.bvh").write_text(bvh_text(seconds=4.0))
    noise = 0.1 * np.random.default_rng(0).standard_normal(4 * SAMPLE_RATE)
    soundfile.write(dances / "take.wav", noise, SAMPLE_RATE)
    soundfile.write(made / "take.d2m.wav", noise[::-1], SAMPLE_RATE)
    done = d2m_cli.evaluate(dances, d2m_cli.EvaluateOptions(music={"ours": made}, baselines=False))
    assert [dance.name for dance in done.dances] == ["take"]
    assert done.dances[0].reference is not None and len(done.dances[0].pulse) > 4
    assert done.previews() == {}


def test_what_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    (tmp_path / "bad.bvh").write_text("HIERARCHY\nROOT nowhere\n")
    options = d2m_cli.EvaluateOptions(reference="none", baselines=False)
    with pytest.raises(DataError, match="bad"):
        d2m_cli.evaluate(tmp_path, options)
    (tmp_path / "take.bvh").write_text(bvh_text(seconds=4.0))
    done = d2m_cli.evaluate(tmp_path, options)
    assert [dance.name for dance in done.dances] == ["take"]
    assert list(done.left_out) == ["bad"] and list(done.videos) == ["take"]
    assert any(note.startswith("left out: bad (") for note in done.record["notes"])


def test_wrong_values_are_named_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Unknown level 'middle': choose high or low"):
        d2m_cli.evaluate(tmp_path, d2m_cli.EvaluateOptions(generate=["middle"]))
    with pytest.raises(DataError, match="Unknown embedding 'clap'"):
        d2m_cli.evaluate(tmp_path, d2m_cli.EvaluateOptions(embedding="clap"))
