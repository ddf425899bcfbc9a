"""Notes: what the sketch, the MIDI file and the instruments of a piece are all made of.

Patterns are written as in a drum tablature, one character a sixteenth: `.` rests, `-` holds what
sounds, any other sign begins a note and says which.
"""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class Part(StrEnum):
    """A group of instruments; each has a stem of its own."""

    DRUMS = "drums"
    BASS = "bass"
    CHORDS = "chords"
    MELODY = "melody"


class Note(NamedTuple):
    """A note or a drum stroke."""

    part: Part
    start: float
    """Sixteenths from the start of the piece, with swing and a player's looseness."""
    length: float
    """Sixteenths."""
    pitch: int
    """MIDI number; of a drum stroke the General MIDI percussion key (`STROKES`)."""
    velocity: float
    """0..1."""


STROKES = {
    "kick": 36,
    "rim": 37,
    "snare": 38,
    "clap": 39,
    "hat": 42,
    "pedal-hat": 44,
    "low-tom": 45,
    "open-hat": 46,
    "mid-tom": 47,
    "crash": 49,
    "high-tom": 50,
    "ride": 51,
    "tambourine": 54,
    "cowbell": 56,
    "high-bongo": 60,
    "low-bongo": 61,
    "mute-conga": 62,
    "high-conga": 63,
    "low-conga": 64,
    "high-timbale": 65,
    "low-timbale": 66,
    "maracas": 70,
    "guiro": 73,
    "clave": 75,
    "wood-block": 76,
}
"""Keys of the General MIDI percussion map by the names that `styles.toml` gives them."""

REST, HOLD = ".", "-"


class Sign(NamedTuple):
    """A note of a pattern."""

    step: int
    """Sixteenths from the start of the pattern."""
    length: int
    """Sixteenths."""
    sign: str


@lru_cache(1024)
def signs(pattern: str) -> tuple[Sign, ...]:
    """Notes of a pattern.

    >>> signs("x-.o")
    (Sign(step=0, length=2, sign='x'), Sign(step=3, length=1, sign='o'))
    """
    found: list[Sign] = []
    for step, sign in enumerate(pattern):
        if sign == HOLD and found and sum(found[-1][:2]) == step:
            found[-1] = found[-1]._replace(length=found[-1].length + 1)
        elif sign not in (REST, HOLD):
            found.append(Sign(step, 1, sign))
    return tuple(found)
