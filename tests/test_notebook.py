"""examples/notebook.ipynb runs from the first cell to the last."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from project import ROOT

from d2m_cli.ingest.probe import probe

NOTEBOOK = ROOT / "examples/notebook.ipynb"


def test_every_cell_runs(tmp_path: Path) -> None:
    """In order, in one namespace, as a kernel runs them; each cell's last value is shown."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    shutil.copy(ROOT / "examples/dance.mp4", tmp_path)
    (tmp_path / "cells.json").write_text(json.dumps(code))
    result = subprocess.run(
        [sys.executable, "-c", KERNEL],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert "Dance2Music('embedded'" in result.stdout
    assert result.stdout.count("<audio") == 2
    lines = [line for line in result.stdout.splitlines() if ": lift" in line]
    lifts = [line.split("lift ")[1].split(",")[0] for line in lines]
    assert len(lifts) == 2 and min(map(float, lifts)) > 0.1, result.stdout
    assert probe(tmp_path / "dance_rock.mp4").has_audio and (tmp_path / "dance_pop.mp3").exists()


def test_no_output_is_committed() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") for cell in cells)


KERNEL = """
import ast, json
namespace = {}
for number, text in enumerate(json.load(open("cells.json"))):
    tree = ast.parse(text, f"cell {number}")
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, f"cell {number}", "exec"), namespace)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), namespace)
        print(value._repr_html_() if hasattr(value, "_repr_html_") else repr(value))
"""
