from pathlib import Path

import pytest

from d2m_cli.spec import Level
from d2m_cli.training.codec_stage import CodecSettings
from d2m_cli.training.settings import SettingsError, read_settings

RECIPES = Path(__file__).parents[2] / "examples/recipes"


def read(folder: Path, text: str) -> CodecSettings:
    path = folder / "recipe.toml"
    path.write_text(text)
    return read_settings(path, CodecSettings)


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
    assert settings.batch == CodecSettings().batch
    assert settings.optimiser == CodecSettings().optimiser


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
        read_settings(tmp_path / "nowhere.toml", CodecSettings)


@pytest.mark.parametrize("path", sorted(RECIPES.glob("codec_*.toml")), ids=lambda path: path.stem)
def test_shipped_recipes_can_be_read(path: Path) -> None:
    assert path.stem == f"codec_{read_settings(path, CodecSettings).level}"
