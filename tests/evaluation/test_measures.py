"""The tables that say what a trained codec keeps and what a generator's inputs are worth."""

from pathlib import Path

import pytest
from lightning.fabric import Fabric
from project import ROOT
from synthetic_dances import make_dances, write_generator_recipe

from d2m_cli.errors import DataError
from d2m_cli.evaluation.codec_report import codec_table, open_codec
from d2m_cli.evaluation.conditioning import HIDDEN, importance_table, measure
from d2m_cli.spec import Level
from d2m_cli.training.generator.config import GeneratorConfig
from d2m_cli.training.generator.stage import GeneratorStage
from d2m_cli.training.run.settings import plain, read_settings, write_settings


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dances(tmp_path_factory.mktemp("measured") / "cache")


def untrained(folder: Path, recipe: Path) -> Path:
    """A run of the stage "generator" that has learned nothing yet."""
    settings = read_settings(recipe, GeneratorConfig)
    folder.mkdir()
    write_settings(folder, plain(settings))
    stage = GeneratorStage(settings, Fabric(accelerator="cpu", devices=1))
    stage.export(folder / "generator.safetensors")
    return folder


def test_every_input_has_its_row(cache: Path, tmp_path: Path) -> None:
    run = untrained(tmp_path / "run", write_generator_recipe(tmp_path / "recipe.toml", cache))
    importance = measure(run, "validation", 2)
    assert list(importance) == list(HIDDEN)
    assert importance["full"].nll_increase[0] == 0.0
    assert importance["without both"].nll_increase[0] != 0.0, "motion and picture are really hidden"
    rows = importance_table(importance).rows
    assert [row[0] for row in rows] == list(HIDDEN)


def test_a_generator_without_a_spread_is_refused(cache: Path, tmp_path: Path) -> None:
    recipe = write_generator_recipe(tmp_path / "recipe.toml", cache)
    recipe.write_text(recipe.read_text().replace("predicts_std = true\n", ""))
    run = untrained(tmp_path / "run", recipe)
    with pytest.raises(DataError, match="no code probabilities"):
        measure(run, "validation", 2)


def test_a_codec_stands_beside_opus(cache: Path) -> None:
    weights = ROOT / "weights/codec_high.safetensors"
    vqvae, level, music = open_codec(weights, Level.HIGH, cache, ())
    rows = codec_table(vqvae, level, music).rows
    assert [row[0] for row in rows] == ["high", "Opus", "Opus", "Opus"]
    assert rows[0][1] == "1.9" and 0 < float(rows[0][2]) < 1
    with pytest.raises(DataError, match="add --level and --music"):
        open_codec(weights, None, cache, ())
