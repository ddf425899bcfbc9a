"""`d2m yardstick`: which distances rank known music and known noise rightly."""

from pathlib import Path

import typer

from d2m_cli.cli.options import DeviceOption, JsonOption
from d2m_cli.errors import DataError
from d2m_cli.spec import Level


def yardstick(
    music: Path = typer.Argument(..., help="Folder of real music, subfolders included."),
    bundle: str | None = typer.Option(None, help="Bundle of the codec. [default: embedded]"),
    level: Level = typer.Option(Level.HIGH, help="Level of the codec."),
    pieces: int = typer.Option(60, min=8, help="Pieces to take, evenly over the folder."),
    seconds: float = typer.Option(10.0, min=2.0, help="Length of each, from 20 s on."),
    beside: list[str] = typer.Option(
        [], metavar="NAME=FOLDER", help="More music to place on the same scale; repeat."
    ),
    vggish: bool = typer.Option(False, help="Also try VGGish (a download)."),
    device: str = DeviceOption,
    json: bool = JsonOption,
) -> None:
    """Rank real music, its reconstruction, random codes, noise and clicks by every distance.

    A distance is worth quoting only if it ranks them rightly. Music put beside them (a generator's,
    say) is taken from its beginning.
    """
    from rich.console import Console

    from d2m_cli import files
    from d2m_cli.cli.progress import stage_progress
    from d2m_cli.evaluation import sources, systems
    from d2m_cli.evaluation import yardstick as measure
    from d2m_cli.metrics.embeddings import EMBEDDINGS
    from d2m_cli.report.console import yardstick_table

    codec = systems.codec_of_bundle(bundle, level, device)
    embeddings = [*EMBEDDINGS.values(), *([sources.embedding_named("vggish")] if vggish else [])]
    with stage_progress(Console(stderr=True), "yardstick") as report:
        real = sources.excerpts(music, pieces, seconds, report)
        sets = measure.known_sets(real[1::2], codec.reconstruct, codec.random)
        for name, folder in map(sources.named_folder, beside):
            sets[name] = sources.excerpts(folder, pieces, seconds, report, start=0.0)
            if not sets[name]:
                raise DataError(f"{folder} holds no music of {seconds:g} s or more.")
        record = {}
        for number, embedding in enumerate(embeddings):
            report("measure", number, len(embeddings))
            result = measure.distances(embedding, real[::2], sets)
            record[embedding.name] = {**result, "ranks_correctly": measure.ranks_correctly(result)}
        report("measure", len(embeddings), len(embeddings))
    if json:
        files.print_json({"pieces": len(real), "distances": record})
    else:
        Console().print(yardstick_table(record, len(real)))
