"""Trained stages to a bundle: `python examples/recipes/export_bundle.py FOLDER [RUNS]`.

RUNS (default: runs) holds codec_high, codec_low, visual, generator_high and generator_low.
"""

import sys
from pathlib import Path

from d2m_cli.spec import Level
from d2m_cli.training.export import TrainedLevel, export_bundle
from d2m_cli.training.generator_stage import GeneratorTraining, generator_settings
from d2m_cli.training.settings import read_settings
from d2m_cli.training.styles import collect_styles

RECIPES = Path(__file__).parent
STYLES = {
    "chip/electronic": "chiptune",
    "chip/pop/orchestral mix": "game",
    "electronic": "electronic",
    "electronic/ambient/orchestral mix": "ambient",
    "electronic/ethnic": "world",
    "electronic/metal": "metal",
    "electronic/pop": "pop",
    "electronic/rock": "electro-rock",
    "electronic/rock, drums": "electro-rock",
    "industrial/ambient electronic, drums": "industrial",
    "rock, drums": "rock",
}
"""Styles of the music's manifest, and the names that users see."""

DESCRIPTION = {
    "name": "embedded",
    "licence": "CC0 for our own part; LICENSE.md names the music that it was trained on",
    "trained_on": "free game music (154 tracks, 7.2 h), Dance with Melody motion; two processor "
    "cores, about an hour and a half in all",
    "recipe": "examples/recipes, docs/training.md",
    "scores": {},
}


def main() -> None:
    """Usage: export_bundle.py FOLDER [RUNS]."""
    folder = Path(sys.argv[1])
    runs = Path(sys.argv[2] if len(sys.argv) > 2 else "runs")
    recipes = {
        level: read_settings(RECIPES / f"generator_{level}.toml", GeneratorTraining)
        for level in Level
    }
    pairs = recipes[Level.HIGH].pairs
    bundle = export_bundle(
        folder,
        DESCRIPTION,
        {
            level: TrainedLevel(
                runs / f"codec_{level}" / "codec.safetensors",
                runs / f"generator_{level}" / "generator.safetensors",
                generator_settings(recipe),
            )
            for level, recipe in recipes.items()
        },
        runs / "visual" / "i3d.safetensors",
        recipes[Level.HIGH].visual,
        collect_styles(pairs.music, STYLES, pairs.without, pairs.max_unsteadiness),
    )
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    print(f"{bundle.folder}: {size:.1f} MB")


if __name__ == "__main__":
    main()
