"""`d2m mos`: build a listening test, and score its answers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from d2m_cli.cli.options import JsonOption

if TYPE_CHECKING:
    from d2m_cli.metrics.mos import MosItem
    from d2m_cli.report.mos_page import Media

app = typer.Typer(help="Build a listening test (mean opinion scores), and score its answers.")

VIDEO_KINDS = {".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm"}
MOST_BYTES = 400_000_000
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
    for quality only. Listeners never see the systems' names.
    """
    from d2m_cli import files
    from d2m_cli.errors import DataError
    from d2m_cli.evaluation import sources
    from d2m_cli.metrics.mos import MosPart, draw_items, make_key
    from d2m_cli.report.mos_page import mos_page

    clips_of = {name: _clips(folder) for name, folder in map(sources.named_folder, systems)}
    seen = {
        system: [clip for clip, path in clips.items() if path.suffix.lower() in VIDEO_KINDS]
        for system, clips in clips_of.items()
    }
    drawn = draw_items(
        {s: list(clips) for s, clips in clips_of.items()}, MosPart.QUALITY, seed, items
    )
    if any(seen.values()):
        drawn = [*draw_items(seen, MosPart.COHERENCE, seed, items), *drawn]
    media = [(item, _media(item, clips_of[item.system][item.clip])) for item in drawn]
    if sum(len(part.data) for _, part in media) > MOST_BYTES:
        raise DataError("The clips are too large for one page: shorten them or take fewer items.")
    out.mkdir(parents=True, exist_ok=True)
    test = f"{out.resolve().name}-{seed}"
    files.write_text(out / "listening_test.html", mos_page(test, media))
    files.write_json(out / "key.json", make_key(test, drawn))
    typer.echo(f"{out / 'listening_test.html'}: {len(drawn)} items. Keep key.json to yourself.")


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


def _clips(folder: Path) -> dict[str, Path]:
    return {p.stem: p for p in sorted(folder.iterdir()) if p.is_file() and p.name[0] != "."}


def _media(item: MosItem, path: Path) -> Media:
    from d2m_cli.metrics.mos import MosPart
    from d2m_cli.report.mos_page import Media

    if item.part is MosPart.COHERENCE:
        return Media(VIDEO_KINDS[path.suffix.lower()], path.read_bytes())
    return Media("audio/wav", _sound_alone(path))


def _sound_alone(path: Path) -> bytes:
    """The sound of a file as a WAV file."""
    import io

    import soundfile

    from d2m_cli.evaluation.sources import read_music
    from d2m_cli.spec import SAMPLE_RATE

    wav = io.BytesIO()
    soundfile.write(wav, read_music(path), SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return wav.getvalue()


def _read(path: Path) -> dict[str, Any]:
    from d2m_cli.errors import DataError
    from d2m_cli.files import read_json

    record = read_json(path)
    if not isinstance(record, dict):
        raise DataError(f"{path} is no file of a listening test.")
    return record
