"""`d2m generate`: a video in, the same video with new music out."""

from pathlib import Path

import typer


def generate(videos: list[Path] = typer.Argument(..., help="Dance videos.")) -> None:
    """Give each video new music that fits its dance."""
    raise typer.Exit(1)
