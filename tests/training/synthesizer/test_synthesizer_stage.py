import copy
import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric
from project import ROOT
from safetensors.torch import load_file, save_file
from synthetic_music import make_cache

from d2m_cli.bundles.packing import unpacked
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.pairs.music_crops import MusicSettings
from d2m_cli.errors import DataError
from d2m_cli.losses.reconstruction import SpectralWeights, multi_resolution_loss
from d2m_cli.spec import Level
from d2m_cli.training.generator.config import DiscriminatorSettings
from d2m_cli.training.run.optimiser import OptimiserConfig
from d2m_cli.training.run.recipes import recipe_path
from d2m_cli.training.run.settings import read_settings
from d2m_cli.training.synthesizer.config import SynthesizerConfig, SynthesizerWeights
from d2m_cli.training.synthesizer.generated_codes import CodesSettings
from d2m_cli.training.synthesizer.stage import SynthesizerStage

LEVEL = Level.HIGH
QUICK = OptimiserConfig(rate=1e-3, warm_up_steps=1)
SLIM = DiscriminatorSettings((16, 16, 32, 32), scales=2, optimiser=QUICK)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> MusicSettings:
    return make_cache(tmp_path_factory.mktemp("music"))


def settings_for(music: MusicSettings) -> SynthesizerConfig:
    """The embedded codec, which is stored in half precision, in tiny batches."""
    return SynthesizerConfig(
        codec=ROOT / "weights" / f"codec_{LEVEL}.safetensors",
        level=LEVEL,
        music=music,
        batch=2,
        seconds=0.2,
        first_stage=3,
        average=0.5,
        validation_crops=1,
        losses=SynthesizerWeights(spectral=1.0),
        optimiser=QUICK,
        discriminator=SLIM,
    )


def stage_for(settings: SynthesizerConfig) -> SynthesizerStage:
    return SynthesizerStage(settings, Fabric(accelerator="cpu", devices=1))


def train(stage: SynthesizerStage, steps: int, first: int = 0) -> None:
    for number in range(first, steps):
        stage.step(stage.draw(number), number, number / steps)


def save_codes(file: Path, random: torch.Generator) -> dict[str, torch.Tensor]:
    """Random codes and noise for their music, one piece to learn from and three to measure."""
    stored = {}
    for split, count in (("train", 1), ("validation", 3)):
        stored[split] = torch.randint(2048, (count, 688), generator=random).short()
        noise = torch.randn((count, 688 * LEVEL.hop), generator=random)
        stored[f"{split}_music"] = (3000 * noise).short()
    save_file(stored, file)
    return stored


@torch.no_grad()
def distance(vqvae: VQVAE, wave: torch.Tensor) -> float:
    entries = vqvae.quantise(vqvae.encode(wave, LEVEL), LEVEL)[1]
    terms = multi_resolution_loss(vqvae.decode(entries, LEVEL), wave, SpectralWeights())
    return sum(term.item() for term in terms.values())


def test_the_decoder_learns_and_all_else_stays_bit_for_bit(
    music: MusicSettings, tmp_path: Path
) -> None:
    settings = settings_for(music)
    stage = stage_for(settings)
    random = np.random.default_rng(9)
    wave = torch.from_numpy(stage.training.draw(4, 128 * 64, (0.3, 0.6), random))
    before = distance(stage.vqvae, wave)
    train(stage, 12)
    stage.export(tmp_path / "codec.safetensors")

    given, made = unpacked(load_file(settings.codec)), load_file(tmp_path / "codec.safetensors")
    fixed = {name for name in given if name.startswith(("encoders.", "bottleneck."))}
    assert len(fixed) > 100
    assert all(torch.equal(given[name].float(), made[name]) for name in fixed)
    changed = {name for name in given if not torch.equal(given[name].float(), made[name])}
    trained = {name for name, p in stage.vqvae.named_parameters() if p.requires_grad}
    assert changed == trained

    exported = VQVAE.fitting(given, LEVEL)  # strict: every key, every shape
    exported.load_state_dict(made)
    assert distance(exported, wave) < 0.95 * before


def test_by_default_the_whole_decoder_is_trained(music: MusicSettings) -> None:
    stage = stage_for(dataclasses.replace(settings_for(music), first_stage=0))
    train(stage, 1)
    trained = {name for name, p in stage.vqvae.named_parameters() if p.requires_grad}
    assert trained == {n for n, _ in stage.vqvae.named_parameters() if n.startswith("decoders.")}


def test_both_rates_follow_their_own_schedule(music: MusicSettings) -> None:
    falling = dataclasses.replace(QUICK, final=0.1)
    settings = dataclasses.replace(settings_for(music), optimiser=falling)
    stage = stage_for(settings)
    rates = []
    for number, progress in ((0, 0.0), (1, 0.5), (2, 1.0)):
        stage.step(stage.draw(number), number, progress)
        states = stage.optimiser.state(), stage.adversary.optimiser.state()
        rates.append([state["param_groups"][0]["lr"] for state in states])
    assert np.allclose(rates, 1e-3 * np.array([[1.0, 1.0], [0.55, 1.0], [0.1, 1.0]]))


def test_generated_codes_are_heard_and_measured(music: MusicSettings, tmp_path: Path) -> None:
    file = tmp_path / "codes.safetensors"
    codes = save_codes(file, torch.Generator().manual_seed(0))
    settings = settings_for(music)
    with pytest.raises(DataError, match="leaves no music"):
        stage_for(dataclasses.replace(settings, generated=CodesSettings(file, share=0.9)))

    settings = dataclasses.replace(settings, generated=CodesSettings(file, share=0.5))
    stage = stage_for(settings)
    batch = stage.draw(3)
    length = stage.samples // LEVEL.hop
    assert batch.codes.shape == (1, length) and batch.music.shape == (2, stage.samples)
    begin = codes["train"][0].unfold(0, length, 1).tolist().index(batch.codes[0].tolist())
    first = begin * LEVEL.hop
    belongs = codes["train_music"][0, first : first + stage.samples].numpy() / 32768
    np.testing.assert_allclose(batch.music[1], belongs, atol=1e-6)
    before = stage.validate().figures
    train(stage, 6)
    after = stage.validate().figures
    assert after["generated_distance"] > 0
    assert after["generated_mel"] < before["generated_mel"]


def test_codes_without_their_music_are_told(music: MusicSettings, tmp_path: Path) -> None:
    file = tmp_path / "codes.safetensors"
    names = ("train", "train_music", "validation", "validation_music")
    save_file({name: torch.zeros((2, 344), dtype=torch.int16) for name in names}, file)
    settings = dataclasses.replace(settings_for(music), generated=CodesSettings(file, share=0.5))
    with pytest.raises(DataError, match="not music and its codes"):
        stage_for(settings)


def test_a_stopped_run_goes_on_as_if_it_had_not(music: MusicSettings) -> None:
    stages = [stage_for(settings_for(music)) for _ in range(3)]
    whole, stopped, resumed = stages
    train(whole, 4)
    train(stopped, 2)
    resumed.restore(copy.deepcopy(stopped.state()))
    train(resumed, 4, first=2)
    expected = whole.averaged().state_dict()
    for name, tensor in resumed.averaged().state_dict().items():
        assert torch.equal(tensor, expected[name]), name


def test_wrong_codecs_are_refused(music: MusicSettings, tmp_path: Path) -> None:
    settings = settings_for(music)
    with pytest.raises(DataError, match="does not hold a codec of level 'low'"):
        stage_for(dataclasses.replace(settings, level=Level.LOW))
    with pytest.raises(DataError, match=r"nowhere.* train a codec"):
        stage_for(dataclasses.replace(settings, codec=tmp_path / "nowhere.safetensors"))
    state = unpacked(load_file(settings.codec))
    name = next(key for key in state if key.startswith("decoders") and key.endswith("out.weight"))
    save_file({**state, name: -state[name]}, tmp_path / "changed.safetensors")
    with pytest.raises(DataError, match="differ from the wavelet"):
        stage_for(dataclasses.replace(settings, codec=tmp_path / "changed.safetensors"))


@pytest.mark.parametrize("level", Level)
def test_shipped_recipes_can_be_read(level: Level) -> None:
    path = recipe_path(f"synthesizer_{level}")
    assert read_settings(path, SynthesizerConfig).level is level
