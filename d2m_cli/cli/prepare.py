"""`d2m prepare`: a data set in, a cache of features for training out."""

from pathlib import Path

import typer
from rich.console import Console

from d2m_cli.cli.progress import stage_progress


def prepare(
    layout: str = typer.Argument(..., help="aist, tiktok, folder, motion or music."),
    folder: Path = typer.Argument(..., help="Where the data set lies."),
    cache: Path = typer.Option(..., "-o", "--output", help="Folder for the cache."),
    workers: int = typer.Option(1, min=1, help="Processes that share the work."),
    engine: str = typer.Option("local", help="local, or ray (a Ray cluster)."),
    bundle: str | None = typer.Option(
        None, help="Bundle whose visual encoder looks at the videos; without it nobody does."
    ),
) -> None:
    """Compute what training needs of a data set; run it again to go on where it stopped.

    Exit status 1 when a piece is missing or broken; the others are in the cache nevertheless.
    """
    from d2m_cli.data.engines import Engine
    from d2m_cli.data.prepare import prepare as prepare_cache
    from d2m_cli.errors import D2MError

    if engine not in set(Engine):
        raise D2MError(f"Unknown engine '{engine}': choose one of {', '.join(Engine)}.")
    console = Console(stderr=True)
    with stage_progress(console, f"Preparing {folder}") as report:
        manifest = prepare_cache(
            layout,
            folder,
            cache,
            visual=_visual(bundle),
            workers=workers,
            engine=Engine(engine),
            progress=lambda done, total: report("pieces", done, total),
        )
    hours = sum(entry.seconds for entry in manifest.entries) / 3600
    console.print(f"{len(manifest.entries)} pieces, {hours:.2f} h, in {cache}")
    for note in manifest.left_out:
        console.print(f"left out: {note.path}: {note.reason}", style="dim")
    for failure in manifest.failures:
        console.print(f"failed: {failure.path}: {failure.reason}", style="red")
    raise typer.Exit(1 if manifest.failures else 0)
