"""`d2m measure`: codecs, inputs, distances, styles, rhythm, the page of a bundle's results."""

from pathlib import Path

import typer

from d2m_cli.cli.options import DeviceOption, JsonOption
from d2m_cli.cli.values import require
from d2m_cli.spec import Level

app = typer.Typer(
    help="Measure a codec, a generator's inputs, distances, or a bundle's styles.",
    no_args_is_help=True,
    add_completion=False,
)
BundleOption = typer.Option(None, help="Bundle by name or folder. [default: embedded]")


@app.command()
def codec(
    place: Path = typer.Argument(..., metavar="RUN|FILE", help="Run of the stage, or weights."),
    level: Level | None = typer.Option(None, help="Level of a weights file."),
    music: Path | None = typer.Option(None, help="Cache of prepared music. [default: the run's]"),
    without: list[str] = typer.Option([], help="Piece to leave out, as in recipes; repeat."),
    crops: int = typer.Option(24, min=1, help="Crops of 2 s that are compared."),
) -> None:
    """Show what a codec keeps of held-out music, beside Opus.

    Example: d2m measure codec weights/codec_high.safetensors --level high --music cache/music
    """
    require(place, music)
    from d2m_cli.evaluation.codec_report import codec_table, open_codec
    from d2m_cli.report.table_data import print_tables

    vqvae, own_level, held_out = open_codec(place, level, music, tuple(without))
    print_tables([codec_table(vqvae, own_level, held_out, crops)])


@app.command()
def inputs(
    run: Path = typer.Argument(..., help="Run of the stage generator, or composer."),
    split: str = typer.Option("test", help="Dances, or music, that are measured."),
    segments: int = typer.Option(86, min=1, help="How many of them."),
) -> None:
    """Show what each input of a generator or a composer is worth: the same, with parts hidden.

    Example: d2m measure inputs runs/generator_high
    """
    require(run)
    from d2m_cli.evaluation import composer_inputs
    from d2m_cli.evaluation.conditioning import importance_table, measure
    from d2m_cli.report.table_data import print_tables

    if (run / composer_inputs.WEIGHTS).exists():
        nats = composer_inputs.measure_composer(run, split, segments)
        print_tables([composer_inputs.composer_table(nats)])
        return
    print_tables([importance_table(measure(run, split, segments))])


@app.command()
def distances(
    music: Path = typer.Argument(..., help="Folder of real music, subfolders included."),
    bundle: str | None = BundleOption,
    level: Level = typer.Option(Level.HIGH, help="Level of the codec."),
    pieces: int = typer.Option(60, min=8, help="Pieces to take, evenly over the folder."),
    seconds: float = typer.Option(10.0, min=2.0, help="Length of each, from 20 s on."),
    beside: list[str] = typer.Option(
        [], metavar="NAME=FOLDER", help="More music to place on the same scale; repeat."
    ),
    vggish: bool = typer.Option(False, help="Also measure with VGGish (a download)."),
    explain: bool = typer.Option(
        False, "--explain", help="Show instead what each step from real to made music adds."
    ),
    device: str = DeviceOption,
    json: bool = JsonOption,
) -> None:
    """Rank real music, its reconstruction, random codes, noise and clicks by every distance.

    A distance is worth quoting only if it ranks them correctly. Music beside them is taken from its
    beginning.

    Example: d2m measure distances free_music/ --beside d2m=made/
    """
    require(music, *(Path(each.partition("=")[2]) for each in beside))
    from rich.console import Console

    from d2m_cli import files
    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.errors import DataError
    from d2m_cli.evaluation import sources, systems, yardstick
    from d2m_cli.metrics.embeddings import EMBEDDINGS
    from d2m_cli.report.console import yardstick_table

    if explain:
        _explain(music, bundle, level, pieces, seconds, device, json)
        return
    functions = systems.codec_of_bundle(bundle, level, device)
    embeddings = [*EMBEDDINGS.values(), *([sources.embedding_named("vggish")] if vggish else [])]
    with stage_progress(Console(stderr=True), "distances") as progress:
        real = sources.excerpts(music, pieces, seconds, progress)
        sets = yardstick.known_sets(real[1::2], functions.reconstruct, functions.random)
        for name, folder in map(sources.named_folder, beside):
            sets[name] = sources.excerpts(folder, pieces, seconds, progress, start=0.0)
            if not sets[name]:
                raise DataError(f"{folder} holds no music of {seconds:g} s or more.")
        record = {}
        for number, embedding in enumerate(embeddings):
            progress("measure", number, len(embeddings))
            result = yardstick.distances(embedding, real[::2], sets)
            record[embedding.name] = {
                **result,
                "ranks_correctly": yardstick.ranks_correctly(result),
            }
        progress("measure", len(embeddings), len(embeddings))
    if json:
        files.print_json({"pieces": len(real), "distances": record})
    else:
        Console().print(yardstick_table(record, len(real)))


def _explain(
    music: Path,
    bundle: str | None,
    level: Level,
    pieces: int,
    seconds: float,
    device: str,
    json: bool,
) -> None:
    from dataclasses import asdict

    from rich.console import Console

    from d2m_cli import files
    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.evaluation import sources
    from d2m_cli.evaluation.stages_report import stages, stages_table
    from d2m_cli.generation.open import open_maker
    from d2m_cli.report.table_data import print_tables
    from d2m_cli.spec import RenderQuality

    maker = open_maker(bundle, device)
    with stage_progress(Console(stderr=True), "distances") as progress:
        real = sources.excerpts(music, pieces, seconds, progress)
        found = stages(maker, level, RenderQuality.NORMAL, real, progress)
    if json:
        files.print_json({"pieces": len(real), "stages": [asdict(stage) for stage in found]})
    else:
        print_tables([stages_table(found, level, len(real))])


@app.command()
def styles(
    video: Path = typer.Argument(..., help="Dance that the styles are made for."),
    level: Level = typer.Option(Level.LOW, help="high or low."),
    bundle: str | None = BundleOption,
    real: Path | None = typer.Option(None, metavar="FOLDER", help="Real music for rows beside."),
    device: str = DeviceOption,
    json: bool = JsonOption,
) -> None:
    """Measure half a minute of music in every style of a bundle: beat, bands, noise, variety.

    Example: d2m measure styles examples/dance.mp4 --real free_music/
    """
    require(video, real)
    from rich.console import Console

    from d2m_cli import files
    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.evaluation.styles_report import styles_record, styles_table
    from d2m_cli.generation.pipeline import Dance2Music
    from d2m_cli.report.table_data import print_tables

    maker = Dance2Music.from_bundle(bundle, device)
    with stage_progress(Console(stderr=True), "styles") as progress:
        record = styles_record(maker, maker.analyze(video).dance, level, real, progress)
    if json:
        files.print_json(record)
        return
    print_tables(
        [styles_table(record)],
        [
            f"{key.replace('_', ' ')}: {record[key]:.2f}"
            for key in ("seeds_apart", "styles_apart", "mean_floor_db", "mean_flatness")
            if record[key] is not None
        ],
    )


@app.command()
def rhythm(
    dances: Path = typer.Argument(..., help="Folder of stored motion, or of videos with truth."),
    seconds: float = typer.Option(8.0, min=2.0, help="Length of a window of stored motion."),
    windows: int = typer.Option(4, min=1, help="Windows of each stored dance."),
    json: bool = JsonOption,
) -> None:
    """Compare the pulse heard in dances with the beats of their music.

    A folder as dance_with_melody, whose motion is filmed from random sides, or videos NAME.mp4 with
    NAME.beats.csv (as --beats writes it) or NAME.bpm (a number) beside them.

    Example: d2m measure rhythm dance_with_melody/ --seconds 5
    """
    require(dances)
    from rich.console import Console

    from d2m_cli import files
    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.evaluation.rhythm_report import rhythm_record, rhythm_table
    from d2m_cli.report.table_data import print_tables

    with stage_progress(Console(stderr=True), "rhythm") as progress:
        record = rhythm_record(dances, seconds, windows, progress)
    if json:
        files.print_json(record)
    else:
        print_tables([rhythm_table(record["windows"])])


@app.command()
def results(
    bundle: str | None = BundleOption,
    out: Path | None = typer.Option(
        None,
        "-o",
        "--out",
        metavar="FOLDER",
        help="Place for results.md; the figures of its model-card.md, too.",
    ),
) -> None:
    """Write a bundle's scores as a page; without --out, print it.

    Example: d2m measure results -o docs
    """
    from d2m_cli.bundles.bundle import load_bundle
    from d2m_cli.evaluation.results_page import results_page, write_results

    config = load_bundle(bundle).config
    scores = config.get("scores", {})
    if out is None:
        typer.echo(results_page(config["name"], scores))
        return
    for path in write_results(out, config["name"], scores):
        typer.echo(f"{path} written.")
