"""`d2m train`: the stages of the training, one command each, and `export` to a bundle."""

from collections.abc import Callable
from pathlib import Path

import typer

from d2m_cli.cli.ablation import ablation
from d2m_cli.cli.options import DeviceOption

STAGES = {
    "codec": "One level of the VQ-VAE on music (JukeBox).",
    "generator": "G_m, G_v and G_vq of one level against discriminators (eq. 2 to 8).",
    "synthesizer": "A level's decoder fine-tuned as a GAN; the codebook stays (3.4).",
    "visual": "A slim I3D that sees how painted dancers move.",
}

app = typer.Typer(
    help="Train a stage from its recipe; make a bundle of trained stages.",
    no_args_is_help=True,
)


def _command(stage: str) -> Callable[..., None]:
    def train(
        config: Path = typer.Option(..., help="Recipe (TOML); examples/recipes/ holds some."),
        folder: Path = typer.Option(..., "-o", "--folder", help="Checkpoints, log and weights."),
        changes: list[str] = typer.Option(
            [], "--set", metavar="NAME=VALUE", help="Setting in place of the recipe's; repeatable."
        ),
        steps: int | None = typer.Option(None, min=1, help="Short for --set loop.steps=N."),
        resume: bool = typer.Option(False, help="Go on from the newest whole checkpoint."),
        max_minutes: float = typer.Option(float("inf"), help="Stop cleanly after this time."),
        device: str = DeviceOption,
        devices: int = typer.Option(1, min=1, help="Processes on each machine, one a device."),
        nodes: int = typer.Option(1, min=1, help="Machines (start the command on each)."),
        precision: str = typer.Option("32-true", help="32-true or bf16-mixed."),
        strategy: str = typer.Option("auto", help="auto or ddp."),
    ) -> None:
        _require_lightning()
        from rich.console import Console

        from d2m_cli.cli.train_display import training_display
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

    recipe = stage if stage == "visual" else f"{stage}_high"
    train.__doc__ = (
        f"{STAGES[stage]}\n\nStops cleanly at Ctrl-C or --max-minutes; --resume goes on. Under "
        f"torchrun its own numbers of processes hold.\n\nExample: d2m train {stage} "
        f"--config examples/recipes/{recipe}.toml -o runs/{recipe} --set loop.steps=2000"
    )
    return train


for name in STAGES:
    app.command(name)(_command(name))
app.command()(ablation)


@app.command()
def paint(
    cache: Path = typer.Argument(..., help="Cache of dances with 3-D joints."),
    visual: Path = typer.Option(..., help="Folder of the stage visual."),
) -> None:
    """Give dances without pictures visual vectors: painted dancers, seen by the visual stage.

    Example: d2m train paint cache/dances --visual runs/visual
    """
    _require_lightning()
    from rich.console import Console

    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.training.run.settings import read_run
    from d2m_cli.training.stages import STAGES
    from d2m_cli.training.visual.painted import add_painted_visuals
    from d2m_cli.training.visual.stage import VisualConfig

    settings = read_run(visual, VisualConfig)
    with stage_progress(Console(stderr=True), f"Painting the dances of {cache}") as report:
        add_painted_visuals(
            cache,
            visual / STAGES["visual"].weights,
            settings.visual,
            lambda done, total: report("dances", done, total),
        )


@app.command()
def export(
    config: Path = typer.Option(
        ..., help="What to export (TOML), as examples/recipes/bundle.toml."
    ),
    folder: Path = typer.Option(..., "-o", "--folder", help="Folder of the bundle."),
    changes: list[str] = typer.Option(
        [], "--set", metavar="NAME=VALUE", help="Setting in place of the file's; repeatable."
    ),
) -> None:
    """Make a bundle of trained stages, with the scores of their last validation.

    Example: d2m train export --config examples/recipes/bundle.toml -o my_bundle
    """
    _require_lightning()
    from rich.console import Console

    from d2m_cli.training.export import ExportSettings
    from d2m_cli.training.export import export as export_stages
    from d2m_cli.training.run.settings import read_settings

    bundle = export_stages(read_settings(config, ExportSettings, changes), folder)
    size = sum(facts["bytes"] for facts in bundle.config["files"].values()) / 1e6
    Console().print(f"Bundle: {bundle.folder} ({size:.1f} MB)", soft_wrap=True, highlight=False)


def _require_lightning() -> None:
    from importlib.util import find_spec

    from d2m_cli.errors import D2MError

    if missing := [name for name in ("lightning", "tensorboard") if find_spec(name) is None]:
        raise D2MError(f"Training needs {' and '.join(missing)}: pip install 'd2m[train]'.")
