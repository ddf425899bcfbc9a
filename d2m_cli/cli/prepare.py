"""`d2m prepare`: a data set in, a cache of features for training out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from d2m_cli.analysis.encoder import BundleVisual
from d2m_cli.cli.options import PoseOption
from d2m_cli.cli.values import require
from d2m_cli.features.pose.doors import Door

if TYPE_CHECKING:
    from d2m_cli.data.cache.manifest import Manifest

WITH_VIDEOS = ("aist", "tiktok", "folder")


def prepare(
    layout: str = typer.Argument(..., help="aist, tiktok, folder, motion, music, or songs."),
    folder: Path | None = typer.Argument(None, help="Where the data set lies; songs have none."),
    cache: Path = typer.Option(..., "-o", "--output", metavar="FOLDER", help="The cache."),
    workers: int = typer.Option(1, min=1, help="Processes that share the work."),
    engine: str = typer.Option("local", help="local, or ray (a Ray cluster)."),
    visual: bool = typer.Option(True, help="Compute I3D vectors of the videos."),
    bundle: str | None = typer.Option(None, help="Bundle with the I3D (default: the embedded)."),
    hours: float = typer.Option(1.0, help="Songs: how much to make."),
    soundfont: list[Path] = typer.Option([], help="Songs: .sf2 or .sf3 that plays; repeatable."),
    samples: Path | None = typer.Option(None, metavar="FOLDER", help="Songs: drum samples."),
    seed: int = typer.Option(0, min=0, max=999, help="Songs: picks them."),
    style: list[str] = typer.Option([], help="Songs: one of their styles, repeatable (all)."),
    keep_audio: bool = typer.Option(False, help="Songs: keep mix, stems and MIDI files, too."),
    pose: Door | None = PoseOption,
) -> None:
    """Compute what training needs of a data set; run it again to go on where it stopped.

    The layout "songs" needs no data set: d2m composes songs and plays them on a soundfont.

    Exit status 1 when a piece is missing or broken; the others are in the cache nevertheless.
    """
    require(folder, samples, *soundfont)
    from rich.console import Console

    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.cluster import Engine
    from d2m_cli.data.cache.prepare import LAYOUTS
    from d2m_cli.data.cache.prepare import prepare as prepare_cache
    from d2m_cli.errors import D2MError
    from d2m_cli.features.pose.estimator import PoseOptions

    if engine not in set(Engine):
        raise D2MError(f"Unknown engine '{engine}': choose one of {', '.join(Engine)}.")
    console = Console(stderr=True)
    if layout == "songs":
        from d2m_cli.songs.prepare import Studio, plan_songs, prepare_songs

        if folder is not None:
            raise D2MError(f"Songs have no data set, for d2m composes them: leave {folder} out.")
        if not soundfont:
            raise D2MError("Songs are played on a soundfont: add --soundfont FILE (.sf2 or .sf3).")
        studio = Studio(cache, tuple(soundfont), samples, keep_audio)
        plans = plan_songs(hours, seed, style)
        with stage_progress(console, f"Making {len(plans)} songs") as report:
            made = prepare_songs(
                studio, plans, workers=workers, engine=Engine(engine), progress=report
            )
        console.print(_summary(made, cache), markup=False, highlight=False, soft_wrap=True)
        return
    if layout not in LAYOUTS:
        known = ", ".join(LAYOUTS)
        raise D2MError(f"Unknown layout '{layout}': choose one of {known}, songs.")
    if folder is None:
        raise D2MError(f"The layout '{layout}' needs the folder of its data set.")
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
    lines = [_summary(manifest, cache)]
    lines += [f"left out: {note.path}: {note.reason}" for note in manifest.left_out]
    lines += [f"failed: {failure.path}: {failure.reason}" for failure in manifest.failures]
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1 if manifest.failures else 0)


def _summary(manifest: Manifest, cache: Path) -> str:
    hours = sum(entry.seconds for entry in manifest.entries) / 3600
    return f"{len(manifest.entries)} pieces, {hours:.2f} h, in {cache}"
