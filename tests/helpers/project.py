"""Where the tests find the project, and what may lie beside it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE, EXAMPLE_BPM = ROOT / "examples/dance.mp4", 112.0
"""The dance that ships with the project; its first beat lies at 0 s (`examples/make_dance.py`)."""

FIXTURES = ROOT / "tests/fixtures"
"""Numbers that other code gave; its README lists them."""

SHARED = ROOT.parent / "shared"
"""Clips, data and recordings that are not part of the project."""
