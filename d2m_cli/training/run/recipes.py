"""Recipes by name: those that come with the package, or any TOML file."""

from pathlib import Path

from d2m_cli.training.run.settings import SettingsError

RECIPES = Path(__file__).parents[2] / "recipes"
ABLATIONS = RECIPES / "ablations"


def recipe_path(name: str | Path) -> Path:
    """File of a recipe: a path, or a name as `codec_high` or `paper/codec`.

    Raises `SettingsError` for a name that there is no recipe of.
    """
    given = Path(name)
    if given.suffix == ".toml":
        return given
    path = RECIPES / f"{name}.toml"
    if not path.is_file():
        raise SettingsError(
            f"Unknown recipe '{name}': choose one of {', '.join(recipe_names())}, or a TOML file."
        )
    return path


def recipe_names() -> list[str]:
    """Names of the recipes that come with the package, without the rows of ablations."""
    paths = (path for path in RECIPES.rglob("*.toml") if path.parent != ABLATIONS)
    return sorted(path.relative_to(RECIPES).with_suffix("").as_posix() for path in paths)
