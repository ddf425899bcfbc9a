"""The authors' networks on random weights (../shared/fixtures), to compare with."""

from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest
from project import SHARED
from torch import Tensor

FOLDER = SHARED / "fixtures"
needed = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the authors' fixtures are not part of the project"
)


def shapes(module: str) -> dict[str, list[int]]:
    """Keys and shapes of one of the authors' modules."""
    table: dict[str, dict[str, list[int]]] = json.loads((FOLDER / "official_keys.json").read_text())
    return table[module]


def state(module: str) -> dict[str, Tensor]:
    """The random state dict that the recorded numbers were made with."""
    spec = importlib.util.spec_from_file_location("seeded_fill", FOLDER / "seeded_fill.py")
    assert spec and spec.loader
    fill = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fill)
    filled: dict[str, Tensor] = fill.seeded_state(shapes(module), module, fill.AIST[module])
    return filled


def recorded(name: str) -> dict[str, np.ndarray]:
    """Arrays of one recording."""
    with np.load(FOLDER / name) as archive:
        return dict(archive)
