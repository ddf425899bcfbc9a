"""Trained parts to a bundle that `d2m generate` runs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from d2m_cli.bundles.bundle import Bundle, save_bundle
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.models.generator import GeneratorSettings
from d2m_cli.spec import Level


@dataclass(frozen=True)
class TrainedLevel:
    """Weights of one level, as its stages wrote them."""

    codec: Path
    generator: Path
    settings: GeneratorSettings


def export_bundle(
    folder: Path,
    description: Mapping[str, Any],
    levels: Mapping[Level, TrainedLevel],
    i3d: Path,
    visual: VisualSettings,
    styles: Mapping[str, Tensor],
) -> Bundle:
    """Write the parts as half-precision safetensors with their description into `folder`.

    `description` gives `name`, `licence`, `trained_on`, `recipe` and `scores` of `bundle.json`.
    """
    files: dict[str, Mapping[str, Tensor]] = {
        "i3d.safetensors": _half(load_file(i3d)),
        "styles.safetensors": dict(styles),
    }
    generators = {}
    for level, trained in levels.items():
        files[f"codec_{level}.safetensors"] = _half(load_file(trained.codec))
        files[f"generator_{level}.safetensors"] = _half(load_file(trained.generator))
        generators[level.value] = {
            name: value for name, value in asdict(trained.settings).items() if name != "level"
        }
    config = {
        **description,
        "architecture": "d2m",
        "settings": {"visual": asdict(visual), "generators": generators},
    }
    return save_bundle(folder, config, files)


def _half(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k: v.to(torch.float16) if v.is_floating_point() else v for k, v in state.items()}
