"""`d2m prepare`: a data set in, a cache of features for training out."""

from pathlib import Path

import typer

from d2m_cli.analysis.encoder import BundleVisual
from d2m_cli.cli.options import PoseOption
from d2m_cli.features.pose.doors import Door

WITH_VIDEOS = ("aist", "tiktok", "folder")


def prepare(
    layout: str = typer.Argument(..., help="aist, tiktok, folder, motion or music."),
    folder: Path = typer.Argument(..., help="Where the data set lies."),
    cache: Path = typer.Option(..., "-o", "--output", help="Folder for the cache."),
    workers: int = typer.Option(1, min=1, help="Processes that share the work."),
    engine: str = typer.Option("local", help="local, or ray (a Ray cluster)."),
    visual: bool = typer.Option(True, help="Compute I3D vectors of the videos."),
    bundle: str | None = typer.Option(None, help="Bundle with the I3D (default: the embedded)."),
    pose: Door | None = PoseOption,
) -> None:
    """Compute what training needs of a data set; run it again to go on where it stopped.

    Exit status 1 when a piece is missing or broken; the others are in the cache nevertheless.
    """
    from rich.console import Console

    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.data.cache.engines import Engine
    from d2m_cli.data.cache.prepare import prepare as prepare_cache
    from d2m_cli.errors import D2MError
    from d2m_cli.features.pose.estimator import PoseOptions

    if engine not in set(Engine):
        raise D2MError(f"Unknown engine '{engine}': choose one of {', '.join(Engine)}.")
    console = Console(stderr=True)
    with stage_progress(console, f"Preparing {folder}") as report:
        manifest = prepare_cache(
            layout,
            folder,
            cache,
            visual=BundleVisual.of(bundle) if visual and layout in WITH_VIDEOS else None,
            pose=PoseOptions.of(pose),
            workers=workers,
            engine=Engine(engine),
            progress=report,
        )
    hours = sum(entry.seconds for entry in manifest.entries) / 3600
    lines = [f"{len(manifest.entries)} pieces, {hours:.2f} h, in {cache}"]
    lines += [f"left out: {note.path}: {note.reason}" for note in manifest.left_out]
    lines += [f"failed: {failure.path}: {failure.reason}" for failure in manifest.failures]
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if manifest.failures else 0)
