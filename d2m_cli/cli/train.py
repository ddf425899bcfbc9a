"""`d2m train`: the stages of the training, one command each, and `export` to a bundle."""

from collections.abc import Callable
from pathlib import Path

import typer

from d2m_cli.cli.ablation import ablation
from d2m_cli.cli.options import DeviceOption
from d2m_cli.spec import Level

STAGES = {
    "codec": "One level of the VQ-VAE on music (JukeBox).",
    "generator": "G_m, G_v and G_vq of one level against discriminators (eq. 2 to 8).",
    "composer": "Sketches of real music, sixteenth by sixteenth, for `--composer learned`.",
    "synthesizer": "A level's decoder fine-tuned as a GAN; the codebook stays (3.4).",
}

CONFIG = "Recipe: a name, as codec_high or paper/codec, or a TOML file."

app = typer.Typer(
    help="Train a stage from its recipe; make a bundle of trained stages.",
    no_args_is_help=True,
    add_completion=False,
)


def _command(stage: str) -> Callable[..., None]:
    def train(
        config: str = typer.Option(..., help=CONFIG),
        folder: Path = typer.Option(
            ..., "-o", "--folder", metavar="FOLDER", help="Checkpoints, log and weights."
        ),
        changes: list[str] = typer.Option(
            [], "--set", metavar="NAME=VALUE", help="Setting in place of the recipe's; repeatable."
        ),
        steps: int | None = typer.Option(None, min=1, help="Short for --set loop.steps=N."),
        resume: bool = typer.Option(False, help="Go on from the newest whole checkpoint."),
        max_minutes: float = typer.Option(
            float("inf"), help="Stop cleanly after this time.", show_default="none"
        ),
        device: str = DeviceOption,
        devices: int = typer.Option(1, min=1, help="Processes on each machine, one a device."),
        nodes: int = typer.Option(1, min=1, help="Machines (start the command on each)."),
        precision: str = typer.Option("32-true", help="32-true or bf16-mixed."),
        strategy: str = typer.Option("auto", help="auto or ddp."),
    ) -> None:
        from rich.console import Console

        from d2m_cli.cli.train_display import require_lightning, training_display

        require_lightning()
        from d2m_cli.training.run.launch import ComputeSettings
        from d2m_cli.training.stages import train as train_stage

        with training_display(Console(), stage) as display:
            train_stage(
                stage,
                config,
                folder,
                overrides=[*changes, *([f"loop.steps={steps}"] if steps else [])],
                machines=ComputeSettings(device, devices, nodes, precision, strategy),
                resume=resume,
                max_minutes=max_minutes,
                display=display,
            )

    recipe = stage if stage == "composer" else f"{stage}_high"
    train.__doc__ = (
        f"{STAGES[stage]}\n\nStops cleanly at Ctrl-C or --max-minutes; --resume goes on. Under "
        f"torchrun its own numbers of processes hold.\n\nExample: d2m train {stage} "
        f"--config {recipe} -o runs/{recipe} --set loop.steps=2000"
    )
    return train


for name in STAGES:
    app.command(name)(_command(name))
app.command()(ablation)


@app.command()
def codes(
    level: Level = typer.Option(Level.HIGH, help="high or low."),
    file: Path = typer.Option(..., "-o", "--output", help="File of codes (.safetensors)."),
    bundle: str = typer.Option("embedded", help="Bundle whose generator makes them."),
    config: str = typer.Option("generator_high", help="Recipe that names music and dances."),
    changes: list[str] = typer.Option(
        [], "--set", metavar="NAME=VALUE", help="Setting in place of the recipe's; repeatable."
    ),
    seconds: float = typer.Option(8.0, min=2.0, help="Length of a piece."),
    pieces: int = typer.Option(240, min=1, help="For training; a tenth of it for validation."),
    device: str = DeviceOption,
) -> None:
    """Make codes of known music with a bundle's generator, for the stage synthesizer.

    Example: d2m train codes --level high -o cache/codes_high.safetensors
    """
    from rich.console import Console

    from d2m_cli.cli.train_display import require_lightning

    require_lightning()
    from d2m_cli.bundles.bundle import load_bundle
    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.device import choose_device
    from d2m_cli.training.generator.config import GeneratorConfig
    from d2m_cli.training.run.recipes import recipe_path
    from d2m_cli.training.run.settings import read_settings
    from d2m_cli.training.synthesizer.make_codes import make_codes

    pairs = read_settings(recipe_path(config), GeneratorConfig, changes).pairs
    with stage_progress(Console(stderr=True), f"Codes of level {level}") as report:
        make_codes(
            load_bundle(bundle),
            level,
            pairs,
            file,
            seconds=seconds,
            pieces=pieces,
            device=choose_device(device),
            progress=report,
        )
    Console().print(f"Codes: {file}", soft_wrap=True, highlight=False)


@app.command()
def export(
    config: str = typer.Option(..., help="What to export: bundle, paper/bundle, or a TOML file."),
    folder: Path = typer.Option(..., "-o", "--folder", metavar="FOLDER", help="The bundle."),
    changes: list[str] = typer.Option(
        [], "--set", metavar="NAME=VALUE", help="Setting in place of the file's; repeatable."
    ),
) -> None:
    """Make a bundle of trained stages, with the scores of their last validation.

    Example: d2m train export --config bundle -o my_bundle
    """
    from rich.console import Console

    from d2m_cli.cli.train_display import require_lightning

    require_lightning()
    from d2m_cli.training.export import ExportSettings
    from d2m_cli.training.export import export as export_stages
    from d2m_cli.training.run.recipes import recipe_path
    from d2m_cli.training.run.settings import read_settings

    bundle = export_stages(read_settings(recipe_path(config), ExportSettings, changes), folder)
    size = sum(facts["bytes"] for facts in bundle.config["files"].values()) / 1e6
    Console().print(f"Bundle: {bundle.folder} ({size:.1f} MB)", soft_wrap=True, highlight=False)
