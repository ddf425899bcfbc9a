"""Trained stages to a bundle: only parts that belong together, with the scores of their logs."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from project import ROOT
from safetensors.torch import load_file, save_file
from synthetic_dances import make_dances

from d2m_cli.bundles.codec import load_codec
from d2m_cli.bundles.packing import unpacked
from d2m_cli.bundles.styles import read_styles
from d2m_cli.data.pairs.examples import PairSettings
from d2m_cli.errors import DataError
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.spec import Level
from d2m_cli.training.export import ExportSettings, LevelParts, export
from d2m_cli.training.generator.config import GeneratorConfig
from d2m_cli.training.run.log import RunLog
from d2m_cli.training.run.recipes import recipe_path
from d2m_cli.training.run.settings import SettingsError, plain, read_settings, write_settings

CODEC = ROOT / "weights/codec_high.safetensors"


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded generator as its stage would have left it."""
    folder = tmp_path_factory.mktemp("runs") / "generator"
    folder.mkdir()
    recipe = read_settings(recipe_path("generator_high"), GeneratorConfig)
    cache = make_dances(folder.parent / "cache")
    recipe = replace(recipe, codec=CODEC, pairs=PairSettings(music=cache, dances=cache))
    write_settings(folder, plain(recipe))
    shutil.copy(ROOT / "weights/generator_high.safetensors", folder / "generator.safetensors")
    with RunLog(folder, 0) as log:
        log.figures("validation", 10, {"mel": 0.9})
        log.figures("validation", 20, {"mel": 0.654321, "lift": 0.1})
    return folder


def settings_for(generator: Path, **parts: object) -> ExportSettings:
    return ExportSettings("small", "MIT", high=LevelParts(generator, **parts))  # type: ignore[arg-type]


def tune(folder: Path, change: str) -> Path:
    """A synthesizer's folder: the embedded codec with all tensors of one part changed."""
    folder.mkdir()
    state = {name: value.float() for name, value in unpacked(load_file(CODEC)).items()}
    state |= {name: value + 0.1 for name, value in state.items() if name.startswith(change)}
    save_file(state, folder / "codec.safetensors")
    return folder


def test_a_bundle_of_trained_parts(generator: Path, tmp_path: Path) -> None:
    tuned = tune(tmp_path / "synthesizer", "decoders.")
    settings = settings_for(generator, synthesizer=tuned)
    bundle = export(settings, tmp_path / "bundle")
    assert bundle.config["scores"] == {
        "generator": {
            "command": "d2m train generator (log.csv)",
            "high": {"step": 20, "mel": 0.6543, "lift": 0.1},
        }
    }
    maker = Dance2Music.from_bundle(bundle.folder, "cpu")
    assert maker.levels == [Level.HIGH] and maker.styles == ["made"]
    entry = read_styles(bundle.folder)["made"]
    assert entry.sound == "as 3 tracks of made" and entry.rules.drums == StyleRules().drums
    assert 60.0 < entry.tempo[0] <= entry.tempo[1] < 200.0
    codec = load_codec(bundle, Level.HIGH)
    given = load_file(CODEC)
    assert torch.equal(
        codec.codebook(Level.HIGH).half(), given["bottleneck.level_blocks.2.k"].half()
    )
    decoder = next(name for name in given if name.startswith("decoders."))
    assert not torch.equal(codec.state_dict()[decoder].half(), given[decoder].half())


def test_parts_that_do_not_belong_together_are_refused(generator: Path, tmp_path: Path) -> None:
    foreign = tune(tmp_path / "foreign", "bottleneck.")
    with pytest.raises(DataError, match="trained on another codec"):
        export(settings_for(generator, synthesizer=foreign), tmp_path / "bundle")
    with pytest.raises(DataError, match="generator of level 'high'"):
        export(ExportSettings("x", "MIT", low=LevelParts(generator)), tmp_path / "bundle")
    with pytest.raises(SettingsError, match="holds no run"):
        export(settings_for(tmp_path / "nowhere"), tmp_path / "bundle")
    with pytest.raises(DataError, match="no level"):
        export(ExportSettings("x", "MIT"), tmp_path / "bundle")
    with pytest.raises(DataError, match="finish `d2m train synthesizer` first"):
        export(settings_for(generator, synthesizer=tmp_path), tmp_path / "bundle")
    with pytest.raises(DataError, match="steady training music for rock"):
        export(replace(settings_for(generator), styles={"loud": "rock"}), tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()
