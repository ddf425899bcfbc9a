from dataclasses import replace
from pathlib import Path

import pytest

from d2m_cli.data.pairs.music_crops import MusicSettings
from d2m_cli.spec import Level
from d2m_cli.training.codec.config import CodecConfig
from d2m_cli.training.export import ExportSettings
from d2m_cli.training.generator.config import GeneratorConfig
from d2m_cli.training.run.loop import LoopSettings
from d2m_cli.training.run.optimiser import OptimiserConfig
from d2m_cli.training.run.recipes import recipe_names, recipe_path
from d2m_cli.training.run.settings import (
    SettingsError,
    check_resumable,
    plain,
    read_run,
    read_settings,
    write_settings,
)
from d2m_cli.training.stages import STAGES
from d2m_cli.training.synthesizer.config import SynthesizerConfig


def read(folder: Path, text: str) -> CodecConfig:
    path = folder / "recipe.toml"
    path.write_text(text)
    return read_settings(path, CodecConfig)


def test_a_recipe_holds_only_what_differs(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        'level = "low"\nunfreeze_at = [0.45]\ncommitment = 1\n'
        '[music]\nwithout = ["*demo*"]\ncache = "here"\n[loop]\nsteps = 7',
    )
    assert settings.level is Level.LOW
    assert settings.unfreeze_at == (0.45,)
    assert isinstance(settings.commitment, float)
    assert settings.music.cache == Path("here")
    assert settings.loop.steps == 7
    assert settings.batch == CodecConfig().batch
    assert settings.optimiser == CodecConfig().optimiser


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("batsh = 4", "no setting 'batsh'"),
        ("[loop]\nstep = 4", "loop has no setting 'step'"),
        ('batch = "four"', "batch must be of type int"),
        ("batch = true", "batch must be of type int"),
        ('level = "middle"', "level must be one of high, low"),
        ("unfreeze_at = 0.5", "unfreeze_at must be a list"),
        ("loop = 3", "loop must be a table"),
        ("batch = ", "not a readable TOML file"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        read(tmp_path, text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        read_settings(tmp_path / "nowhere.toml", CodecConfig)


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_can_be_read(name: str) -> None:
    stage, _, level = name.rpartition("/")[2].partition("_")
    kind = ExportSettings if stage == "bundle" else STAGES[stage].settings
    settings = read_settings(recipe_path(name), kind)
    assert not level or level == settings.level


def test_recipes_have_names_or_are_files(tmp_path: Path) -> None:
    assert {"codec_high", "generator_low", "bundle", "paper/generator"} <= set(recipe_names())
    assert recipe_path("paper/codec").read_text().startswith("# Codec")
    assert recipe_path(tmp_path / "own.toml") == tmp_path / "own.toml"
    with pytest.raises(SettingsError, match=r"Unknown recipe 'codec_middle': .*codec_high"):
        recipe_path("codec_middle")


def test_the_same_names_set_the_optimiser_of_every_stage(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('codec = "codec.safetensors"')
    overrides = ["optimiser.rate=3e-4", "discriminator.optimiser.clip=2"]
    settings = read_settings(path, SynthesizerConfig, overrides)
    assert settings.optimiser == OptimiserConfig(rate=3e-4)
    assert settings.discriminator.optimiser == OptimiserConfig(rate=1e-5, clip=2.0)
    assert settings.discriminator.scales == SynthesizerConfig(Path()).discriminator.scales


def test_overrides_are_typed_and_leave_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('level = "low"\n[loop]\nsteps = 7\nlog_every = 3')
    overrides = (
        "loop.steps=100",
        "optimiser.rate=1e-4",
        "level=high",
        "music.cache=some where/else",
        'music.without=["*demo*"]',
        "commitment = 2",
    )
    settings = read_settings(path, CodecConfig, overrides)
    assert (settings.loop.steps, settings.loop.log_every) == (100, 3)
    assert settings.optimiser == replace(CodecConfig().optimiser, rate=1e-4)
    assert settings.level is Level.HIGH
    assert settings.music == MusicSettings(Path("some where/else"), without=("*demo*",))
    assert settings.commitment == 2.0


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("loop.step=4", "with loop.step=4: loop has no setting 'step'"),
        ("batch=four", "batch must be of type int, not 'four'"),
        ("loop=4", "loop must be a table"),
        ("batch", "'batch' sets nothing: write NAME=VALUE"),
    ],
)
def test_wrong_overrides_are_named(tmp_path: Path, override: str, complaint: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("batch = 2")
    with pytest.raises(SettingsError, match=complaint):
        read_settings(path, CodecConfig, [override])


def test_settings_of_a_run_come_back(tmp_path: Path) -> None:
    settings = GeneratorConfig(
        Path("codec.safetensors"), Level.LOW, optimiser=OptimiserConfig(betas=(0.1, 0.2))
    )
    write_settings(tmp_path, plain(settings))
    assert read_run(tmp_path, GeneratorConfig) == settings
    with pytest.raises(SettingsError, match="holds no run"):
        read_run(tmp_path / "elsewhere", GeneratorConfig)


def test_only_the_loop_may_change_in_a_run(tmp_path: Path) -> None:
    before = plain(CodecConfig())
    longer = plain(CodecConfig(loop=LoopSettings(steps=7)))
    assert check_resumable(before, longer, tmp_path) == ["loop.steps was 100000 and is 7"]
    other = plain(CodecConfig(batch=5, music=MusicSettings(Path("other"))))
    with pytest.raises(SettingsError, match=r"music\.cache was .*; batch was 4 and is 5"):
        check_resumable(before, other, tmp_path)
    assert not check_resumable({"batch": 4, "gone": 1}, before, tmp_path)
