"""The stages by name, and how one is run from its recipe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lightning.fabric import Fabric

from d2m_cli.device import choose_device
from d2m_cli.errors import D2MError
from d2m_cli.training.codec_stage import CodecSettings, CodecStage
from d2m_cli.training.generator_stage import GeneratorStage, GeneratorTraining
from d2m_cli.training.loop import Report, run
from d2m_cli.training.settings import read_settings
from d2m_cli.training.visual_stage import VisualStage, VisualTraining


@dataclass(frozen=True)
class StageKind:
    """Settings of a stage, what builds it from them, and the name of the weights it exports."""

    settings: type[Any]
    build: Callable[[Any, Fabric], Any]
    weights: str


STAGES: Mapping[str, StageKind] = {
    "codec": StageKind(CodecSettings, CodecStage, "codec.safetensors"),
    "generator": StageKind(GeneratorTraining, GeneratorStage, "generator.safetensors"),
    "visual": StageKind(VisualTraining, VisualStage, "i3d.safetensors"),
}


def train(
    name: str,
    config: Path,
    folder: Path,
    report: Report,
    *,
    resume: bool = False,
    steps: int | None = None,
    max_minutes: float = float("inf"),
    device: str = "auto",
) -> Path:
    """Train stage `name` with the recipe `config` and export its weights into `folder`.

    `steps` replaces the length of the recipe's schedule. Returns the path of the weights. Raises
    `D2MError` for an unknown stage, a wrong recipe or a folder that holds another run.
    """
    if name not in STAGES:
        raise D2MError(f"Unknown stage '{name}': choose one of {', '.join(STAGES)}.")
    kind = STAGES[name]
    settings = read_settings(config, kind.settings)
    if steps is not None:
        settings = replace(settings, loop=replace(settings.loop, steps=steps))
    fabric = Fabric(accelerator=choose_device(device).type, devices=1)
    fabric.launch()
    stage = kind.build(settings, fabric)
    run(stage, settings.loop, folder, report, resume, max_minutes)
    stage.export(folder / kind.weights)
    return folder / kind.weights
