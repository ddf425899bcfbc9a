"""Where the tests find the project, and what may lie beside it."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
"""Clips, data and recordings that are not part of the project."""
