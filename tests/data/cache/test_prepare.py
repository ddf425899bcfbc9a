"""From a data set to a cache: whole or not at all, resumable, over processes and Ray."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from data_trees import AIST_NAMES, body25, write_aist, write_dance, write_music, write_pickle
from project import ROOT
from safetensors.numpy import save_file

from d2m_cli.bundles.bundle import save_bundle
from d2m_cli.cluster import Engine
from d2m_cli.data.cache.manifest import CachedPiece, read_manifest, write_manifest
from d2m_cli.data.cache.pieces import PieceFile, piece_path
from d2m_cli.data.cache.prepare import prepare
from d2m_cli.errors import D2MError, DataError
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.models.i3d import InceptionI3d
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE

EXAMPLE = ROOT / "examples/dance.mp4"


def d2m(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = "from d2m_cli.cli.app import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_motion_layout_in_full(tmp_path: Path) -> None:
    write_dance(tmp_path / "in", "one", bpm=110.0, seconds=6.0)
    manifest = prepare("motion", tmp_path / "in", tmp_path / "out")
    assert manifest == read_manifest(tmp_path / "out") and not manifest.failures
    entry = manifest.entries[0]
    assert (entry.name, entry.genre, entry.found) == ("one", "rumba", 1.0)
    assert entry.bpm == pytest.approx(110.0, rel=1e-3)
    file = PieceFile(tmp_path / "out", entry)
    shapes = {name: file.whole(name).shape for name in entry.holds}
    steps = int(6 * MOTION_RATE)
    assert shapes["audio"] == (6 * SAMPLE_RATE,)
    assert shapes["motion"] == (53, steps) and shapes["joints"] == (17, 3, steps)
    curves = ("found", "phase", "confidence")
    assert {shapes[name] for name in curves} == {(steps,)}
    np.testing.assert_array_equal(file.slice("motion", 7, 40), file.whole("motion")[:, 7:40])
    # The curves of a segment at the end of a piece may reach a step beyond it.
    last = file.slices({"motion": (steps - 5, steps + 1), "audio": (6 * SAMPLE_RATE + 3, 10**7)})
    assert last["motion"].shape == (53, 5) and last["audio"].shape == (0,)


def test_aist(tmp_path: Path) -> None:
    manifest = prepare("aist", write_aist(tmp_path / "in"), tmp_path / "out")
    assert [entry.seconds for entry in manifest.entries] == [3.0] * 4 and not manifest.failures
    for entry in manifest.entries:
        file = PieceFile(tmp_path / "out", entry)
        assert np.isfinite(file.whole("motion")).all() and file.whole("joints").shape[2] == 90


def test_bad_pieces_are_named_and_the_others_kept(tmp_path: Path) -> None:
    root = tmp_path / "in"
    write_dance(root, "good", seconds=3.0)
    write_dance(root, "short", seconds=1.5)
    write_dance(root, "silent", seconds=3.0)
    soundfile.write(root / "silent.ogg", np.zeros(3 * SAMPLE_RATE), SAMPLE_RATE)
    nan = dict(np.load(write_dance(root, "nan", seconds=3.0)))
    nan["motion"][5, 3] = np.nan
    np.savez(root / "nan.npz", **nan)
    write_dance(root, "cut", seconds=3.0).write_bytes(b"PK\x03\x04 and no more")
    write_dance(root, "noise", seconds=3.0)
    (root / "noise.ogg").write_bytes(b"no sound" * 100)
    manifest = prepare("motion", root, tmp_path / "out")
    assert [entry.name for entry in manifest.entries] == ["good"]
    told = {Path(failure.path).stem: failure.reason for failure in manifest.failures}
    assert told.keys() == {"short", "silent", "nan", "cut", "noise"}
    assert "1.50 s" in told["short"] and "segment" in told["short"]
    assert "silent" in told["silent"] and "NaN" in told["nan"]
    assert "motion" in told["cut"] and "noise.ogg" in told["noise"]
    assert {path.name for path in (tmp_path / "out/pieces").iterdir()} == {"good.safetensors"}


def test_pickles_that_would_run_code_are_refused(tmp_path: Path) -> None:
    root = write_aist(tmp_path / "in")
    name = AIST_NAMES["test"][0]
    write_pickle(root / "motions" / f"{name}.pkl", {"smpl_poses": print})
    manifest = prepare("aist", root, tmp_path / "out")
    assert [Path(failure.path).stem for failure in manifest.failures] == [name]
    assert "builtins" in manifest.failures[0].reason or "print" in manifest.failures[0].reason


def test_tiktok_keypoints(tmp_path: Path) -> None:
    root = tmp_path / "in"
    (root / "motion").mkdir(parents=True)
    np.save(root / "motion/000001_4_9.npy", body25().reshape(-1, 75))
    write_music(root / "audio/000001_4_9.wav", seconds=3.5)
    entry = prepare("tiktok", root, tmp_path / "out").entries[0]
    assert entry.found == pytest.approx(87 / 90)
    assert PieceFile(tmp_path / "out", entry).whole("motion").shape == (53, 90)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    for number in range(4):
        write_music(tmp_path / "music" / f"{number}.wav", bpm=100 + 10 * number, seconds=3.0)
    return tmp_path / "music"


def times(cache: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (cache / "pieces").iterdir()}


def test_a_second_run_only_does_what_changed(music: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    prepare("music", music, cache)
    before = times(cache)
    write_music(music / "2.wav", bpm=90.0, seconds=3.0)
    piece_path(cache, "3").write_bytes(b"torn")
    prepare("music", music, cache)
    after = times(cache)
    assert {name for name in after if after[name] != before[name]} == {
        "2.safetensors",
        "3.safetensors",
    }


def test_a_killed_run_goes_on_where_it_was(music: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for number in range(4, 14):
        write_music(music / f"{number}.wav", seconds=3.0)
    code = (
        "from pathlib import Path; from d2m_cli.data.cache.prepare import prepare; import sys;"
        "prepare('music', Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    run = subprocess.Popen([sys.executable, "-c", code, str(music), str(cache)], cwd=ROOT)
    deadline = time.monotonic() + 240
    while len(list(cache.glob("pieces/*.safetensors"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    before = times(cache)
    assert not (cache / "manifest.json").exists()
    manifest = prepare("music", music, cache)
    assert len(manifest.entries) == 14 and len(before) >= 2
    assert all(times(cache)[name] == stamp for name, stamp in before.items() if name[0] != ".")
    assert not list(cache.glob("pieces/.*"))


@pytest.mark.parametrize("engine", list(Engine))
def test_several_workers_make_the_same_cache(music: Path, tmp_path: Path, engine: Engine) -> None:
    if engine is Engine.RAY:
        pytest.importorskip("ray", reason="the extra `ray` is not installed")
    (music / "broken.wav").write_bytes(b"RIFF")
    alone = prepare("music", music, tmp_path / "alone")
    try:
        shared = prepare("music", music, tmp_path / "shared", workers=2, engine=engine)
    except D2MError as error:
        if "Ray did not start" not in str(error):
            raise
        pytest.skip(
            f"Ray gives its own processes 15 s to start, and this machine is slower: {error}"
        )
    assert shared == alone and len(shared.failures) == 1
    for entry in alone.entries:
        for name in entry.holds:
            one, two = (PieceFile(tmp_path / c, entry).whole(name) for c in ("alone", "shared"))
            # Sums in another order (threads, vector units) differ in the last bit.
            np.testing.assert_allclose(one, two, rtol=0, atol=1e-6)


def test_a_split_that_shares_a_song_is_refused(tmp_path: Path, music: Path) -> None:
    root = write_aist(tmp_path / "in")
    train = root / "splits/crossmodal_train.txt"
    train.write_text(train.read_text() + AIST_NAMES["test"][0].replace("d08", "d09") + "\n")
    source = root / "motions" / f"{AIST_NAMES['test'][0]}.pkl"
    source.with_name(source.name.replace("d08", "d09")).write_bytes(source.read_bytes())
    with pytest.raises(DataError, match="'mJB5' is in train and in test and validation"):
        prepare("aist", root, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    manifest = prepare("music", music, tmp_path / "cache")
    path = tmp_path / "cache/manifest.json"
    stored = json.loads(path.read_text())
    for number, entry in enumerate(stored["entries"]):
        entry.update(song="Tune", split="train" if number else "test")
    path.write_text(json.dumps(stored))
    with pytest.raises(DataError, match="'Tune'"):
        read_manifest(tmp_path / "cache")
    write_manifest(tmp_path / "cache", manifest)
    assert read_manifest(tmp_path / "cache") == manifest


def test_a_cache_of_format_2_is_read_under_todays_names(tmp_path: Path) -> None:
    old = {"format": "2", "source": "", "entry": ""}
    (tmp_path / "pieces").mkdir()
    arrays = {"hits": np.arange(6, dtype=np.float32).reshape(3, 2)}
    save_file(arrays, tmp_path / "pieces/tune.safetensors", metadata=old)
    line = {
        "name": "tune",
        "song": "tune",
        "split": "train",
        "genre": "",
        "style": "",
        "licence": "",
    }
    entry = {**line, "seconds": 1.0, "holds": ["hits", "strength"]}
    stored = {"format": 2, "layout": "music", "entries": [entry], "failures": []}
    (tmp_path / "manifest.json").write_text(json.dumps(stored))
    found = read_manifest(tmp_path).entries[0]
    assert found.holds == ("drum_onsets", "confidence")
    np.testing.assert_array_equal(PieceFile(tmp_path, found).whole("drum_onsets"), arrays["hits"])


@pytest.mark.parametrize("name", ["../tune", "/tmp/tune", "a/../../tune"])
def test_a_manifest_that_names_files_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    line = {"song": "tune", "split": "train", "genre": "", "style": "", "licence": ""}
    entry = {**line, "name": name, "seconds": 1.0, "holds": ["audio"]}
    stored = {"format": 3, "layout": "music", "entries": [entry], "failures": []}
    (tmp_path / "manifest.json").write_text(json.dumps(stored))
    with pytest.raises(DataError, match="outside its folder"):
        read_manifest(tmp_path)


def test_other_folders_are_no_caches(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no cache"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": 2, "entries": [{}]}')
    with pytest.raises(DataError, match="damaged"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text('{"format": 99}')
    with pytest.raises(DataError, match="format 99"):
        read_manifest(tmp_path)
    with pytest.raises(DataError, match="Unknown layout"):
        prepare("dance", tmp_path, tmp_path / "out")
    with pytest.raises(DataError, match="no folder"):
        prepare("music", tmp_path / "gone", tmp_path / "out")


VISUAL = VisualSettings(size=64, width=1 / 16)


def write_i3d_bundle(folder: Path) -> Path:
    torch.manual_seed(0)
    state = InceptionI3d(width=VISUAL.width).state_dict()
    about = {"name": "small", "licence": "MIT", "architecture": "d2m"}
    settings = {"visual": asdict(VISUAL), "generators": {}}
    save_bundle(folder, {**about, "settings": settings}, {"i3d.safetensors": state})
    return folder


@pytest.mark.skipif(not EXAMPLE.exists(), reason="examples/dance.mp4 is not there")
def test_a_folder_of_videos_on_the_command_line(tmp_path: Path, run_ffmpeg) -> None:
    music = write_music(tmp_path / "tune.wav", bpm=112.0, seconds=3.0)
    (tmp_path / "in").mkdir()
    cut = ("-t", "2.5", "-i", EXAMPLE, "-i", music, "-map", "0:v", "-map", "1:a", "-shortest")
    run_ffmpeg(*cut, "-c:v", "libx264", "-preset", "ultrafast", tmp_path / "in/dance.mp4")
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=duration=3", "-i", music, "-c:v", "libx264", "-preset",
               "ultrafast", tmp_path / "in/nobody.mp4")  # fmt: skip
    bundle = write_i3d_bundle(tmp_path / "bundle")
    arguments = (tmp_path / "in", "-o", tmp_path / "out", "--bundle", bundle)
    done = d2m("prepare", "folder", *arguments, "--workers", "2")
    assert done.returncode == 1
    assert "1 pieces" in done.stderr and "nobody.mp4: No person was found" in done.stderr
    entry = read_manifest(tmp_path / "out").entries[0]
    assert entry.name == "dance" and entry.found is not None and entry.found > 0.9
    motion = PieceFile(tmp_path / "out", entry).whole("motion")
    assert motion.shape == (53, int(entry.seconds * MOTION_RATE)) and np.isfinite(motion).all()
    visual = PieceFile(tmp_path / "out", entry).whole("visual")
    assert entry.visual_rate == VISUAL.rate
    assert visual.shape == (64, int(entry.seconds * VISUAL.rate) + 1) and visual.std() > 0


def test_command_line_without_failures(tmp_path: Path, music: Path) -> None:
    done = d2m("prepare", "music", music, "-o", tmp_path / "out")
    assert done.returncode == 0 and "4 pieces" in done.stderr
    refused = d2m("prepare", "music", music, "-o", tmp_path / "out", "--engine", "cloud")
    assert refused.returncode == 1 and "local, ray" in refused.stderr


def test_a_line_of_format_2_is_read_in_the_words_of_format_3() -> None:
    line = {"name": "a", "song": "a", "split": "train", "genre": "", "style": "", "licence": ""}
    line |= {"seconds": 3.0, "holds": ["motion", "official", "hits", "strength"]}
    entry = CachedPiece.from_json({**line, "official_rate": 60.0})
    assert entry.holds == ("motion", "drum_onsets", "confidence")
