"""The notes of a piece and the plan that they follow.

Letters: `S` sixteenths of the piece.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from d2m_cli.sketch.notes import Note, Part
from d2m_cli.sketch.rules import StyleRules

OCTAVE = 12
BASS_LOWEST, CHORD_LOWEST, MELODY_LOWEST = 28, 55, 64
"""MIDI numbers from which on roots lie (E1, G3, E4)."""
ALL = frozenset(Part)
TUNED = ALL - {Part.DRUMS}


class Section(NamedTuple):
    """A stretch of the plan of a piece."""

    name: str
    idea: int
    """Sections of one number share their music."""
    bars: int
    parts: frozenset[Part] = ALL
    rising: bool = False
    """Whether a snare roll leads out of it."""


class Tonality(NamedTuple):
    """Where a piece is at home."""

    key: int
    """Semitones of the key note above C."""
    scale: tuple[int, ...]
    """Semitones of its steps above the key note."""


class Bar(NamedTuple):
    """A bar of a piece, as far as it lies within it."""

    begin: int
    end: int
    """Sixteenths of the piece; the first may lie before it."""
    section: str
    root: int
    """Step of the scale that its chord stands on."""


@dataclass
class Score:
    """Notes and bars of a piece."""

    rules: StyleRules
    key: int
    """Semitones of the key note above C."""
    scale: tuple[int, ...]
    sixteenths: int
    notes: list[Note] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    def pitch(self, degree: int, lowest: int) -> int:
        """MIDI number of a step of the scale, in the octaves from `lowest` on."""
        octave, step = divmod(degree, len(self.scale))
        return lowest + (self.key - lowest) % OCTAVE + self.scale[step] + OCTAVE * octave

    def folded(self, degree: int, lowest: int) -> int:
        """MIDI number of a step of the scale in the octave from `lowest` on."""
        return lowest + (self.pitch(degree, lowest) - lowest) % OCTAVE

    def above(self, root: int, degree: int) -> int:
        """Semitones from a root up to the tone `degree` steps above it."""
        return self.pitch(root + degree, 0) - self.pitch(root, 0)
