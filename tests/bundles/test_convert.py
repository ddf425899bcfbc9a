"""The way that a user's weights take: checkpoint file, conversion, bundle, network, numbers."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import authors
import numpy as np
import pytest
import torch

from d2m_cli.bundles.bundle import Bundle, load_bundle
from d2m_cli.bundles.convert import convert, read_checkpoint
from d2m_cli.codec.codebook import look_up
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.errors import BundleError
from d2m_cli.models.i3d import InceptionI3d
from d2m_cli.models.official import Corpus, ReleasedD2MGAN
from d2m_cli.spec import Level


@pytest.fixture(scope="module")
def jukebox(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """JukeBox's checkpoint as OpenAI publishes it (state under `model`), converted."""
    folder = tmp_path_factory.mktemp("jukebox")
    torch.save({"model": authors.jukebox_state(), "step": 1_000_000}, folder / "vqvae.pth.tar")
    return convert("jukebox", {"vqvae": folder / "vqvae.pth.tar"}, folder, folder / "bundle")


@torch.inference_mode()
def test_jukebox_reproduces_codes_and_sound(jukebox: Bundle) -> None:
    vqvae = VQVAE((Level.HIGH.number,))
    load_bundle(jukebox.folder).load_into(vqvae, "codec_high.safetensors")
    wanted = authors.recorded("jukebox_io.npz")

    latents = vqvae.encode(torch.from_numpy(wanted["wave"]), Level.HIGH)
    codes, _ = vqvae.quantise(latents, Level.HIGH)

    clear = wanted["margin"] > 1e-4
    np.testing.assert_array_equal(codes.numpy()[clear], wanted["codes"][clear])
    entries = look_up(torch.from_numpy(wanted["codes"]).long(), vqvae.codebook(Level.HIGH))
    sound = vqvae.decode(entries, Level.HIGH)
    np.testing.assert_allclose(sound, wanted["decoded"], atol=1e-5)


def test_jukebox_has_both_levels(jukebox: Bundle) -> None:
    jukebox.load_into(VQVAE((Level.LOW.number,)), "codec_low.safetensors")
    assert "commercial" in jukebox.config["licence"]


@torch.inference_mode()
def test_official_reproduces_the_authors_numbers(tmp_path: Path) -> None:
    motion, generator, codec = (tmp_path / name for name in ("mencoder.pt", "netG.pt", "vqvae.pt"))
    torch.save(authors.state("aist.motion_encoder"), motion)
    parallel = {f"module.{k}": v for k, v in authors.state("aist.vqEncoder_high").items()}
    torch.save(parallel, generator)
    torch.save(authors.jukebox_state(), codec)
    given = {"motion_high": motion, "generator_high": generator, "codec_high": codec}

    bundle = convert("aist-official", given, tmp_path, tmp_path / "bundle")

    network = ReleasedD2MGAN(Corpus(bundle.settings["corpus"]), Level.HIGH)
    bundle.load_into(network.motion, "motion_high.safetensors")
    bundle.load_into(network.generator, "generator_high.safetensors")
    wanted = {k: v[:1] for k, v in authors.recorded("official_aist_high.npz").items()}
    motion, visual = (torch.from_numpy(wanted[key]) for key in ("motion", "visual"))
    features = network.motion(motion)
    np.testing.assert_allclose(features, wanted["motion_encoder.out"], atol=2e-5)
    latents = network(motion, visual[:, 0], torch.from_numpy(wanted["genre"]).argmax(1))
    np.testing.assert_allclose(latents, wanted["vqEncoder_high.out"], atol=1.1e-3)
    assert bundle.settings["has"] == ["high"]


def test_i3d_saved_before_batches_were_counted(tmp_path: Path) -> None:
    published = InceptionI3d(num_classes=400).state_dict()
    old = {key: value for key, value in published.items() if "num_batches" not in key}
    torch.save(old, tmp_path / "rgb_imagenet.pt")
    given = {"i3d": tmp_path / "rgb_imagenet.pt"}
    bundle = convert("i3d", given, tmp_path, tmp_path / "bundle")
    bundle.load_into(InceptionI3d(width=bundle.settings["visual"]["width"]), "i3d.safetensors")


def test_wrong_keys_are_listed_by_name(tmp_path: Path) -> None:
    state = authors.state("aist.motion_encoder")
    state["lin3.bias"] = state.pop("lin2.bias")
    state["lin1.weight"] = state["lin1.weight"][:, :75]
    torch.save(state, tmp_path / "mencoder.pt")
    given = dict.fromkeys(("motion_high", "generator_high", "codec_high"), tmp_path / "mencoder.pt")
    with pytest.raises(BundleError) as caught:
        convert("aist-official", given, tmp_path, tmp_path / "bundle")
    for complaint in (
        "lin1.weight is (800, 75) instead of (800, 219)",
        "lin2.bias is missing",
        "lin3.bias is unknown",
    ):
        assert complaint in str(caught.value)
    assert not (tmp_path / "bundle").exists()


class _Runs:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("plain_pickle", [False, True])
def test_a_checkpoint_that_runs_code_is_refused(tmp_path: Path, plain_pickle: bool) -> None:
    trace, path = tmp_path / "ran", tmp_path / "netG.pt"
    content = {"weight": torch.zeros(2), "more": _Runs(trace)}
    if plain_pickle:
        path.write_bytes(pickle.dumps(content))
    else:
        torch.save(content, path)

    with pytest.raises(BundleError, match="not run"):
        read_checkpoint(path)

    assert not trace.exists()
    if not plain_pickle:
        torch.load(path, weights_only=False)  # the attack is real: without the guard it runs
        assert trace.exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"<html>quota</html>"])
def test_damaged_checkpoints_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "netG.pt"
    path.write_bytes(content)
    with pytest.raises(BundleError, match="netG"):
        read_checkpoint(path)


def test_a_checkpoint_without_tensors_is_refused(tmp_path: Path) -> None:
    torch.save({"epoch": 3}, tmp_path / "netG.pt")
    with pytest.raises(BundleError, match="no state dict"):
        read_checkpoint(tmp_path / "netG.pt")


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="d2m download-weights jukebox"):
        convert("jukebox", {}, tmp_path, tmp_path / "bundle")
    with pytest.raises(BundleError, match="--file generator_low=FILE"):
        convert("tiktok-official", {}, tmp_path, tmp_path / "bundle")
