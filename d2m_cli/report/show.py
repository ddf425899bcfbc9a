"""An evaluation on the screen and in files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from d2m_cli import files
from d2m_cli.evaluation.record import EvaluationRecord
from d2m_cli.metrics.pairs import OnsetTrace
from d2m_cli.report import tables
from d2m_cli.report.table_data import print_tables
from d2m_cli.types import FloatArray


@dataclass(frozen=True)
class Places:
    """Where an evaluation is written; missing folders are made."""

    results: Path
    html: Path | None = None
    plots: Path | None = None
    """Folder."""


class Evaluated(Protocol):
    """What a finished evaluation gives to its report."""

    @property
    def record(self) -> EvaluationRecord:
        """All figures."""

    def first_pieces(self) -> Mapping[str, Mapping[str, FloatArray]]:
        """The scored piece `(N,)` at `SAMPLE_RATE` of each system for each dance."""

    def example_traces(self) -> Sequence[OnsetTrace]:
        """Onset curves of the systems for one dance."""

    def previews(self) -> Mapping[str, bytes]:
        """Small silent videos (MP4) of the dances."""


def write_files(places: Places, done: Evaluated) -> None:
    """Write the record as JSON, and the plots and the page that are asked for."""
    from d2m_cli.report import html, plots

    files.write_json(places.results, done.record)
    if not (places.plots or places.html):
        return
    figures = {
        "systems": plots.plot_systems(done.record),
        "quality": plots.plot_quality(done.record),
    }
    if traces := done.example_traces():
        figures["onsets"] = plots.plot_beats(traces)
    images = {name: plots.png(figure) for name, figure in figures.items()}
    if places.plots:
        for name, image in images.items():
            plots.save(image, places.plots / f"{name}.png")
    if places.html:
        page = html.report_page(done.record, images, done.first_pieces(), done.previews())
        files.write_text(places.html, page)


def print_evaluation(
    record: EvaluationRecord, places: Places, paper: bool = False, as_json: bool = False
) -> None:
    """Print one screen, or all tables (`paper`), or the record as JSON."""
    if as_json:
        files.print_json(record)
        return
    shown = [tables.main_table(record)]
    if paper:
        shown += [*tables.detail_tables(record), *tables.paper_tables(record)]
    more = "" if paper else "; every table and note with --paper"
    notes = tables.notes(record, of_systems=paper)
    print_tables(shown, [*notes, f"Every figure: {places.results}{more}."])
