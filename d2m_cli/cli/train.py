"""`d2m train`: one stage of the training from its recipe."""

from pathlib import Path

import typer

from d2m_cli.cli.options import DeviceOption


def train(
    stage: str = typer.Argument(..., help="codec, generator or visual."),
    config: Path = typer.Option(..., help="Recipe (TOML); examples/recipes/ holds some."),
    folder: Path = typer.Option(..., "-o", "--folder", help="Checkpoints, log and weights."),
    resume: bool = typer.Option(False, help="Go on from the newest whole checkpoint."),
    steps: int | None = typer.Option(None, min=1, help="Length of the schedule."),
    max_minutes: float = typer.Option(float("inf"), help="Stop cleanly after this time."),
    device: str = DeviceOption,
) -> None:
    """Train one stage; stops cleanly at Ctrl-C or --max-minutes, and --resume goes on.

    Example: d2m train codec --config examples/recipes/codec_high.toml -o runs/codec_high
    """
    from rich.console import Console

    from d2m_cli.training.stages import train as train_stage

    console = Console()

    def report(kind: str, step: int, figures: dict[str, float]) -> None:
        line = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        console.print(f"{step:7d} {kind:10s} {line}", soft_wrap=True, highlight=False)

    weights = train_stage(
        stage,
        config,
        folder,
        report,
        resume=resume,
        steps=steps,
        max_minutes=max_minutes,
        device=device,
    )
    console.print(f"Weights: {weights}")
