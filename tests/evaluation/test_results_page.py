"""docs/results.md and the card's figures are what the bundle's scores say."""

import json
import re

import pytest
from project import ROOT

from d2m_cli.errors import DataError
from d2m_cli.evaluation.results_page import (
    BEGIN,
    END,
    card_figures,
    results_page,
    with_figures,
    write_results,
)

CONFIG = json.loads((ROOT / "weights/bundle.json").read_text(encoding="utf-8"))
CARD = (ROOT / "docs/model-card.md").read_text(encoding="utf-8")
HINT = "scores and page differ: run `d2m measure results -o docs`"


def test_the_page_is_that_of_the_scores():
    page = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    assert page == results_page(CONFIG["name"], CONFIG["scores"]), HINT


def test_the_card_has_the_figures_of_the_scores_and_no_others():
    assert with_figures(CARD, CONFIG["scores"]) == CARD, HINT
    before, rest = CARD.split(BEGIN)
    by_hand = before + rest.split(END)[1]
    assert not re.findall(r"\b0\.\d+", by_hand), "measured figures stand on the results page"
    assert "–" not in card_figures(CONFIG["scores"]), "each of the six figures is measured"
    assert len(by_hand.split()) < 1000, "one page"


def test_columns_single_figures_and_missing_ones():
    scores = {
        "speed": {"command": "d2m x", "clips": 6, "low": {"lift": 0.25}, "high": {"other_row": 3}}
    }
    page = results_page("mine", scores)
    assert "## Speed" in page and "Measured by `d2m x`. clips: 6." in page
    assert "| lift (0 is chance) | 0.25 | – |" in page and "| other row | – | 3 |" in page


def test_another_card_gets_its_figures_and_one_without_marks_is_refused(tmp_path):
    (tmp_path / "model-card.md").write_text(f"# Mine\n\n{BEGIN}old{END}\n", encoding="utf-8")
    written = write_results(tmp_path, "mine", {"alignment": {"low": {"lift": 0.125}}})
    assert [path.name for path in written] == ["results.md", "model-card.md"]
    card = (tmp_path / "model-card.md").read_text(encoding="utf-8")
    assert "| 0.125 | – |" in card and "old" not in card
    with pytest.raises(DataError, match="put the two marks back"):
        with_figures("# Card", {})
