"""What `d2m evaluate` does: read, make, measure, show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from d2m_cli import files
from d2m_cli.cli.progress import stage_progress
from d2m_cli.data.cache.manifest import MANIFEST
from d2m_cli.errors import BundleError, DataError, OutputError
from d2m_cli.evaluation import baselines, protocol, sources, systems
from d2m_cli.evaluation.baselines import Dance, System
from d2m_cli.report import tables
from d2m_cli.spec import Level
from d2m_cli.types import FloatArray


@dataclass(frozen=True)
class Wanted:
    """The options of `d2m evaluate`."""

    dances: list[Path]
    music: list[str]
    generate: list[Level]
    bundle: str | None
    seeds: int
    split: str
    reference: str
    genres: Path | None
    segments: Path | None
    real: Path | None
    library: Path | None
    embedding: str
    baselines: bool
    codec: Level
    opinions: Path | None
    results: Path
    html: Path | None
    plots: Path | None
    device: str
    as_json: bool


def run(wanted: Wanted) -> None:
    """Evaluate and write everything that was asked for."""
    for path in (wanted.results, wanted.html):
        if path and not path.parent.is_dir():
            raise OutputError(f"The folder of {path} does not exist: make it first.")
    opinions = _opinions(wanted.opinions)
    embedding = sources.embedding_named(wanted.embedding)
    real, library = _music_of(wanted.real), _music_of(wanted.library)
    segments = sources.labelled_segments(wanted.segments) if wanted.segments else None
    console = Console(stderr=True)
    with stage_progress(console, "evaluate") as report:
        dances, videos = _dances(wanted, report)
        codec, notes = _codec(wanted)
        rows = _systems(wanted, dances, videos, codec, library, report)
        record = protocol.evaluate(
            dances,
            rows,
            embedding,
            real=real,
            distinct_codes=codec.distinct if codec else None,
            segments=segments,
            report=lambda stage, done, total: report("measure", done, total),
        )
    record |= {"opinions": opinions, "notes": [*record["notes"], *notes]}
    files.write_json(wanted.results, record)
    if wanted.plots or wanted.html:
        _write_pictures(wanted, record, dances, rows)
    if wanted.as_json:
        files.print_json(record)
        return
    screen = Console(width=max(Console().width, tables.NARROWEST))
    for table in tables.all_tables(record):
        screen.print(tables.rich_table(table), "")
    for note in tables.notes(record):
        screen.print(note, style="dim", highlight=False)


def _dances(wanted: Wanted, report: protocol.Report) -> tuple[list[Dance], dict[str, Path]]:
    """The dances, and their videos by name (none for a prepared set)."""
    first = wanted.dances[0]
    if (first / MANIFEST).exists():
        if len(wanted.dances) > 1:
            raise DataError(f"{first} is a prepared set: give it alone.")
        return sources.dances_of_cache(first, wanted.split), {}
    videos = sources.files_in(wanted.dances)
    genres = sources.read_genres(wanted.genres)
    return sources.dances_of_videos(videos, wanted.reference, genres, report), videos


def _systems(
    wanted: Wanted,
    dances: Sequence[Dance],
    videos: dict[str, Path],
    codec: systems.Codec | None,
    library: Sequence[FloatArray],
    report: protocol.Report,
) -> list[System]:
    """Every row of the tables."""
    rows = _generated(wanted, videos, report) if wanted.generate else []
    for text in wanted.music:
        name, folder = sources.named_folder(text)
        rows.append(sources.system_of_folder(name, folder, dances))
    if not wanted.baselines:
        return rows
    own = baselines.references(dances)
    others = [baselines.other_clip(system) for system in [*rows, own]]
    fixed = [own, *others, baselines.clicks_on_dance(dances), baselines.steady_clicks(dances)]
    if codec:
        fixed.append(baselines.reconstructions(dances, codec.reconstruct))
        fixed.append(baselines.random_codes(dances, codec.random))
    tracks = [baselines.Track.of(piece) for piece in library]
    fixed.append(baselines.nearest_tempo(dances, tracks))
    return [*rows, *(row for row in fixed if row.pieces)]


def _generated(wanted: Wanted, videos: dict[str, Path], report: protocol.Report) -> list[System]:
    options = (wanted.bundle, wanted.generate, wanted.seeds, wanted.device, report)
    if videos:
        return systems.generated_systems(videos, *options)
    return systems.systems_from_cache(
        sources.pieces_of_cache(wanted.dances[0], wanted.split), *options
    )


def _codec(wanted: Wanted) -> tuple[systems.Codec | None, list[str]]:
    """The bundle's codec; without a bundle, why there is none."""
    try:
        return systems.codec_of_bundle(wanted.bundle, wanted.codec, wanted.device), []
    except BundleError as error:
        if wanted.bundle is not None:
            raise
        return None, [f"no reconstruction, random or distinct codes: {error}"]


def _music_of(folder: Path | None) -> list[FloatArray]:
    if folder is None:
        return []
    return [sources.read_music(path) for path in sources.files_in([folder]).values()]


def _opinions(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    opinions: dict[str, Any] = files.read_json(path)
    return opinions


def _write_pictures(
    wanted: Wanted,
    record: dict[str, Any],
    dances: Sequence[Dance],
    systems: Sequence[System],
) -> None:
    from d2m_cli.report import html, plots

    figures = {"systems": plots.plot_systems(record), "quality": plots.plot_quality(record)}
    traces = _example_traces(dances, systems)
    if traces:
        figures["onsets"] = plots.plot_beats(traces)
    images = {name: plots.png(figure) for name, figure in figures.items()}
    if wanted.plots:
        wanted.plots.mkdir(parents=True, exist_ok=True)
        for name, image in images.items():
            plots.save(image, wanted.plots / f"{name}.png")
    if wanted.html:
        pieces = {system.name: {n: p[0] for n, p in system.pieces.items()} for system in systems}
        files.write_text(wanted.html, html.report_page(record, images, pieces))


def _example_traces(dances: Sequence[Dance], systems: Sequence[System]) -> list[Any]:
    """Onset curves of the first dance that has a reference, against each system's piece."""
    from d2m_cli.metrics.pairs import compare_pair

    for dance in dances:
        reference = dance.reference
        if reference is not None and len(reference):
            made = [s for s in systems if dance.name in s.pieces and s.name != baselines.GT]
            return [
                compare_pair(f"{dance.name}, {s.name}", reference, s.pieces[dance.name][0])[1]
                for s in made
            ]
    return []
