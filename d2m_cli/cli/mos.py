"""`d2m mos`: build a listening test, and score its answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from d2m_cli.cli.options import JsonOption
from d2m_cli.cli.values import require_suffix

app = typer.Typer(
    help="Build a listening test (mean opinion scores), and score its answers.",
    add_completion=False,
)

MAX_BYTES = 400_000_000
"""Browsers open pages up to about this size."""


@app.command()
def build(
    out: Path = typer.Argument(..., help="Folder for the page and the key."),
    systems: list[str] = typer.Option(
        ..., "--system", metavar="NAME=FOLDER", help="A system's videos (or music); repeat."
    ),
    items: int = typer.Option(15, min=1, help="Items in each part."),
    seed: int = typer.Option(0, help="Draws the items."),
) -> None:
    """Make a listening test: one page to send to listeners, and a key to keep.

    Videos are rated for coherence (mp4 or webm) and, without the picture, for quality; sound files
    for quality only. The same dances are drawn of every system (X.d2m.mp4 belongs to X), all items
    play at one loudness, and listeners never see the systems' names. A file without sound is left
    out and named at the end; the exit status is then 1.

    Example: d2m mos build test1 --system ours=scored/ --system rival=rival_videos/
    """
    from d2m_cli import files
    from d2m_cli.errors import DataError, OutputError
    from d2m_cli.evaluation import naming, sources
    from d2m_cli.evaluation.listening import VIDEO_KINDS, heard, listening_media
    from d2m_cli.metrics.mos import MosPart, draw_items, make_key
    from d2m_cli.report.mos_page import mos_page
    from d2m_cli.report.summary import Failure, closing_line

    page, kept = out / "listening_test.html", out / "key.json"
    for path in (page, kept):
        if path.exists():
            raise OutputError(
                f"{path} exists, and answers may still come for it: choose a new folder."
            )
    clips_of = {
        name: naming.by_dance(naming.visible_files(folder), prefer_generated=True)
        for name, folder in map(sources.named_folder, systems)
    }
    count = sum(map(len, clips_of.values()))
    clips_of, failures = heard(clips_of)
    videos = {
        system: [clip for clip, path in clips.items() if path.suffix.lower() in VIDEO_KINDS]
        for system, clips in clips_of.items()
    }
    listed = {system: list(clips) for system, clips in clips_of.items()}
    drawn = draw_items(listed, MosPart.QUALITY, seed, items)
    if any(videos.values()):
        drawn = [*draw_items(videos, MosPart.COHERENCE, seed, items), *drawn]
    media = listening_media([(item, clips_of[item.system][item.clip]) for item in drawn])
    if sum(len(part.data) for _, part in media) > MAX_BYTES:
        raise DataError("The clips are too large for one page: shorten them or take fewer items.")
    key = make_key(f"{out.resolve().name}-{seed}", drawn)
    files.write_text(page, mos_page(key["test"], media))
    files.write_json(kept, key)
    typer.echo(f"{page}: {len(drawn)} items. Keep {kept} to yourself.")
    if failures:
        told = [Failure(str(path), error) for path, error in failures.items()]
        typer.echo(closing_line(count, told, "files"), err=True)
        raise typer.Exit(1)


@app.command()
def score(
    key: Path = typer.Argument(..., help="key.json of the test."),
    answers: list[Path] = typer.Argument(..., help="Answer files of the listeners."),
    json_: bool = JsonOption,
    plot: Path | None = typer.Option(None, help="Draw the scores to this PNG."),
) -> None:
    """Mean opinion score and 95 % interval of each system."""
    from dataclasses import asdict

    from d2m_cli import files
    from d2m_cli.metrics import mos

    require_suffix(plot, ".png")
    scores = mos.score(_read(key), {path.name: _read(path) for path in answers})
    record = {
        part: {system: asdict(opinion) for system, opinion in systems.items()}
        for part, systems in scores.items()
    }
    if plot:
        from d2m_cli.report import plots

        plots.save(plots.png(plots.plot_opinions(scores)), plot)
    if json_:
        files.print_json(record)
    else:
        from rich.console import Console

        from d2m_cli.report.console import opinions_table

        Console().print(opinions_table(scores))


def _read(path: Path) -> dict[str, Any]:
    from d2m_cli.errors import DataError
    from d2m_cli.files import read_json

    record = read_json(path)
    if not isinstance(record, dict):
        raise DataError(
            f"{path} is not a file of a listening test: give key.json and answer files."
        )
    return record
