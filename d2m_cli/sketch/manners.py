"""How a piece of a style is built: its scales, voices and drums.

Patterns are sixteenths of a bar of four beats. None is taken from a piece; they are what every
drum machine and harmony book begins with.
"""

from dataclasses import dataclass

MINOR = (0, 2, 3, 5, 7, 8, 10)
MAJOR = (0, 2, 4, 5, 7, 9, 11)
DORIAN = (0, 2, 3, 5, 7, 9, 10)
"""Semitones of the scales' steps above the key note."""

PROGRESSIONS = (
    (0, 5, 2, 6),
    (0, 3, 4, 3),
    (0, 5, 3, 4),
    (0, 6, 5, 6),
    (0, 4, 5, 3),
    (0, 2, 3, 4),
    (0, 0, 3, 4),
)
"""Steps of the scale that the chords of four bars stand on."""

BASS_LINES = (
    (0, 2, 4, 6, 8, 10, 12, 14),
    (0, 3, 6, 8, 11, 14),
    (0, 4, 7, 8, 12, 15),
    (0, 4, 8, 12),
    (0, 4, 6, 8, 12, 14),
)
CHORD_STROKES = ((0,), (0, 8), (0, 6, 12), (0, 4, 10, 12), (0, 3, 8, 11))
MELODIES = (
    (0, 4, 6, 8, 12, 14),
    (0, 3, 6, 8, 11, 14),
    (0, 2, 4, 6, 8, 10, 12, 14),
    (0, 6, 8, 10, 12),
    (0, 1, 2, 4, 6, 8, 9, 10, 12, 14),
    (0, 4, 8, 10, 11, 12),
)
KICKS = ((0, 4, 8, 12), (0, 8, 10), (0, 6, 10), (0, 7, 8), (0, 3, 8, 11))
SNARES = ((4, 12), (4, 12, 15), (4, 10, 12))
CYMBALS = (
    (0, 2, 4, 6, 8, 10, 12, 14),
    (2, 6, 10, 14),
    tuple(range(16)),
)


@dataclass(frozen=True)
class Manner:
    """What a style prefers."""

    scales: tuple[tuple[int, ...], ...] = (MINOR, MAJOR)
    drums: float = 1.0
    """Strength of the drums, 0..1."""
    chords: float = 0.4
    """Loudness of the chords against the bass, and"""
    melody: float = 0.6
    """of the melody."""
    bright: float = 0.5
    """Share of each next overtone in the level of the one before it."""
    held: float = 2.5
    """Sixteenths in which a plucked note falls to 1/e."""


MANNERS = {
    "ambient": Manner((MAJOR, DORIAN), drums=0.4, chords=0.7, melody=0.4, bright=0.35, held=8.0),
    "chiptune": Manner((MAJOR, MINOR), chords=0.3, melody=0.8, bright=0.6, held=2.0),
    "electro-rock": Manner((MINOR, DORIAN), chords=0.5, bright=0.6),
    "electronic": Manner((MINOR,), melody=0.6, bright=0.5, held=2.0),
    "game": Manner((MAJOR, MINOR), drums=0.8, chords=0.5, melody=0.7),
    "industrial": Manner((MINOR,), chords=0.4, melody=0.3, bright=0.65),
    "metal": Manner((MINOR,), chords=0.6, melody=0.4, bright=0.7, held=4.0),
    "pop": Manner((MAJOR,), chords=0.5, melody=0.7, bright=0.45),
    "rock": Manner((MAJOR, DORIAN, MINOR), chords=0.6, melody=0.5, bright=0.6, held=4.0),
    "world": Manner((DORIAN, MINOR), drums=0.7, melody=0.8, bright=0.4, held=3.0),
}
"""By the names that bundles give their styles; any other style has the manner `Manner()`."""
