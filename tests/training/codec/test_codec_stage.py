import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric
from safetensors.torch import load_file
from synthetic_music import make_cache

from d2m_cli.codec.codebook import quantise
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.pairs.music_crops import MusicSettings
from d2m_cli.losses.reconstruction import SpectralWeights, multi_resolution_loss
from d2m_cli.spec import Level
from d2m_cli.training.codec.config import CodecConfig
from d2m_cli.training.codec.stage import CODEBOOK_REACH, CodecStage, scale_to_sigma
from d2m_cli.training.codec.trainable import Coded, MovingCodebook
from d2m_cli.training.run.loop import LoopSettings
from d2m_cli.training.run.optimiser import OptimiserConfig


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> MusicSettings:
    return make_cache(tmp_path_factory.mktemp("music"))


def settings_for(music: MusicSettings, steps: int = 8) -> CodecConfig:
    return CodecConfig(
        level=Level.LOW,
        music=music,
        batch=2,
        samples=4096,
        probe_crops=4,
        kmeans_vectors=2500,
        validation_crops=1,
        optimiser=OptimiserConfig(warm_up_steps=3),
        loop=LoopSettings(steps=steps, log_every=1, validate_every=1000, checkpoint_minutes=0.0),
    )


def stage_for(settings: CodecConfig) -> CodecStage:
    return CodecStage(settings, Fabric(accelerator="cpu", devices=1))


def train(stage: CodecStage, first: int, end: int) -> None:
    for number in range(first, end):
        stage.step(stage.draw(number), number, number / end)


@torch.no_grad()
def fixed_loss(stage: CodecStage) -> float:
    crops = stage.training.draw(4, 8192, (0.5, 0.5), np.random.default_rng(0))
    wave = torch.from_numpy(crops)
    terms = multi_resolution_loss(stage.net(wave).wave, wave, SpectralWeights())
    return sum(term.item() for term in terms.values())


def test_training_lowers_the_loss_and_leaves_the_outer_stages(music: MusicSettings) -> None:
    stage = stage_for(settings_for(music))
    train(stage, 0, 1)
    outer = [s.resample.weight.clone() for s in stage.net.encoder.stages()[:3]]
    codebook, before = stage.net.codebook.clone(), fixed_loss(stage)
    train(stage, 1, 80)
    assert fixed_loss(stage) < 0.96 * before
    assert not torch.equal(stage.net.codebook, codebook)
    for weight, now in zip(outer, stage.net.encoder.stages(), strict=False):
        assert torch.equal(weight, now.resample.weight)


def test_unfreezing_trains_the_next_stage(music: MusicSettings) -> None:
    stage = stage_for(dataclasses.replace(settings_for(music), unfreeze_at=(0.5,)))
    stage.step(stage.draw(0), 0, 0.0)
    weight = stage.net.encoder.stages()[2].resample.weight
    frozen, before = weight.clone(), fixed_loss(stage)
    stage.step(stage.draw(1), 1, 0.5)
    assert stage.net.first_stage == 2
    assert not torch.equal(weight, frozen)
    assert fixed_loss(stage) < 1.2 * before, "unfreezing must not disturb what was learned"


def test_export_is_scaled_and_sounds_the_same(music: MusicSettings, tmp_path: Path) -> None:
    stage = stage_for(settings_for(music))
    train(stage, 0, 2)
    stage.export(tmp_path / "codec.safetensors")
    exported = VQVAE((Level.LOW.number,))
    exported.load_state_dict(load_file(tmp_path / "codec.safetensors"))
    numbers = exported.codebook(Level.LOW).abs().flatten()
    assert float(numbers.quantile(0.999)) == pytest.approx(CODEBOOK_REACH, rel=1e-4)

    wave = torch.from_numpy(stage.held_out.draw(2, 8192, (0.5, 0.5), np.random.default_rng(0)))
    with torch.no_grad():
        codes, entries = stage.vqvae.quantise(stage.vqvae.encode(wave, Level.LOW), Level.LOW)
        same, scaled = exported.quantise(exported.encode(wave, Level.LOW), Level.LOW)
        assert torch.equal(codes, same)
        torch.testing.assert_close(
            exported.decode(scaled, Level.LOW),
            stage.vqvae.decode(entries, Level.LOW),
            atol=1e-4,
            rtol=1e-4,
        )


def passed(latents: torch.Tensor, codebook: torch.Tensor) -> Coded:
    codes, entries = quantise(latents, codebook)
    return Coded(entries, latents, entries, codes)


def test_kmeans_start_beats_a_random_choice_of_entries() -> None:
    random = torch.Generator().manual_seed(0)
    latents = torch.randn(1, 64, 600, generator=random)
    codebook = torch.zeros(32, 64)
    moving = MovingCodebook(codebook, decay=0.99)
    moving.start(codebook, latents, batch_vectors=100, random=random)
    chosen = passed(latents, latents[0, :, :32].t())
    assert passed(latents, codebook).commitment < 0.95 * chosen.commitment
    assert len(passed(latents, codebook).codes.unique()) == 32


def test_codebook_follows_the_latents_and_revives_unused_entries() -> None:
    random = torch.Generator().manual_seed(0)
    centres = 5 * torch.randn(8, 64, generator=random)
    codebook = torch.cat([centres, torch.full((8, 64), 100.0)])
    moving = MovingCodebook(codebook, decay=0.5)
    moving.sums.copy_(codebook)
    moved = (centres + 0.5).repeat(8, 1).t()[None]
    restarts = sum(moving.update(codebook, passed(moved, codebook), random) for _ in range(20))
    assert torch.cdist(centres + 0.5, codebook).min(1).values.max() < 1e-3
    assert restarts >= 8
    assert codebook.max() < 50


@torch.no_grad()
def test_scaling_is_exact() -> None:
    torch.manual_seed(0)
    vqvae = VQVAE((Level.HIGH.number,))
    vqvae.codebook(Level.HIGH).normal_()
    wave = 0.1 * torch.randn(1, 128 * 40)
    before = vqvae.encode(wave, Level.HIGH)
    sound = vqvae.decode(before, Level.HIGH)
    scale = scale_to_sigma(vqvae, Level.HIGH)
    after = vqvae.encode(wave, Level.HIGH)
    torch.testing.assert_close(after, before * scale)
    torch.testing.assert_close(vqvae.decode(after, Level.HIGH), sound, atol=1e-5, rtol=1e-4)


def test_training_goes_on_from_trained_weights(music: MusicSettings, tmp_path: Path) -> None:
    stage, weights = stage_for(settings_for(music)), tmp_path / "codec.safetensors"
    train(stage, 0, 12)
    stage.export(weights)
    trained, wave = VQVAE((Level.LOW.number,)), torch.from_numpy(stage.draw(99))
    trained.load_state_dict(load_file(weights))
    codes = trained.quantise(trained.encode(wave, Level.LOW), Level.LOW)[0]
    further = stage_for(dataclasses.replace(settings_for(music), start=weights, seed=7))
    with torch.no_grad():
        taken_up = further.net(wave).codes
    assert float((taken_up == codes).float().mean()) > 0.99
    train(further, 0, 12)
    assert fixed_loss(further) < 1.2 * fixed_loss(stage)
    assert float((further.net(wave).codes == codes).float().mean()) > 0.3, "codes lost meaning"
