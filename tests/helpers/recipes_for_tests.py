"""A recipe of each kind of stage, small enough for a test, on synthetic data."""

from pathlib import Path

from synthetic_dances import make_dances, write_generator_recipe
from synthetic_music import CODEC, make_cache


def write_recipe(stage: str, folder: Path) -> Path:
    """Recipe of the stage codec or generator, with its data beside it in `folder`."""
    recipe = folder / f"{stage}.toml"
    if stage == "generator":
        return write_generator_recipe(recipe, make_dances(folder / "dances"))
    recipe.write_text(CODEC.format(cache=make_cache(folder / "music").cache))
    return recipe
