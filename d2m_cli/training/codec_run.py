"""Run the codec stage from a recipe.

python -m d2m_cli.training.codec_run --config examples/recipes/codec_high.toml --folder runs/high
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from lightning.fabric import Fabric

from d2m_cli.device import choose_device
from d2m_cli.errors import D2MError
from d2m_cli.training.codec_stage import CodecSettings, CodecStage
from d2m_cli.training.loop import run
from d2m_cli.training.settings import read_settings


def main() -> None:
    """Train as far as asked and write `folder/codec.safetensors`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="TOML recipe")
    parser.add_argument("--folder", type=Path, required=True, help="checkpoints, log and weights")
    parser.add_argument("--steps", type=int, help="length of the schedule, instead of the recipe's")
    parser.add_argument("--max-minutes", type=float, default=float("inf"))
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()

    settings = read_settings(options.config, CodecSettings)
    if options.steps is not None:
        settings = replace(settings, loop=replace(settings.loop, steps=options.steps))
    device = choose_device("auto")
    fabric = Fabric(accelerator=device.type, devices=1)
    fabric.launch()
    stage = CodecStage(settings, fabric)
    run(stage, settings.loop, options.folder, _show, options.resume, options.max_minutes)
    stage.export(options.folder / "codec.safetensors")


def _show(kind: str, step: int, figures: dict[str, float]) -> None:
    line = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
    print(f"{step:7d} {kind:10s} {line}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except D2MError as error:
        sys.exit(str(error))
