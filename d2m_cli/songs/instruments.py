"""Which instruments play a song and how they are mixed: `instruments.toml`, and the seed."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from zlib import crc32

import numpy as np

from d2m_cli.errors import DataError
from d2m_cli.sketch.notes import Part

FILE = "instruments.toml"

LEVEL_ERROR_DB = 1.5
"""Standard deviation by which songs of one style are mixed differently."""
PAN = {Part.DRUMS: 0.0, Part.BASS: 0.0, Part.CHORDS: 0.35, Part.MELODY: 0.25}
"""How far to a side, drawn by the seed, a part may lie: 1 is one speaker alone."""
TUNED = (Part.BASS, Part.CHORDS, Part.MELODY)


@dataclass(frozen=True)
class Instruments:
    """The instruments of one song."""

    programs: Mapping[Part, int]
    """General MIDI programs from 0; of the drums, the kit of bank 128."""
    one_shots: Mapping[str, str]
    """Sample of each drum stroke that the kit does not play."""
    levels: Mapping[Part, float]
    """dB."""
    pan: Mapping[Part, float]
    """-1 left, 1 right."""
    sidechain: float
    """dB by which a kick lowers the tuned parts."""
    reverb: float
    """Share of reverberation, 0..1."""


@cache
def _tables() -> dict[str, Any]:
    text = (files("d2m_cli.songs") / FILE).read_text(encoding="utf-8")
    return tomllib.loads(text)


def one_shot_names() -> dict[str, list[str]]:
    """Samples that each drum stroke may be played with."""
    return dict(_tables()["one_shots"])


def check_instruments(styles: list[str]) -> None:
    """Raise `DataError` when a style has no instruments."""
    for style in styles:
        if style not in _tables()["styles"]:
            raise DataError(f"The style '{style}' has no instruments: add its table to {FILE}.")


def choose_instruments(style: str, seed: int, with_samples: bool) -> Instruments:
    """Instruments for a song; the same seed chooses the same. Raises `DataError`."""
    check_instruments([style])
    table = _tables()["styles"][style]
    random = np.random.default_rng((seed, crc32(style.encode()), 1))
    programs = {part: int(random.choice(table[part])) for part in TUNED}
    programs[Part.DRUMS] = int(random.choice(table["kits"]))
    chosen = {stroke: str(random.choice(names)) for stroke, names in one_shot_names().items()}
    electronic = random.random() < table["one_shots"]
    errors = random.normal(0.0, LEVEL_ERROR_DB, len(Part))
    levels = dict(zip(Part, np.add(table["levels"], errors).tolist(), strict=True))
    sides = random.uniform(-1.0, 1.0, len(Part))
    return Instruments(
        programs,
        chosen if with_samples and electronic else {},
        levels,
        {part: PAN[part] * float(side) for part, side in zip(Part, sides, strict=True)},
        table["sidechain"],
        table["reverb"],
    )
