"""`d2m styles`: the styles of a bundle, what they sound like and at which tempo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from d2m_cli.cli.options import JsonOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from d2m_cli.bundles.styles import StyleEntry
    from d2m_cli.progress import Progress
    from d2m_cli.types import FloatArray

SAMPLE_SECONDS, PAUSE_SECONDS = 6.0, 0.5
"""Music of each style in the file that --play writes, and the silence after it."""


def styles(
    play: Path | None = typer.Option(
        None, metavar="FILE", help="Write a few seconds of each style to a sound file."
    ),
    style: list[str] = typer.Option([], metavar="NAME", help="Only this style; repeat."),
    bundle: str | None = typer.Option(
        None, metavar="BUNDLE", help="Trained weights, by name or folder."
    ),
    overwrite: bool = typer.Option(False, help="Replace a file that exists."),
    json: bool = JsonOption,
) -> None:
    """Show the styles that --style takes, with their usual tempo and how they sound.

    Example: d2m styles --play styles.mp3
    """
    from d2m_cli.bundles.bundle import load_bundle
    from d2m_cli.bundles.styles import read_styles
    from d2m_cli.cli.generate.plan import choose_styles
    from d2m_cli.errors import BundleError

    known = read_styles(bundle)
    if not known:
        load_bundle(bundle)  # tells where there is none
        raise BundleError(f"The bundle '{bundle}' has no named styles: give another --bundle.")
    wished = [name for name in choose_styles(style or ["all"], bundle) if name]
    entries = {name: known[name] for name in wished}
    if play:
        _play(entries, play, bundle, overwrite)
    if json:
        from d2m_cli.files import print_json

        print_json(
            {name: {"tempo": entry.tempo, "sound": entry.sound} for name, entry in entries.items()}
        )
    else:
        _show(entries)


def _show(entries: dict[str, StyleEntry]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("style", "beats per minute", "how it sounds", box=None)
    for name, entry in entries.items():
        slow, fast = entry.tempo
        table.add_row(name, f"{slow:.0f} to {fast:.0f}", entry.sound)
    Console().print(table)


def _play(entries: dict[str, StyleEntry], out: Path, bundle: str | None, overwrite: bool) -> None:
    from d2m_cli.output.checks import SOUND_SUFFIXES, check_output

    check_output(out, out, overwrite, SOUND_SUFFIXES)
    from rich.console import Console

    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.output.audio import write_wav
    from d2m_cli.output.places import scratch_folder
    from d2m_cli.output.sound import write_sound

    with scratch_folder() as folder, stage_progress(Console(stderr=True), f"{out}") as progress:
        wav = Path(folder) / "styles.wav"
        write_wav(wav, _samples(entries, bundle, progress))
        write_sound(wav, out)


def _samples(
    entries: dict[str, StyleEntry], bundle: str | None, progress: Progress
) -> Iterator[FloatArray]:
    """Music of each style at the middle of its tempo, for arms that swing in time."""
    import numpy as np

    from d2m_cli.features.i3d import VisualSettings
    from d2m_cli.generation.pipeline import Dance2Music
    from d2m_cli.generation.steady import steady_dance
    from d2m_cli.spec import SAMPLE_RATE
    from d2m_cli.types import Analysis

    maker = Dance2Music.from_bundle(bundle)
    visual = VisualSettings(**maker.maker.bundle.settings["visual"])
    for number, (name, entry) in enumerate(entries.items()):
        progress("styles", number, len(entries))
        dance = steady_dance(sum(entry.tempo) / 2, SAMPLE_SECONDS, visual)
        yield maker.compose(Analysis(dance), style=name).samples
        yield np.zeros(round(PAUSE_SECONDS * SAMPLE_RATE), np.float32)
