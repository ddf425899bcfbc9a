"""What training reads of a piece, in part and fast, is what the whole piece says."""

from pathlib import Path

import numpy as np
import pytest
from data_trees import write_music
from safetensors.numpy import load_file, save_file

from d2m_cli.data.cache.manifest import CachedPiece, read_manifest
from d2m_cli.data.cache.pieces import PieceFile, piece_path
from d2m_cli.data.cache.prepare import prepare
from d2m_cli.data.cache.style_windows import STYLES
from d2m_cli.data.pairs.examples import Pairs, PairSettings
from d2m_cli.errors import DataError
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.style import style_vector
from d2m_cli.pcm import to_float
from d2m_cli.spec import SAMPLE_RATE

SECONDS = 30.0


def entry_of(name: str, holds: tuple[str, ...]) -> CachedPiece:
    return CachedPiece(name, name, "train", "", "", "", 1.0, holds)


def test_parts_of_every_kind_of_array_and_what_is_missing(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    arrays = {
        "a": random.integers(-9, 9, 7).astype(np.int16),
        "b": random.random((3, 4, 9)).astype(np.float16),
        "c": random.random((2, 5)),
        "d": np.array([True, False, True]),
        "e": np.zeros((3, 0), np.uint8),
    }
    path = piece_path(tmp_path, "x")
    path.parent.mkdir()
    save_file(arrays, path)
    file = PieceFile(tmp_path, entry_of("x", tuple(arrays)))
    for name, array in arrays.items():
        whole = file.whole(name)
        assert whole.dtype == array.dtype
        np.testing.assert_array_equal(whole, array)
        for begin, end in ((0, 3), (1, 2), (2, 99), (99, 120), (2, 2)):
            np.testing.assert_array_equal(file.slice(name, begin, end), array[..., begin:end])
    with pytest.raises(DataError, match="lacks its 'f'"):
        file.slice("f", 0, 1)
    save_file({"a": np.arange(5.0)}, path)
    np.testing.assert_array_equal(file.whole("a"), np.arange(5.0))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="cannot be read"):
        file.whole("a")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("stretches")
    write_music(root / "in/tune.wav", 120.0, seconds=SECONDS, first=0.2)
    (root / "in/manifest.json").write_text('[{"file": "tune.wav", "split": "train"}]')
    prepare("music", root / "in", root / "out")
    return root / "out"


def test_styles_are_kept_and_a_cache_without_them_gives_the_same_examples(
    cache: Path, tmp_path: Path
) -> None:
    entry = read_manifest(cache).entries[0]
    file = PieceFile(cache, entry)
    styles = file.whole(STYLES)
    assert styles.shape == (152, 2)
    audio = to_float(file.whole("audio"))[12 * SAMPLE_RATE : 24 * SAMPLE_RATE]
    np.testing.assert_array_equal(styles[:, 1], style_vector(audio))

    arrays = load_file(piece_path(cache, entry.name))
    piece_path(tmp_path, entry.name).parent.mkdir()
    save_file({n: a for n, a in arrays.items() if n != STYLES}, piece_path(tmp_path, entry.name))
    manifest = (cache / "manifest.json").read_text()
    (tmp_path / "manifest.json").write_text(manifest.replace(f'"{STYLES}"', '"nothing"'))
    with_them, without = (
        Pairs(PairSettings(c, None), VisualSettings(), "train", 2.0, 0, sketched=True).draw(
            range(6)
        )
        for c in (cache, tmp_path)
    )
    for one, other in zip(
        (with_them.audio, with_them.sketch, *with_them.conditions),
        (without.audio, without.sketch, *without.conditions),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
