"""Folders of trained stages to a bundle that `d2m generate` runs."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from d2m_cli.bundles.bundle import Bundle, load_bundle, save_bundle
from d2m_cli.bundles.contents import COMPOSER
from d2m_cli.bundles.packing import packed, unpacked
from d2m_cli.bundles.styles import styles_toml
from d2m_cli.errors import DataError
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.spec import Composing, Level
from d2m_cli.training.codec.load import codec_file
from d2m_cli.training.composer.config import ComposerConfig
from d2m_cli.training.generator.config import GeneratorConfig, generator_shape
from d2m_cli.training.run.log import last_validation
from d2m_cli.training.run.settings import read_run
from d2m_cli.training.stages import STAGES
from d2m_cli.training.styles import collect_styles, describe_styles

I3D = "i3d.safetensors"
DIGITS = 4
"""Significant digits of a score."""


@dataclass(frozen=True)
class LevelParts:
    """Folders of the stages of one level; the codec is the one that the generator names."""

    generator: Path
    synthesizer: Path | None = None
    """Its fine-tuned decoder takes the place of the codec's."""


@dataclass(frozen=True)
class ExportSettings:
    """What goes into a bundle; `bundle.json` holds `name` to `recipe`."""

    name: str
    licence: str
    trained_on: str = ""
    recipe: str = ""
    visual: str = "embedded"
    """Name or folder of the bundle whose I3D made the visual vectors (`d2m prepare --bundle`)."""
    high: LevelParts | None = None
    low: LevelParts | None = None
    composer: Path | None = None
    """Folder of the stage "composer"; it then writes the sketches, unless rules are asked for."""
    styles: dict[str, str] = field(default_factory=dict)
    """Styles of the music's manifest, and the names that users see; without any, all under their
    own names."""
    style_rules: Path | None = None
    """A `styles.toml` (docs/formats.md), or a bundle that has one, whose sounds and rules are taken
    over, but for the tempo, which the music gives. A file may leave out tables
    and rules."""


def export(settings: ExportSettings, folder: Path) -> Bundle:
    """Write the parts as half-precision safetensors with their description into `folder`.

    The scores in `bundle.json` are those of each stage's last validation. Raises `D2MError` when a
    stage's folder is incomplete or the parts do not belong together.
    """
    parts = {
        level: part
        for level, part in ((Level.HIGH, settings.high), (Level.LOW, settings.low))
        if part is not None
    }
    if not parts:
        raise DataError("The export names no level: give a table [high] or [low].")
    recipes = {level: _recipe(level, part) for level, part in parts.items()}
    first = next(iter(recipes.values()))
    i3d = _i3d(settings, first.visual)
    for level, recipe in recipes.items():
        if recipe.visual != first.visual:
            raise DataError(f"The {level} level was trained for another visual encoder.")
    pairs = first.pairs
    music = (pairs.music, settings.styles, pairs.without, pairs.max_unsteadiness)
    files: dict[str, Mapping[str, Tensor] | str] = {
        I3D: _half(i3d),
        "styles.safetensors": collect_styles(*music),
        "styles.toml": styles_toml(describe_styles(*music, settings.style_rules)),
    }
    generators = {}
    for level, recipe in recipes.items():
        part = parts[level]
        files[f"codec_{level}.safetensors"] = packed(_half(_codec(recipe, part)), "refiners.")
        files[f"generator_{level}.safetensors"] = _half(_weights(part.generator, "generator"))
        described = asdict(generator_shape(recipe))
        del described["level"]
        generators[level.value] = described
    own: dict[str, Any] = {"visual": asdict(first.visual), "generators": generators}
    if settings.composer is not None:
        files[COMPOSER] = _half(_weights(settings.composer, "composer"))
        sizes = read_run(settings.composer, ComposerConfig).sizes
        own |= {"composer": asdict(sizes), "composing": Composing.LEARNED.value}
    config = {
        "name": settings.name,
        "licence": settings.licence,
        "trained_on": settings.trained_on,
        "recipe": settings.recipe,
        "scores": _scores(recipes, parts),
        "architecture": "d2m",
        "settings": own,
    }
    return save_bundle(folder, config, files)


def _recipe(level: Level, part: LevelParts) -> GeneratorConfig:
    recipe = read_run(part.generator, GeneratorConfig)
    if recipe.level is not level:
        raise DataError(f"{part.generator} holds a generator of level '{recipe.level}'.")
    return recipe


def _codec(recipe: GeneratorConfig, part: LevelParts) -> dict[str, Tensor]:
    codec = _load(codec_file(recipe.codec, recipe.level), "codec")
    if part.synthesizer is None:
        return codec
    tuned = _weights(part.synthesizer, "synthesizer")
    kept = [name for name in codec if not name.startswith("decoders.")]
    # As a bundle holds them: a codec may have been taken from one.
    if tuned.keys() != codec.keys() or not all(
        torch.equal(tuned[name].half(), codec[name].half()) for name in kept
    ):
        raise DataError(
            f"{part.synthesizer} was trained on another codec than {part.generator} "
            f"({recipe.codec}): its codes mean something else."
        )
    return tuned


def _i3d(settings: ExportSettings, visual: VisualSettings) -> dict[str, Tensor]:
    bundle = load_bundle(settings.visual)
    encoder = VisualSettings(**bundle.settings["visual"])
    if encoder != visual:
        raise DataError(
            f"The generators were trained for the visual encoder {visual}, but bundle "
            f"'{bundle.config['name']}' has {encoder}: set visual to the bundle that "
            "`d2m prepare` used."
        )
    return bundle.tensors(I3D)


def _weights(folder: Path, stage: str) -> dict[str, Tensor]:
    return _load(folder / STAGES[stage].weights, stage)


def _load(path: Path, stage: str) -> dict[str, Tensor]:
    try:
        return unpacked(load_file(path))
    except (OSError, SafetensorError) as error:
        raise DataError(
            f"{path} cannot be read ({error}): finish `d2m train {stage}` first."
        ) from error


def _scores(
    recipes: Mapping[Level, GeneratorConfig],
    parts: Mapping[Level, LevelParts],
) -> dict[str, Any]:
    """Finite figures of every stage's last validation, with its step, as in `log.csv`."""
    folders: dict[tuple[str, str], Path | None] = {}
    for level, part in parts.items():
        folders["codec", level.value] = recipes[level].codec.parent
        folders["generator", level.value] = part.generator
        folders["synthesizer", level.value] = part.synthesizer
    scores: dict[str, Any] = {}
    for (stage, level_name), folder in folders.items():
        found = last_validation(folder) if folder is not None else None
        if found is not None:
            step, figures = found
            rounded = {
                name: float(f"{value:.{DIGITS}g}")
                for name, value in figures.items()
                if math.isfinite(value)
            }
            measured = scores.setdefault(stage, {"command": f"d2m train {stage} (log.csv)"})
            measured[level_name] = {"step": step, **rounded}
    return scores


def _half(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k: v.to(torch.float16) if v.is_floating_point() else v for k, v in state.items()}
