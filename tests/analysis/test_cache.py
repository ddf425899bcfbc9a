"""Analyses kept by content: found again, told apart, bounded."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from d2m_cli.analysis.cache import AnalysisCache
from d2m_cli.bundles.bundle import Bundle
from d2m_cli.errors import InputError
from d2m_cli.features.files import load_features, save_features
from d2m_cli.features.motion import channel_names
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.ingest.probe import probe
from d2m_cli.types import Dance, Followed, Motion, Visual

THUMBNAILS = np.random.default_rng(0).integers(0, 255, (3, 8, 6, 3)).astype(np.uint8)
BUNDLE = Bundle(
    Path(),
    {"files": {"i3d.safetensors": {"sha256": "ab"}}, "settings": {"visual": {"width": 0.25}}},
)


@pytest.fixture
def dance() -> Dance:
    features = np.random.default_rng(1).standard_normal((len(channel_names()), 90))
    motion = Motion(features.astype(np.float32), np.ones(90, np.bool_), 30.0)
    visual = Visual(np.ones((64, 12), np.float32), 4.0)
    return Dance(motion, visual, replace(estimate_rhythm(motion), meter=3), 3.0)


def test_features_are_read_back_as_they_were(dance: Dance, tmp_path: Path) -> None:
    save_features(dance, tmp_path / "dance.npz", THUMBNAILS)
    read, thumbnails = load_features(tmp_path / "dance.npz")
    np.testing.assert_array_equal(read.motion.features, dance.motion.features)
    np.testing.assert_array_equal(read.motion.found, dance.motion.found)
    np.testing.assert_array_equal(read.visual.features, dance.visual.features)
    np.testing.assert_array_equal(read.rhythm.phase, dance.rhythm.phase)
    np.testing.assert_array_equal(thumbnails, THUMBNAILS)
    assert (read.seconds, read.visual.rate, read.rhythm.rate) == (3.0, 4.0, 30.0)
    assert read.rhythm.meter == 3 and read.motion.followed is None
    followed = Followed((0.5, 1.0), 1)
    known = replace(dance, motion=replace(dance.motion, followed=followed))
    save_features(known, tmp_path / "dance.npz", THUMBNAILS)
    assert load_features(tmp_path / "dance.npz")[0].motion.followed == followed


def test_other_files_are_refused_as_features(dance: Dance, tmp_path: Path) -> None:
    path = tmp_path / "dance.npz"
    with pytest.raises(InputError, match="does not exist"):
        load_features(path)
    path.write_bytes(b"text")
    with pytest.raises(InputError, match="no features"):
        load_features(path)
    np.savez(path, motion=np.zeros(3))
    with pytest.raises(InputError, match="no features"):
        load_features(path)
    broken = replace(dance, motion=Motion(np.zeros((4, 90), np.float32), np.ones(90, bool), 30.0))
    save_features(broken, path)
    with pytest.raises(InputError, match="another d2m"):
        load_features(path)


def test_an_analysis_is_found_by_content_part_and_encoder(
    dance: Dance, clip_3s: Path, tmp_path: Path
) -> None:
    cache = AnalysisCache(tmp_path / "cache")
    clip, copy = probe(clip_3s), tmp_path / "copy.mp4"
    copy.write_bytes(clip_3s.read_bytes())
    key = cache.key(clip, BUNDLE)
    assert cache.load(key) is None
    cache.store(key, dance, THUMBNAILS)
    found = cache.load(cache.key(probe(copy), BUNDLE))
    assert found is not None
    np.testing.assert_array_equal(found[0].rhythm.phase, dance.rhythm.phase)
    np.testing.assert_array_equal(found[1], THUMBNAILS)
    other = Bundle(Path(), {**BUNDLE.config, "files": {"i3d.safetensors": {"sha256": "cd"}}})
    copy.write_bytes(clip_3s.read_bytes() + bytes(1))
    keys = {
        cache.key(probe(clip_3s, 1.0), BUNDLE),
        cache.key(clip, other),
        cache.key(clip, BUNDLE, PoseOptions(dancer="left")),
        cache.key(replace(clip, path=copy), BUNDLE),
    }
    assert len(keys | {key}) == 5


def test_a_damaged_entry_is_none(dance: Dance, tmp_path: Path) -> None:
    cache = AnalysisCache(tmp_path)
    cache.store("key", dance, THUMBNAILS)
    path = tmp_path / "key.npz"
    path.write_bytes(path.read_bytes()[:100])
    assert cache.load("key") is None


def test_the_oldest_entries_go_when_there_is_no_room(dance: Dance, tmp_path: Path) -> None:
    cache = AnalysisCache(tmp_path)
    cache.store("a", dance, THUMBNAILS)
    size = (tmp_path / "a.npz").stat().st_size
    cache = AnalysisCache(tmp_path, max_bytes=2 * size + 100)
    cache.store("b", dance, THUMBNAILS)
    for age, name in ((300, "a"), (200, "b")):
        then = (tmp_path / f"{name}.npz").stat().st_mtime - age
        os.utime(tmp_path / f"{name}.npz", (then, then))
    assert cache.load("a") is not None  # now the newest
    cache.store("c", dance, THUMBNAILS)
    assert {path.stem for path in tmp_path.iterdir()} == {"a", "c"}


def test_a_cache_that_cannot_be_written_is_no_error(dance: Dance, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cache = AnalysisCache(tmp_path / "file" / "cache")
    cache.store("key", dance, THUMBNAILS)
    assert cache.load("key") is None
