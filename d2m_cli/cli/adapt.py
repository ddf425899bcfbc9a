"""`d2m adapt`: a folder of one's own music in, a bundle that has learnt from it out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from d2m_cli.cli import values
from d2m_cli.cli.options import JsonOption
from d2m_cli.spec import Level

if TYPE_CHECKING:
    from rich.console import Console

    from d2m_cli.training.adapt.adapt import Adaption

ROWS = {
    "nearest_style": "before: the bundle's nearest style, {nearest}",
    "own_style": "your style and its rules, generator as it was",
    "adapted": "after: your style, generator adapted",
    "own_music": "your own other pieces",
}


VERDICTS = {
    True: "It came nearer to your music.",
    False: "It came NO nearer to your music.",
    None: "Whether it came nearer cannot be told: your own other pieces are as far from the "
    "held-out ones. Give more pieces, or pieces of one style.",
}


def adapt(
    music: Path = typer.Argument(..., metavar="MUSIC", help="Folder with ten or more pieces."),
    out: Path = typer.Option(..., "-o", "--out", metavar="FOLDER", help="The new bundle."),
    name: str | None = typer.Option(None, help="Name of the style. [default: the folder's]"),
    minutes: Any = typer.Option(
        10.0, metavar="MINUTES", help="Time for learning.", parser=values.number(0.01, 6000.0)
    ),
    level: list[Level] = typer.Option([Level.LOW], help="Generators that learn; repeat."),
    bundle: str | None = typer.Option(None, help="Bundle to begin with. [default: embedded]"),
    overwrite: bool = typer.Option(False, help="Replace a bundle that exists."),
    json: bool = JsonOption,
) -> None:
    """Learn from your own music: a style, its rules, and small changes of the generator.

    Every fifth piece is held out; the table says whether new music comes nearer to those. The
    rights of the music, and of what is made with it, are yours to see to.

    Example: d2m adapt MY_MUSIC/ -o my_bundle && d2m generate dance.mp4 --bundle my_bundle
    """
    from rich.console import Console

    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.cli.train_display import require_lightning

    require_lightning()
    from d2m_cli.files import print_json
    from d2m_cli.training.adapt.adapt import AdaptOptions
    from d2m_cli.training.adapt.adapt import adapt as adapt_bundle

    style = name or re.sub(r"[^\w-]+", "-", music.resolve().name).strip("-").lower() or "own"
    options = AdaptOptions(style, bundle, level, minutes, overwrite=overwrite)
    console = Console(stderr=True)
    with stage_progress(console, f"{music} -> {out}") as progress:
        done = adapt_bundle(music, out, options, progress)
    if json:
        print_json(done.record())
        return
    _show(Console(), done, out)


def _show(console: Console, done: Adaption, out: Path) -> None:
    from rich.table import Table

    def say(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    for failure in done.failures:
        say(f"left out: {Path(failure.path).name}: {failure.reason}")
    say(f"Learnt from {len(done.learnt)} pieces, held out: {', '.join(done.held_out)}")
    for level, far in done.distances.items():
        nats = done.nats[level]
        table = Table(f"level {level}", "distance to held-out pieces", box=None)
        for row, words in ROWS.items():
            table.add_row(words.format(nearest=done.nearest), f"{far[row]:.1f}")
        console.print(table)
        say(
            f"nats per code of held-out music, after {done.steps[level]} steps: nothing known "
            f"{nats['nothing_known_before']:.3f} -> {nats['nothing_known']:.3f}, half known "
            f"{nats['half_known_before']:.3f} -> {nats['half_known']:.3f}"
        )
        say(VERDICTS[done.nearer(level)])
    say(f"{out}: d2m generate dance.mp4 --bundle {out} --style {done.style}")
    say("The rights of the music, and of what is made with it, are yours to see to.")
