"""Tables, plots and page of a small hand-made record, with figures that do not exist."""

import numpy as np
import pytest

from d2m_cli.metrics.mos import Opinion
from d2m_cli.report import html, paper, plots, tables
from d2m_cli.report.console import notes_of, opinions_table


def system(name: str, coverage: float | None, lift: float | None) -> dict:
    scores = {"coverage": coverage, "hit": coverage, "clips": 1}
    fields = ("lift", "mismatched", "lift_onsets", "lift_music", "bas_dance", "bas_music")
    sounds = ("chroma_peakiness", "flatness", "rms_spread", "pulse")
    onsets = ("onsets_low", "onsets_middle", "onsets_high")
    return {
        "name": name,
        "clips": 1,
        "beats": {"pairs": [], "macro": scores, "beat_level": {"f_measure": None}},
        "alignment": {"clips": [{"lift": lift}], "scored": 1, **dict.fromkeys(fields, lift)},
        "quality": dict.fromkeys([*sounds, *onsets], 0.5),
        "distinct_codes": None,
        "frechet": {"distance": 10.0 if lift else None, "rows": 3},
        "genre_accuracy": None,
        "diversity_dances": None,
        "diversity_seeds": None,
        "notes": ["a note"],
    }


@pytest.fixture
def record() -> dict:
    return {
        "format": 1,
        "dances": [{"name": "<dance>"}],
        "embedding": "music",
        "real": {"pieces": 1, "rows": 3, "halves": None},
        "genre_chance": 0.1,
        "opinions": {"quality": {"d2m low": {"mean": 3.25, "margin": 0.5}}},
        "notes": [],
        "systems": [
            system("d2m low", 0.9, 0.2),
            system("Low w/o M", 0.7, None),
            system("rival", None, -0.1),
        ],
    }


def test_measured_figures_stand_beside_the_papers(record):
    rows = tables.table_one(record).rows
    (low,) = [row for row in rows if row[4] == "Ours Low-level" and "&" in row[5]]
    assert low[5:] == ["92.3 & 91.7", "90.0 & 90.0"]
    assert "rival" not in {row[4] for row in rows}, "no score, no row"
    assert ["3.7", "3.2 ± 0.5"] in [row[5:] for row in rows if row[4] == "Ours Low-level"]


def test_ablations_match_systems_by_the_papers_names(record):
    shown = {table.title[:8]: table for table in tables.ablations(record)}
    assert set(shown) == {f"Table {number}:" for number in range(2, 7)}
    rows = {row[0]: row for row in shown["Table 4:"].rows}
    assert rows["Low w/o M"][1:5] == ["89.4", "70.0", "87.6", "70.0"]
    assert rows["Low (full)"][2] == "90.0" and rows["High (full)"][2] == "–"


def test_the_papers_tables_are_whole():
    counts = [len(rows) for _, rows in paper.ABLATIONS.values()]
    assert counts == [6, 6, 6, 12, 8]
    assert paper.RHYTHM["Ours Low-level"] == paper.LENGTHS["Low - 2s"][:2]


def test_page_escapes_names_and_holds_all_tables(record):
    pieces = {"d2m low": {"<dance>": np.zeros(100, np.float32)}, "rival": {}}
    page = html.report_page(record, {"systems": plots.png(plots.plot_systems(record))}, pieces)
    assert "<dance>" not in page and "&lt;dance&gt;" in page
    assert all(f"Table {number}:" in page for number in range(1, 7))
    assert page.count("<audio") == 1
    assert "nan" not in page.split("data:")[0].lower()


def test_plots_are_pictures(record, tmp_path):
    scores = {"quality": {"ours": Opinion(3.0, None, 1, 1, "ratings")}, "coherence": {}}
    for number, figure in enumerate(
        (plots.plot_systems(record), plots.plot_quality(record), plots.plot_opinions(scores))
    ):
        plots.save(plots.png(figure), tmp_path / f"{number}.png")
    assert len(list(tmp_path.iterdir())) == 3
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())


def test_console_tables_name_what_is_missing():
    table = opinions_table({"quality": {"ours": Opinion(3.0, None, 1, 1, "ratings")}})
    assert list(table.columns[3].cells) == ["–"]
    assert notes_of([{"name": "a", "notes": ""}, {"name": "b", "notes": "cut"}]) == ["b: cut"]
