"""docs/api.md is what the docstrings say now."""

import runpy

from project import ROOT

import d2m_cli


def test_the_page_is_made_of_the_docstrings() -> None:
    made = runpy.run_path(str(ROOT / "docs/make_api.py"))["page"]()
    assert (ROOT / "docs/api.md").read_text(encoding="utf-8") == made, "run python docs/make_api.py"
    for name in d2m_cli.EXPORTS:
        assert f"\n## {name}\n" in made


def test_everything_on_the_page_has_a_sentence() -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    blocks = page.split("\n## ")[1:]
    assert all(len(block.partition("\n\n")[2].strip()) > 20 for block in blocks)
