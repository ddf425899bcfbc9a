"""`d2m evaluate`: the whole protocol on a set of dances."""

from pathlib import Path

import typer

from d2m_cli.cli.options import DeviceOption, JsonOption
from d2m_cli.spec import Level

BASELINES = "Rows for GT, its reconstruction, random codes, clicks and the music of other clips."


def evaluate(
    dances: list[Path] = typer.Argument(
        ..., metavar="DANCES...", help="Videos, folders of videos, or one prepared set."
    ),
    music: list[str] = typer.Option(
        [], "--music", metavar="NAME=FOLDER", help="Finished music, named as the dances; repeat."
    ),
    generate: list[Level] = typer.Option([], help="Make music at this level first; repeat."),
    bundle: str | None = typer.Option(None, help="Bundle by name or folder. [default: embedded]"),
    seeds: int = typer.Option(1, min=1, help="Pieces to make for each dance."),
    split: str = typer.Option("test", help="Part of a prepared set."),
    reference: str = typer.Option("own", help="own (the videos' sound), none, or a folder."),
    genres: Path | None = typer.Option(None, help="JSON object: genre of each dance."),
    segments: Path | None = typer.Option(None, help="Original music, one folder a genre."),
    real: Path | None = typer.Option(None, help="Real music to take distances from."),
    library: Path | None = typer.Option(None, help="Music for the row 'nearest tempo'."),
    embedding: str = typer.Option("music", help="music, log-mel or vggish."),
    baselines: bool = typer.Option(True, help=BASELINES),
    codec: Level = typer.Option(Level.HIGH, help="Codec of the reconstruction and random rows."),
    opinions: Path | None = typer.Option(None, help="Output of `d2m mos score --json`."),
    results: Path = typer.Option(Path("results.json"), help="Results file (JSON)."),
    html: Path | None = typer.Option(None, help="Report with tables, plots and players."),
    plots: Path | None = typer.Option(None, help="Folder for the plots (PNG)."),
    device: str = DeviceOption,
    json: bool = JsonOption,
) -> None:
    """Measure music for dances as the paper does, and beyond it.

    Example: d2m evaluate videos/ --generate low --music rival=rival_videos/ --html report.html
    """
    from d2m_cli.cli.evaluation_run import Wanted, run

    run(
        Wanted(
            dances=dances,
            music=music,
            generate=generate,
            bundle=bundle,
            seeds=seeds,
            split=split,
            reference=reference,
            genres=genres,
            segments=segments,
            real=real,
            library=library,
            embedding=embedding,
            baselines=baselines,
            codec=codec,
            opinions=opinions,
            results=results,
            html=html,
            plots=plots,
            device=device,
            as_json=json,
        )
    )
