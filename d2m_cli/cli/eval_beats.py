"""`d2m eval-beats`: how far the beats of generated music agree with those of the reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from d2m_cli.cli.options import JsonOption
from d2m_cli.cli.values import require, require_suffix

if TYPE_CHECKING:
    from d2m_cli.evaluation.record import BeatsRecord


def eval_beats(
    reference: Path = typer.Argument(..., help="Reference music: a file or a folder."),
    generated: Path = typer.Argument(..., help="Generated music: a file or a folder."),
    json: bool = JsonOption,
    csv: Path | None = typer.Option(None, help="Write one line a pair to this CSV file."),
    plot: Path | None = typer.Option(None, help="Draw onset curves, cells and hits to this PNG."),
) -> None:
    """Score beats of generated against reference music: coverage and hit, LORIS, mir_eval.

    Files may be audio or video; files of two folders are paired by name (X.d2m.mp4 with X.mp4). A
    pair that cannot be read is named at the end, and the exit status is then 1.
    """
    require(reference, generated)
    require_suffix(csv, ".csv")
    require_suffix(plot, ".png")
    from d2m_cli import files
    from d2m_cli.errors import D2MError
    from d2m_cli.evaluation.figures import beats_record
    from d2m_cli.evaluation.naming import pair_files
    from d2m_cli.evaluation.sources import read_music
    from d2m_cli.metrics.pairs import compare_pair
    from d2m_cli.report.summary import Failure, closing_line

    matched, unpaired = pair_files(reference, generated)
    compared, failures = [], list[Failure]()
    for name, known, made in matched:
        try:
            compared.append(compare_pair(name, read_music(known), read_music(made)))
        except D2MError as error:
            if len(failures) == len(matched) - 1:
                raise
            failures.append(Failure(name, str(error)))
    record = beats_record([score for score, _ in compared])
    if csv:
        files.write_csv(csv, record["pairs"])
    if plot:
        from d2m_cli.report import plots

        plots.save(plots.png(plots.plot_beats([trace for _, trace in compared])), plot)
    if json:
        files.print_json({**record, "unpaired": unpaired})
    else:
        _show(record, unpaired)
    if failures:
        typer.echo(closing_line(len(matched), failures, "pairs"), err=True)
        raise typer.Exit(1)


def _show(record: BeatsRecord, unpaired: list[str]) -> None:
    from rich.console import Console

    from d2m_cli.report.console import beats_table, loris_line, notes_of

    console = Console()
    console.print(beats_table(record))
    console.print(loris_line(record["loris"]))
    for note in notes_of(record["pairs"]):
        console.print(note, style="dim", highlight=False)
    if unpaired:
        console.print(f"Without a partner, left out: {', '.join(unpaired)}")
