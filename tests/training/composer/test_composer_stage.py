from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric
from safetensors.torch import load_file
from synthetic_music import SECONDS, sound
from typer.testing import CliRunner

from d2m_cli.cli.app import app as commands
from d2m_cli.data.cache.manifest import CachedPiece, Manifest, write_manifest
from d2m_cli.data.cache.pieces import write_piece
from d2m_cli.data.cache.sketches import HOLDS, sketch_arrays
from d2m_cli.data.pairs.frame_crops import FrameCrops, transposed
from d2m_cli.data.pairs.music_crops import MusicSettings
from d2m_cli.errors import DataError
from d2m_cli.generation.composing import compose_learned
from d2m_cli.generation.styles import Style
from d2m_cli.models.composer import Composer, ComposerShape
from d2m_cli.training.composer.config import ComposerConfig, ComposerSizes
from d2m_cli.training.composer.stage import ComposerStage
from d2m_cli.training.run.loop import LoopSettings, Run
from d2m_cli.training.run.optimiser import OptimiserConfig
from d2m_cli.training.run.settings import plain
from d2m_cli.types import Rhythm

SIZES = ComposerSizes(embedded=16, hidden=32, chained=16, copied=4)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> MusicSettings:
    folder = tmp_path_factory.mktemp("sketched")
    entries = []
    for number, split in enumerate(("train", "train", "validation")):
        samples = sound(number).astype(np.float32)
        arrays = sketch_arrays(samples, np.arange(0.0, SECONDS, 0.5)) | {
            "audio": (samples * 32767).astype(np.int16),
            "beats": np.arange(0.0, SECONDS, 0.5).astype(np.float32),
        }
        entry = CachedPiece(
            *(f"piece{number}", f"piece{number}", split, "", "", "", float(SECONDS)),
            holds=("audio", "beats", *HOLDS),
        )
        write_piece(folder, entry, arrays, source="synthetic")
        entries.append(entry)
    write_manifest(folder, Manifest("music", tuple(entries)))
    return MusicSettings(cache=folder)


def settings_for(music: MusicSettings, steps: int = 6) -> ComposerConfig:
    return ComposerConfig(
        music=music,
        batch=4,
        sixteenths=16,
        validation_crops=4,
        sizes=SIZES,
        optimiser=OptimiserConfig(rate=3e-3, warm_up_steps=2, clip=1.0),
        loop=LoopSettings(steps=steps, log_every=1, validate_every=1000, checkpoint_minutes=0.0),
    )


def stage_for(settings: ComposerConfig) -> ComposerStage:
    return ComposerStage(settings, Fabric(accelerator="cpu", devices=1))


def test_training_makes_unseen_sketches_likelier(music: MusicSettings, tmp_path: Path) -> None:
    stage = stage_for(settings_for(music, steps=60))
    before = stage.validate().figures["loss"]
    for number in range(60):
        stage.step(stage.draw(number), number, 0.0)
    assert stage.validate().figures["loss"] < 0.6 * before
    stage.export(tmp_path / "composer.safetensors")
    composer = Composer(ComposerShape(embedded=16, hidden=32, chained=16, copied=4))
    composer.load_state_dict(load_file(tmp_path / "composer.safetensors"))
    rhythm = Rhythm(np.linspace(0, 12, 180), np.ones(180, np.float32), 30.0)
    style = Style("x", np.ones(152, np.float32))
    sketch = compose_learned(composer.eval(), rhythm, np.ones(180, np.float32), 6.0, style, 0)
    assert sketch.partials.level.any() and np.isfinite(sketch.partials.level).all()


def test_a_resumed_run_goes_on_as_if_it_had_not_stopped(
    music: MusicSettings, tmp_path: Path
) -> None:
    settings = settings_for(music)
    whole = stage_for(settings)
    Run(whole, settings.loop, tmp_path / "whole").train()
    halves = stage_for(settings)
    for number in range(3):
        halves.step(halves.draw(number), number, number / 6)
    again = stage_for(settings)
    again.restore(halves.state())
    for number in range(3, 6):
        again.step(again.draw(number), number, number / 6)
    for name, weight in whole.composer.state_dict().items():
        assert torch.equal(weight, again.composer.state_dict()[name]), name


def test_crops_say_what_is_known(music: MusicSettings) -> None:
    crops = FrameCrops(music, ("train",), 16, 128)
    batch = crops.draw_each(range(32), seed=1)
    assert batch.frames.shape == (32, 144, 75) and batch.known[:, 128:].all()
    assert not batch.frames[~batch.known].any()
    assert set(np.unique(batch.wanted[..., 1])) <= {-1.0, 0.0, 1.0}
    assert (batch.style == 0).all(axis=1).any() and (batch.wanted[:, 0] < 0).any()
    one = crops.draw_each([7], seed=1)
    assert all(np.array_equal(a[7:8], b) for a, b in zip(batch, one, strict=True))
    plain = crops.draw_each(range(8), seed=1, varied=False)
    assert (plain.wanted >= 0).all() and plain.style.any(axis=1).all()


def test_transposing_loses_only_what_leaves_the_range() -> None:
    levels = np.random.default_rng(0).integers(0, 8, (4, 72)).astype(np.uint8)
    up = transposed(levels, 3)
    assert (up[:, 3:] == levels[:, :-3]).all() and not up[:, :3].any()
    assert (transposed(levels, -3)[:, :-3] == levels[:, 3:]).all()


def test_music_without_sketches_is_refused(music: MusicSettings) -> None:
    with pytest.raises(DataError, match="no sketches of 400 sixteenths"):
        FrameCrops(music, ("train",), 400, 128)


def test_hidden_inputs_have_a_price(music: MusicSettings, tmp_path: Path) -> None:
    settings = settings_for(music, steps=2)
    stage = stage_for(settings)
    Run(stage, settings.loop, tmp_path, config=plain(settings)).train()
    stage.export(tmp_path / "composer.safetensors")
    words = ["measure", "inputs", str(tmp_path), "--split", "validation", "--segments", "3"]
    shown = CliRunner().invoke(commands, words)
    assert shown.exit_code == 0, shown.output
    assert "without accents" in shown.output and "+0.00" in shown.output
