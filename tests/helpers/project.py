"""Where the tests find the project, and what may lie beside it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE_BPM = 112.0
"""Beats per minute of `examples/dance.mp4` (`examples/make_dance.py`), the first at 0 s."""

FIXTURES = ROOT / "tests/fixtures"
"""Numbers that other code gave; its README lists them."""

SHARED = ROOT.parent / "shared"
"""Clips, data and recordings that are not part of the project."""
