"""Tables, plots and page of a record that the production code measured on synthetic dances."""

import base64
import io
import re

import numpy as np
import pytest
import soundfile
from matplotlib.image import imread

from d2m_cli.evaluation.baselines import EvaluatedDance, System, click_track, references
from d2m_cli.evaluation.protocol import measure_systems
from d2m_cli.evaluation.record import EvaluationRecord
from d2m_cli.metrics.embeddings import MUSIC
from d2m_cli.metrics.mos import Opinion
from d2m_cli.report import html, paper, plots, show, tables
from d2m_cli.report.console import notes_of, opinions_table
from d2m_cli.spec import SAMPLE_RATE

SECONDS = 3.0
BEATS = np.arange(0.25, SECONDS, 0.5)
CLICKS = click_track(BEATS, SECONDS)
HALF = click_track(BEATS[BEATS < 2.0], SECONDS)
SILENCE = np.zeros(int(SECONDS * SAMPLE_RATE), np.float32)
NAMES = ("<dance>", "other")


@pytest.fixture(scope="module")
def systems() -> list[System]:
    dances = [EvaluatedDance(name, SECONDS, BEATS, BEATS, reference=CLICKS) for name in NAMES]
    return [
        System("d2m low", {name: [CLICKS] for name in NAMES}),
        System("Low w/o M", {name: [HALF] for name in NAMES}),
        System("rival", {"other": [SILENCE]}),
        references(dances),
    ]


@pytest.fixture(scope="module")
def record(systems) -> EvaluationRecord:
    dances = [EvaluatedDance(name, SECONDS, BEATS, BEATS, reference=CLICKS) for name in NAMES]
    record = measure_systems(dances, systems, MUSIC)
    record["made"]["command"] = "d2m evaluate <dances>"
    opinion = {"mean": 3.25, "margin": 0.5, "ratings": 4, "listeners": 2, "over": "listeners"}
    record["opinions"] = {"quality": {"d2m low": opinion}}
    return record


def test_one_screen_begins_with_lift_and_distance(record):
    table = tables.main_table(record)
    assert list(table.columns[:3]) == ["System", "Lift", "Distance"]
    rows = {row[0]: row[1:] for row in table.rows}
    own = record["systems"][0]["alignment"]
    assert rows["d2m low"][0] == f"{own['lift']:.2f} ± 0.00", "two clips, the same lift"
    assert rows["GT"][1] == "0.0", "the references lie on themselves"
    assert rows["rival"][0] == "–", "silence has no lift"
    assert rows["d2m low"][3:] == ["100.0", "100.0", "2", "6"]


def test_what_rests_on_too_little_is_said(record):
    notes = "\n".join(tables.notes(record))
    assert "Lift rests on 2 dances of 6 s in all" in notes
    assert "2 dances shorter than 4 s" in notes
    assert re.search(r"Distance rests on \d+ windows of music", notes)


def test_measured_figures_stand_beside_the_papers(record):
    rows = tables.table_one(record).rows
    (low,) = [row for row in rows if row[4] == "Ours Low-level" and "&" in row[5]]
    assert low[5:] == ["92.3 & 91.7", "100.0 & 100.0"]
    (rival,) = [row for row in rows if row[4] == "rival"]
    assert rival[6] == "0.0 & 0.0", "silence covers nothing"
    assert ["3.7", "3.2 ± 0.5"] in [row[5:] for row in rows if row[4] == "Ours Low-level"]


def test_ablations_match_systems_by_the_papers_names(record):
    shown = {table.title[:8]: table for table in tables.ablations(record)}
    assert set(shown) == {f"Table {number}:" for number in range(2, 7)}
    rows = {row[0]: row for row in shown["Table 4:"].rows}
    assert rows["Low w/o M"][1:5] == ["89.4", "66.7", "87.6", "66.7"], "two of three seconds"
    assert rows["Low (full)"][2] == "100.0" and rows["High (full)"][2] == "–"


def test_the_papers_tables_are_whole():
    counts = [len(rows) for _, rows in paper.ABLATIONS.values()]
    assert counts == [6, 6, 6, 12, 8]
    assert paper.RHYTHM["Ours Low-level"] == paper.LENGTHS["Low - 2s"][:2]


def test_page_escapes_names_and_holds_tables_players_and_its_origin(record, systems):
    pieces = {s.name: {name: takes[0] for name, takes in s.pieces.items()} for s in systems}
    images = {"systems": plots.png(plots.plot_systems(record))}
    page = html.report_page(record, images, pieces, {"other": b"a small video"})
    assert "<dance>" not in page and "&lt;dance&gt;" in page
    assert all(f"Table {number}:" in page for number in range(1, 7))
    assert "d2m evaluate &lt;dances&gt;" in page and record["made"]["date"] in page
    assert page.count("<audio") == 7 and page.count("<video") == 1
    sound = re.search(r'data:audio/mpeg;base64,([^"]+)', page)[1]
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sound)))
    assert rate == SAMPLE_RATE and len(samples) / rate == pytest.approx(SECONDS, abs=0.1)
    assert len(base64.b64decode(sound)) < 6000 * SECONDS, "the sound is compressed"


def points(figure, colour: str) -> list[float]:
    """Abscissae of the marks of a colour in a figure's first panel."""
    lines = [line for line in figure.axes[0].lines if line.get_color() == colour]
    return [float(x) for line in lines for x in line.get_xdata()]


def test_plot_of_systems_has_a_dot_for_each_clip_and_the_mean(record):
    figure = plots.plot_systems(record)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["d2m low", "Low w/o M", "GT"], "the silent system has no lift"
    lifts = [s["alignment"]["lift"] for s in record["systems"]]
    assert points(figure, plots.GENERATED) == [lifts[0], lifts[1], lifts[3]]
    assert len(points(figure, plots.REFERENCE)) == 6


def test_plot_of_quality_places_lift_against_distance(record):
    axes = plots.plot_quality(record).axes[0]
    placed = {line.get_label(): line.get_xydata()[0].tolist() for line in axes.lines}
    for system in record["systems"]:
        if system["alignment"]["lift"] is not None:
            figures = [system["alignment"]["lift"], system["frechet"]["distance"]]
            assert placed[system["name"]] == pytest.approx(figures)


def test_files_and_pictures_are_written(record, systems, tmp_path):
    class Done:
        def __init__(self) -> None:
            self.record = record

        def first_pieces(self):
            return {s.name: {n: takes[0] for n, takes in s.pieces.items()} for s in systems}

        def example_traces(self):
            return []

        def previews(self):
            return {}

    places = show.Places(tmp_path / "r.json", tmp_path / "r.html", tmp_path / "plots")
    show.write_files(places, Done())
    image = imread(tmp_path / "plots" / "systems.png")
    assert image.shape[1] == 990 and image.std() > 0.05, "9 inches at 110 dpi, not blank"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plots", "r.html", "r.json"]


def test_opinions_are_plotted_with_their_intervals():
    scores = {"quality": {"ours": Opinion(3.0, 0.5, 9, 3, "listeners")}, "coherence": {}}
    (panel,) = plots.plot_opinions(scores).axes
    (bars,) = panel.containers[0].lines[2]
    assert bars.get_segments()[0][:, 1].tolist() == [2.5, 3.5]
    assert panel.get_title() == "quality"


def test_console_tables_name_what_is_missing():
    table = opinions_table({"quality": {"ours": Opinion(3.0, None, 1, 1, "ratings")}})
    assert list(table.columns[3].cells) == ["–"]
    assert notes_of([{"name": "a", "notes": ""}, {"name": "b", "notes": "cut"}]) == ["b: cut"]
