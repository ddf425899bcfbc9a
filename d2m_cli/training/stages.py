"""The stages by name, and how one is run from its recipe."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.fabric import Fabric

from d2m_cli.errors import D2MError
from d2m_cli.training.codec.config import CodecConfig
from d2m_cli.training.codec.stage import CodecStage
from d2m_cli.training.composer.config import ComposerConfig
from d2m_cli.training.composer.stage import ComposerStage
from d2m_cli.training.generator.config import GeneratorConfig
from d2m_cli.training.generator.stage import GeneratorStage
from d2m_cli.training.run.display import Display
from d2m_cli.training.run.launch import ComputeSettings, make_fabric
from d2m_cli.training.run.loop import Run, TrainingStage
from d2m_cli.training.run.recipes import recipe_path
from d2m_cli.training.run.settings import plain, read_settings
from d2m_cli.training.synthesizer.config import SynthesizerConfig
from d2m_cli.training.synthesizer.stage import SynthesizerStage


@dataclass(frozen=True)
class StageKind:
    """Settings of a stage, what builds it from them, and the name of the weights it exports."""

    settings: type[Any]
    build: Callable[[Any, Fabric], TrainingStage]
    weights: str
    find_unused_parameters: bool = False
    """Whether a step may leave out some of the stage's parameters."""


STAGES: Mapping[str, StageKind] = {
    "codec": StageKind(CodecConfig, CodecStage, "codec.safetensors", find_unused_parameters=True),
    "generator": StageKind(GeneratorConfig, GeneratorStage, "generator.safetensors"),
    "composer": StageKind(ComposerConfig, ComposerStage, "composer.safetensors"),
    "synthesizer": StageKind(SynthesizerConfig, SynthesizerStage, "codec.safetensors"),
}


def train(
    name: str,
    config: Path | str,
    folder: Path,
    *,
    overrides: Sequence[str] = (),
    machines: ComputeSettings,
    resume: bool = False,
    max_minutes: float = float("inf"),
    display: Display | None = None,
) -> Path:
    """Train stage `name` with the recipe `config` (`recipe_path`) and export its weights.

    `overrides` like `loop.steps=100` replace settings of the recipe. Returns the path of the
    weights in `folder`.
    Raises `D2MError` for an unknown stage, a wrong recipe or a folder that holds another run. With
    several processes each of them calls this; the first one writes and reports.
    """
    if name not in STAGES:
        raise D2MError(f"Unknown stage '{name}': choose one of {', '.join(STAGES)}.")
    kind = STAGES[name]
    settings = read_settings(recipe_path(config), kind.settings, overrides)
    fabric = make_fabric(machines, kind.find_unused_parameters)
    stage = kind.build(settings, fabric)
    config_of_run, weights = plain(settings), folder / kind.weights
    run = Run(
        stage,
        settings.loop,
        folder,
        config=config_of_run,
        fabric=fabric,
        display=display,
        weights=weights,
    )
    run.train(resume, max_minutes)
    if fabric.is_global_zero:
        stage.export(weights)
        if display is not None:
            display.note(f"Weights: {weights}")
    return weights
