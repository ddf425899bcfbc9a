"""`d2m download-weights`: fetch, list and verify the weights that other projects publish."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from d2m_cli.bundles.registry import Entry, State

DirOption = typer.Option(None, "--dir", help="Folder of the downloads. [default: d2m's own]")


def download_weights(
    names: list[str] = typer.Argument(None, metavar="NAME", help="Names shown by --list."),
    show_list: bool = typer.Option(False, "--list", help="List the weights and their licences."),
    verify: bool = typer.Option(False, help="Check the hashes of the files that are present."),
    folder: Path | None = DirOption,
    accept_license: list[str] = typer.Option(
        [], help="Accept a licence by name; needed once for some."
    ),
) -> None:
    """Download weights that d2m can use but may not contain; without a name, list them.

    An interrupted download resumes. D2M_MIRROR, or `mirror` in d2m's config.toml, names a
    server to try first.

    Example: d2m download-weights jukebox --accept-license jukebox
    """
    from d2m_cli.bundles import registry

    for licence in accept_license:
        accepted = registry.accept_licence(licence)
        typer.echo(f"Accepted: {accepted.title}. {accepted.meaning}")
    folder = folder or registry.downloads_folder()
    entries = registry.choose(names) if names else list(registry.registry().values())
    if names and not (show_list or verify):
        _download(entries, folder)
    elif not names and accept_license and not (show_list or verify):
        return
    else:
        states = {e.name: registry.state(e, folder, verify) for e in entries}
        _show(entries, states, folder)
        if registry.State.DAMAGED in states.values():
            raise typer.Exit(1)


def _download(entries: list[Entry], folder: Path) -> None:
    from rich.console import Console

    from d2m_cli.bundles.download import fetch_all
    from d2m_cli.bundles.registry import mirror, require_licence
    from d2m_cli.cli.progress import stage_progress

    published = [entry for entry in entries if entry.urls]
    for entry in published:
        require_licence(entry)
    with stage_progress(Console(stderr=True), f"Downloading to {folder}") as progress:
        paths = fetch_all(published, folder, mirror(), progress)
    for entry, path in zip(published, paths, strict=True):
        typer.echo(f"{path}  (enables: {entry.enables})")


def _show(entries: list[Entry], states: dict[str, State], folder: Path) -> None:
    from rich.console import Console

    from d2m_cli.cli.weights_table import licence_lines, weights_table

    console = Console()
    console.print(weights_table(entries, states, "title"))
    for line in licence_lines(entries):
        console.print(line, soft_wrap=True)
    console.print(f"Downloads are kept in {folder}", highlight=False, soft_wrap=True)
