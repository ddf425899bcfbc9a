"""`d2m studio`: a page on this machine that shows a dance and the takes of its music."""

from __future__ import annotations

from pathlib import Path

import typer


def studio(
    video: Path | None = typer.Argument(
        None, metavar="VIDEO", help="A dance video, or a project (.d2m.json, or its folder)."
    ),
    folder: Path | None = typer.Option(
        None, metavar="FOLDER", help="Folder of the project. [default: NAME.d2m beside the video]"
    ),
    port: int = typer.Option(
        0, min=0, max=65535, help="Port of the page. [default: a free one]", show_default=False
    ),
    browser: bool = typer.Option(True, "--browser/--no-browser", help="Open the page at once."),
) -> None:
    """See a dance and its music on one timeline, change what does not fit, keep the best take.

    The page runs on this machine alone, and needs no network. Ctrl-C ends it; all takes are kept
    in the project.

    Example: d2m studio examples/dance.mp4
    """
    if video is not None:
        _check(video, folder)
    from d2m_cli.studio_page.serve import serve

    serve(video, folder, port, _show, browser)


def _check(video: Path, folder: Path | None) -> None:
    """Raise `D2MError` at once where the page could only say so later."""
    from d2m_cli.ingest.probe import probe
    from d2m_cli.studio.folders import NAME, check_new, project_file
    from d2m_cli.studio_page.desk import project_of

    if project_of(video) == video:
        project_file(video)
        return
    probe(video)
    if folder is not None and not (folder / NAME).exists():
        check_new(folder)


def _show(address: str) -> None:
    typer.echo(f"d2m studio: {address}")
    typer.echo("Ctrl-C ends it; all takes are kept.")
