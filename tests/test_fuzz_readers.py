"""Strangers' files, damaged in every way: a reader takes them or raises the project's own error.

Some hundred cases a reader run with the other tests; `D2M_FUZZ=10000 python -m pytest
tests/test_fuzz_readers.py` runs ten thousand. No case may run code, touch a file outside its folder
or hold more than `BOUND` bytes of memory.
"""

import io
import json
import os
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from motion_readers import MOTIONS
from project import ROOT
from safetensors.numpy import save

from d2m_cli.bundles.bundle import Bundle, load_bundle, save_bundle
from d2m_cli.bundles.contents import style_names
from d2m_cli.bundles.styles import read_styles, styles_toml
from d2m_cli.data.cache.manifest import CachedPiece, Manifest, read_manifest, write_manifest
from d2m_cli.data.cache.pieces import PieceFile, cached_entry, piece_path
from d2m_cli.data.skeletons.keypoint_files import read_keypoints
from d2m_cli.data.skeletons.smpl import read_smpl
from d2m_cli.errors import D2MError
from d2m_cli.evaluation.results_page import results_page
from d2m_cli.evaluation.sources import read_genres, read_object
from d2m_cli.features.files import load_features, save_features
from d2m_cli.features.motion import channel_names
from d2m_cli.metrics.mos import MosItem, MosPart, make_key, score
from d2m_cli.training.codec.config import CodecConfig
from d2m_cli.training.run.settings import read_settings
from d2m_cli.types import Dance, Motion, Rhythm, Visual

CASES = int(os.environ.get("D2M_FUZZ", "100"))
PHASES = (Phase.explicit, Phase.generate)
"""Cases are small as they are: making them smaller takes minutes."""

BOUND = 64 * 2**20
"""Bytes that the reading of a file of some kilobytes may hold at a time."""

Reader = Callable[[Path, bytes], object]

_VALUES = [b"null", b"true", b"-1", b"1e999", b'"../../x"', b'"/etc/passwd"', b"[]", b"{}", b"NaN"]


_NESTED = [b"[", b'{"a":', b"(", b"{"]


@st.composite
def damage(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """A few changes to the bytes of a valid file: cut, flip, repeat, insert, or swap a value."""
    steps = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["cut", "flip", "repeat", "insert", "value", "value", "nest"]),
                st.floats(0, 1),
                st.integers(0, 255),
                st.binary(max_size=12),
            ),
            min_size=1,
            max_size=6,
        )
    )

    def apply(data: bytes) -> bytes:
        for kind, place, number, extra in steps:
            at = min(int(place * len(data)), max(len(data) - 1, 0))
            if kind == "cut":
                data = data[:at]
            elif kind == "flip" and data:
                data = data[:at] + bytes([data[at] ^ (number or 1)]) + data[at + 1 :]
            elif kind == "repeat":
                data = data[:at] + data[at : at + number] * 2 + data[at + number :]
            elif kind == "insert":
                data = data[:at] + extra + data[at:]
            elif kind == "nest":
                data = data[:at] + _NESTED[number % len(_NESTED)] * 3000 + data[at:]
            elif kind == "value":
                begin = max(data.rfind(b":", 0, at), data.rfind(b"=", 0, at)) + 1
                ends = [e for e in (data.find(c, begin) for c in (b",", b"}", b"\n")) if e > 0]
                end = min(ends, default=len(data))
                data = data[:begin] + _VALUES[number % len(_VALUES)] + data[end:]
        return data

    return apply


def _cache(folder: Path) -> CachedPiece:
    entry = CachedPiece("a", "a", "train", "pop", "", "MIT", 1.0, ("motion",))
    write_manifest(folder, Manifest(layout="aist", entries=(entry,)))
    return entry


def bundle(folder: Path) -> tuple[bytes, Reader]:
    place = folder / "bundle"
    config = {"name": "x", "architecture": "d2m", "settings": {}, "licence": "MIT", "level": 1}
    save_bundle(place, config, {"a.safetensors": {"w": torch.zeros(3)}})

    def read(_: Path, data: bytes) -> object:
        (place / "bundle.json").write_bytes(data)
        return load_bundle(place).settings

    return (place / "bundle.json").read_bytes(), read


def manifest(folder: Path) -> tuple[bytes, Reader]:
    place = folder / "manifest"
    place.mkdir()
    _cache(place)

    def read(_: Path, data: bytes) -> object:
        (place / "manifest.json").write_bytes(data)
        return read_manifest(place)

    return (place / "manifest.json").read_bytes(), read


def piece(folder: Path) -> tuple[bytes, Reader]:
    place = folder / "cache"
    place.mkdir()
    entry = _cache(place)
    path = piece_path(place, "a")
    path.parent.mkdir()

    def read(_: Path, data: bytes) -> object:
        path.write_bytes(data)
        cached_entry(place, "a", "s")
        return PieceFile(place, entry).slice("motion", 0, 5)

    note = {"format": "3", "source": "s", "entry": json.dumps(asdict(entry))}
    return save({"motion": np.zeros((4, 9), np.float32)}, metadata=note), read


def smpl(folder: Path) -> tuple[bytes, Reader]:
    poses = np.zeros((4, 72)), np.zeros((4, 3)), np.ones(1)
    names = ("smpl_poses", "smpl_trans", "smpl_scaling")
    path = folder / "dance.pkl"

    def read(_: Path, data: bytes) -> object:
        path.write_bytes(data)
        return read_smpl(path)

    return pickle.dumps(dict(zip(names, poses, strict=True)), protocol=2), read


def keypoints(folder: Path) -> tuple[bytes, Reader]:
    place = folder / "frames"
    place.mkdir()

    def read(_: Path, data: bytes) -> object:
        (place / "0.json").write_bytes(data)
        return read_keypoints(place)

    person = {"pose_keypoints_2d": [float(number) for number in range(75)]}
    return json.dumps({"people": [person]}).encode(), read


def landmarks(folder: Path) -> tuple[bytes, Reader]:
    path = folder / "landmarks.json"

    def read(_: Path, data: bytes) -> object:
        path.write_bytes(data)
        return read_keypoints(path)

    points = [{"x": 0.1 * n, "y": 0.2, "z": 0.0, "visibility": 0.9} for n in range(33)]
    return json.dumps({"fps": 30, "frames": [{"landmarks": [points]}] * 2}).encode(), read


def recipe(folder: Path) -> tuple[bytes, Reader]:
    path = folder / "recipe.toml"

    def read(_: Path, data: bytes) -> object:
        path.write_bytes(data)
        return read_settings(path, CodecConfig)

    return (ROOT / "d2m_cli" / "recipes" / "codec_high.toml").read_bytes(), read


def genres(folder: Path) -> tuple[bytes, Reader]:
    path = folder / "genres.json"

    def read(_: Path, data: bytes) -> object:
        path.write_bytes(data)
        return read_genres(path)

    return json.dumps({"a": "pop", "b": "rock"}).encode(), read


def answers(folder: Path) -> tuple[bytes, Reader]:
    key = make_key("t", [MosItem("0000000a", MosPart.QUALITY, "d2m", "a")])
    path = folder / "answers.json"

    def read(_: Path, data: bytes) -> object:
        path.write_bytes(data)
        return score(key, {"answers.json": read_object(path)})

    given = {
        "format": key["format"],
        "test": key["test"],
        "listener": "me",
        "ratings": {"0000000a": 4},
    }
    return json.dumps(given).encode(), read


def header(folder: Path) -> tuple[bytes, Reader]:
    place = folder / "vectors"
    place.mkdir()
    (place / "bundle.json").touch()

    def read(_: Path, data: bytes) -> object:
        (place / "styles.safetensors").write_bytes(data)
        style_names(place)
        return Bundle(place, {"name": "x", "files": ["styles.safetensors"]}).tensors(
            "styles.safetensors"
        )

    return save({"pop": np.zeros(9, np.float32), "rock": np.ones(9, np.float16)}), read


def styles(folder: Path) -> tuple[bytes, Reader]:
    place = folder / "described"
    place.mkdir()
    (place / "bundle.json").touch()
    described = dict(list(read_styles().items())[:2])
    vectors = save({name: np.zeros(9, np.float32) for name in described})
    (place / "styles.safetensors").write_bytes(vectors)

    def read(_: Path, data: bytes) -> object:
        (place / "styles.toml").write_bytes(data)
        return read_styles(place)

    return styles_toml(described).encode(), read


def results(folder: Path) -> tuple[bytes, Reader]:
    """The scores that a bundle brings, as the page that is made of them."""
    path = folder / "results.json"

    def read(_: Path, data: bytes) -> object:
        path.write_bytes(data)
        record = read_object(path)
        return results_page("x", record.get("scores", {}))

    scores = {
        "alignment": {
            "command": "d2m evaluate",
            "low": {"lift": 0.2, "mismatched": 0.01},
            "high": {"lift": 0.3, "mismatched": 0.0},
            "dances": 40,
        },
        "speed": {"command": "benchmarks/speed.py", "low": {"ten_seconds_1080p": 61.5}},
    }
    return json.dumps({"scores": scores}).encode(), read


def features(folder: Path) -> tuple[bytes, Reader]:
    path = folder / "dance.npz"

    def read(_: Path, data: bytes) -> object:
        path.write_bytes(data)
        return load_features(path)

    steps = 9
    motion = Motion(np.zeros((len(channel_names()), steps), np.float32), np.ones(steps, bool), 20.0)
    rhythm = Rhythm(np.arange(steps, dtype=np.float64), np.ones(steps, np.float32), 20.0)
    dance = Dance(motion, Visual(np.zeros((4, 2), np.float32), 1.0), rhythm, steps / 20)
    save_features(dance, path, None)
    return path.read_bytes(), read


READERS = [
    *(answers, bundle, manifest, piece, smpl, keypoints, recipe, genres),
    *(landmarks, header, styles, results, features, *MOTIONS),
]


@pytest.fixture(scope="module", params=READERS, ids=lambda reader: reader.__name__)
def reader(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[bytes, Reader, Path]:
    folder = tmp_path_factory.mktemp(request.param.__name__)
    valid, read = request.param(folder)
    return valid, read, folder


@settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    phases=PHASES,
    suppress_health_check=list(HealthCheck),
)
@given(damage())
def test_damage_gives_the_projects_own_errors(
    reader: tuple[bytes, Reader, Path], apply: Callable[[bytes], bytes]
) -> None:
    valid, read, folder = reader
    around = sorted(folder.parent.iterdir())
    damaged = apply(valid)
    tracemalloc.start()
    try:
        read(folder, damaged)
    except D2MError as error:
        assert str(error)
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < BOUND
    assert sorted(folder.parent.iterdir()) == around


def test_the_files_are_valid_before_they_are_damaged(reader: tuple[bytes, Reader, Path]) -> None:
    valid, read, folder = reader
    read(folder, valid)


@pytest.mark.parametrize(
    "call", [b"cos\nsystem\n(S'touch ran'\ntR.", b"cbuiltins\neval\n(S'1'\ntR."]
)
def test_a_pickle_runs_nothing(
    call: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "dance.pkl"
    path.write_bytes(call)
    with pytest.raises(D2MError, match="would call"):
        read_smpl(path)
    assert not (tmp_path / "ran").exists()


def test_a_manifest_names_no_file_elsewhere(tmp_path: Path) -> None:
    _cache(tmp_path)
    path = tmp_path / "manifest.json"
    for name in ("../../x", "/etc/passwd"):
        path.write_text(path.read_text().replace('"name": "a"', f'"name": "{name}"'))
        with pytest.raises(D2MError, match="outside"):
            read_manifest(tmp_path)
        _cache(tmp_path)


@pytest.mark.parametrize("size", [10**15, 2**70])
def test_features_that_claim_more_than_memory_are_refused(size: int, tmp_path: Path) -> None:
    path, array = tmp_path / "dance.npz", io.BytesIO()
    kind = {"descr": "<f4", "fortran_order": False, "shape": (size,)}
    np.lib.format.write_array_header_1_0(array, kind)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("motion.npy", array.getvalue())
    with pytest.raises(D2MError, match="no features"):
        load_features(path)


@pytest.mark.parametrize("scores", [None, [], {"alignment": 3}])
def test_scores_that_are_no_tables_are_refused(scores: Any) -> None:
    with pytest.raises(D2MError, match="no tables"):
        results_page("x", scores)
