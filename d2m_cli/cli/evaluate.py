"""`d2m evaluate`: options in, one evaluation, its report out."""

import shlex
import sys
from pathlib import Path

import typer

from d2m_cli.cli.options import DeviceOption, JsonOption, PoseOption
from d2m_cli.cli.values import require, require_suffix
from d2m_cli.cluster import Engine
from d2m_cli.features.pose.doors import Door
from d2m_cli.spec import Composing, Level

BASELINES = "Rows for GT, its reconstruction, random codes, clicks and the music of other clips."
MUSIC = "Finished music, named as the dances (X.d2m.mp4 or X.wav for X.mp4); repeat."


def evaluate(
    dances: list[Path] = typer.Argument(
        ...,
        metavar="DANCES...",
        help="Videos, motion (.bvh ...), folders of them, or a prepared set.",
    ),
    music: list[str] = typer.Option([], metavar="NAME=FOLDER", help=MUSIC),
    generate: list[Level] = typer.Option([], help="Generate music at this level first; repeat."),
    bundle: str | None = typer.Option(None, help="Bundle by name or folder. [default: embedded]"),
    seeds: int = typer.Option(1, min=1, help="Pieces to generate for each dance."),
    composer: Composing | None = typer.Option(
        None, help="Of generated music: rules, or learned. [default: the bundle's]"
    ),
    split: str = typer.Option("test", help="Part of a prepared set."),
    reference: str = typer.Option("own", help="own (the videos' sound), none, or a folder."),
    genres: Path | None = typer.Option(None, help="JSON object: genre of each dance."),
    segments: Path | None = typer.Option(
        None, metavar="FOLDER", help="Original music, one folder a genre."
    ),
    real: Path | None = typer.Option(
        None, metavar="FOLDER", help="Real music to take distances from."
    ),
    library: Path | None = typer.Option(
        None, metavar="FOLDER", help="Music for the row 'nearest tempo'."
    ),
    soundfont: Path | None = typer.Option(
        None, help="Soundfont for the row 'rendered score': the scores without a network."
    ),
    embedding: str = typer.Option("music", help="music, log-mel or vggish."),
    baselines: bool = typer.Option(True, help=BASELINES),
    codec: Level = typer.Option(Level.HIGH, help="Codec of the reconstruction and random rows."),
    opinions: Path | None = typer.Option(None, help="Output of `d2m mos score --json`."),
    paper: bool = typer.Option(False, help="Print the paper's tables and all details, too."),
    results: Path = typer.Option(Path("results.json"), help="Results file (JSON)."),
    html: Path | None = typer.Option(None, help="Report with tables, plots and players."),
    plots: Path | None = typer.Option(None, metavar="FOLDER", help="For the plots (PNG)."),
    engine: Engine = typer.Option(Engine.LOCAL, help="local, or ray (a Ray cluster)."),
    workers: int = typer.Option(2, min=1, help="Workers of --engine ray."),
    pose: Door | None = PoseOption,
    device: str = DeviceOption,
    json: bool = JsonOption,
) -> None:
    """Measure music for dances: lift and distance first, the paper's tables with --paper.

    Example: d2m evaluate videos/ --generate low --music rival=rival_videos/ --html report.html
    """
    require(*dances, genres, segments, real, library, soundfont, opinions)
    require_suffix(results, ".json")
    require_suffix(html, ".html", ".htm")
    from rich.console import Console

    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.evaluation import evaluate as evaluation
    from d2m_cli.evaluation.sources import named_folder
    from d2m_cli.report import show

    places = show.Places(results, html, plots)
    options = evaluation.EvaluateOptions(
        music=dict(map(named_folder, music)),
        generate=generate,
        bundle=bundle,
        seeds=seeds,
        composer=composer,
        split=split,
        reference=reference,
        genres=genres,
        segments=segments,
        real=real,
        library=library,
        soundfont=soundfont,
        embedding=embedding,
        baselines=baselines,
        codec=codec,
        opinions=opinions,
        pose=pose,
        device=device,
        engine=engine,
        workers=workers,
    )
    with stage_progress(Console(stderr=True), "evaluate") as progress:
        done = evaluation.evaluate(dances, options, progress)
        done.record["made"]["command"] = shlex.join(["d2m", *sys.argv[1:]])
        show.write_files(places, done)
    show.print_evaluation(done.record, places, paper, json)
    if done.left_out:
        raise typer.Exit(1)
