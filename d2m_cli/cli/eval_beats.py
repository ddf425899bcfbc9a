"""`d2m eval-beats`: how far the beats of generated music agree with those of the reference."""

from pathlib import Path
from typing import Any

import typer

from d2m_cli.cli.options import JsonOption


def eval_beats(
    reference: Path = typer.Argument(..., help="Reference music: a file or a folder."),
    generated: Path = typer.Argument(..., help="Generated music: a file or a folder."),
    json: bool = JsonOption,
    csv: Path | None = typer.Option(None, help="Write one line a pair to this CSV file."),
    plot: Path | None = typer.Option(None, help="Draw onset curves, cells and hits to this PNG."),
) -> None:
    """Score beats of generated against reference music: coverage and hit, LORIS, mir_eval.

    Files may be audio or video; files of two folders are paired by name.
    """
    from d2m_cli import files
    from d2m_cli.evaluation.sources import read_music
    from d2m_cli.metrics import pairs

    matched, unpaired = pairs.pair_files(reference, generated)
    scores, traces = [], []
    for name, known, made in matched:
        score, trace = pairs.compare_pair(name, read_music(known), read_music(made))
        scores.append(score)
        traces.append(trace)
    records = [pairs.pair_record(score) for score in scores]
    record = {"pairs": records, **pairs.summarise(scores), "unpaired": unpaired}
    if csv:
        files.write_csv(csv, records)
    if plot:
        from d2m_cli.report import plots

        plots.save(plots.png(plots.plot_beats(traces)), plot)
    if json:
        files.print_json(record)
    else:
        _show(record)


def _show(record: dict[str, Any]) -> None:
    from rich.console import Console

    from d2m_cli.report.console import beats_table, loris_line, notes_of

    console = Console()
    console.print(beats_table(record))
    console.print(loris_line(record["loris"]))
    for note in notes_of(record["pairs"]):
        console.print(note, style="dim", highlight=False)
    if record["unpaired"]:
        console.print(f"Without a partner, left out: {', '.join(record['unpaired'])}")
