"""A bundle is checked whole before anything in it runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from d2m_cli.bundles.bundle import Bundle, load_bundle, save_bundle, sha256
from d2m_cli.errors import BundleError

CONFIG = {"name": "small", "architecture": "test", "licence": "MIT", "settings": {}}


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    state = {"weight": torch.ones(2, 3), "bias": torch.zeros(2, dtype=torch.float16)}
    return save_bundle(tmp_path / "small", CONFIG, {"net.safetensors": state})


def rewrite(bundle: Bundle, change: Callable[[dict[str, Any]], None]) -> None:
    path = bundle.folder / "bundle.json"
    description = json.loads(path.read_text())
    change(description)
    path.write_text(json.dumps(description))


def test_what_was_saved_is_loaded(bundle: Bundle) -> None:
    network = nn.Linear(3, 2)
    load_bundle(bundle.folder).load_into(network, "net.safetensors")
    assert network.weight.tolist() == [[1.0] * 3] * 2
    assert network.bias.dtype == torch.float32
    assert not network.training


def test_bundles_have_names(bundle: Bundle, own_home: Path) -> None:
    place = own_home / "bundles/mine"
    place.parent.mkdir(parents=True)
    bundle.folder.rename(place)
    assert load_bundle("mine").folder == place
    with pytest.raises(BundleError, match="no bundle 'other'"):
        load_bundle("other")


def test_a_wrong_shape_is_refused_by_name(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match=r"weight is \(2, 3\) instead of \(2, 4\)"):
        bundle.load_into(nn.Linear(4, 2), "net.safetensors")


def test_other_keys_are_refused_by_name(bundle: Bundle) -> None:
    with pytest.raises(BundleError, match="bias is unknown"):
        bundle.load_into(nn.Linear(3, 2, bias=False), "net.safetensors")


@pytest.mark.parametrize("outside", ["../other.safetensors", "/other.safetensors", "sub/../../x"])
def test_a_path_outside_the_folder_is_refused(bundle: Bundle, outside: str) -> None:
    other = bundle.folder.parent / "other.safetensors"
    (bundle.folder / "net.safetensors").rename(other)
    facts = {"sha256": sha256(other), "bytes": other.stat().st_size}
    rewrite(bundle, lambda description: description.update(files={outside: facts}))
    with pytest.raises(BundleError, match="outside its folder"):
        load_bundle(bundle.folder)


def test_a_link_out_of_the_folder_is_refused(bundle: Bundle) -> None:
    file = bundle.folder / "net.safetensors"
    file.rename(bundle.folder.parent / "other")
    file.symlink_to(bundle.folder.parent / "other")
    with pytest.raises(BundleError, match="outside its folder"):
        load_bundle(bundle.folder)


def test_damage_and_loss_are_noticed(bundle: Bundle) -> None:
    file = bundle.folder / "net.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(BundleError, match="damaged"):
        load_bundle(bundle.folder)
    file.unlink()
    with pytest.raises(BundleError, match="lacks its file"):
        load_bundle(bundle.folder)


def test_another_format_version_is_refused(bundle: Bundle) -> None:
    rewrite(bundle, lambda description: description.update(format=99))
    with pytest.raises(BundleError, match="format 99"):
        load_bundle(bundle.folder)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"format": 2}',
        json.dumps({"format": 2, **CONFIG, "files": ["net.safetensors"]}),
        json.dumps({"format": 2, **CONFIG, "files": {"net.safetensors": {}}}),
    ],
)
def test_a_broken_description_is_refused(bundle: Bundle, content: str) -> None:
    (bundle.folder / "bundle.json").write_text(content)
    with pytest.raises(BundleError):
        load_bundle(bundle.folder)


def test_a_file_that_is_no_safetensors_is_refused(bundle: Bundle) -> None:
    file = bundle.folder / "net.safetensors"
    file.write_bytes(b"\x80\x04pickle")
    facts = {"sha256": sha256(file), "bytes": file.stat().st_size}
    rewrite(bundle, lambda description: description["files"].update({file.name: facts}))
    with pytest.raises(BundleError, match="not safetensors"):
        load_bundle(bundle.folder).tensors(file.name)


def test_saving_replaces_the_older_bundle_whole(bundle: Bundle) -> None:
    newer = save_bundle(bundle.folder, CONFIG, {"other.safetensors": {"x": torch.ones(1)}})
    assert sorted(path.name for path in newer.folder.iterdir()) == [
        "bundle.json",
        "other.safetensors",
    ]
    assert [path.name for path in newer.folder.parent.iterdir() if path.name != "home"] == ["small"]


def test_a_bundle_of_format_1_is_read_in_todays_words(bundle: Bundle) -> None:
    shape = {"spread": True, "hit_bands": 3, "floor": 16, "width": 0.25}
    settings = {"generators": {"high": shape}}
    rewrite(bundle, lambda description: description.update(format=1, settings=settings))
    described = load_bundle(bundle.folder).settings["generators"]["high"]
    assert described == {"predicts_std": True, "drum_bands": 3, "min_channels": 16, "width": 0.25}
