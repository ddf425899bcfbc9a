"""How a piece of a style is built: its scales, voices, drums and balance.

Patterns are sixteenths of a bar of four beats. None is taken from a piece; they are what every
drum machine and harmony book begins with. The balance is that of the training music
(`examples/recipes/sketch_figures.py`).
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

Balance = tuple[float, float, float, float, float, float]
"""dB under the whole of the six octaves that partials may lie in (`partials.LOWEST_PITCH` on)."""

USUAL: Balance = (-7.1, -6.4, -8.9, -11.3, -16.8, -27.4)
"""Mean of the training music's 93 steady tracks."""


@dataclass(frozen=True)
class StyleRules:
    """What a style prefers."""

    scales: tuple[tuple[int, ...], ...] = (MINOR, MAJOR)
    drums: float = 1.0
    """Strength of the drums, 0..1."""
    chords: float = 0.4
    """Loudness of the chords against the bass, and"""
    melody: float = 0.6
    """of the melody."""
    overtone_rolloff: float = 0.5
    """Share of each next overtone in the level of the one before it."""
    decay_sixteenths: float = 2.5
    """Sixteenths in which a plucked note falls to 1/e."""
    balance: Balance = USUAL


STYLE_RULES = {
    "ambient": StyleRules(
        (MAJOR, DORIAN),
        drums=0.4,
        chords=0.7,
        melody=0.4,
        overtone_rolloff=0.35,
        decay_sixteenths=8.0,
        balance=(-4.6, -5.7, -8.5, -12.5, -20.5, -33.3),
    ),
    "chiptune": StyleRules(
        (MAJOR, MINOR),
        chords=0.3,
        melody=0.8,
        overtone_rolloff=0.6,
        decay_sixteenths=2.0,
        balance=(-1.4, -9.3, -12.3, -16.6, -21.6, -28.3),
    ),
    "electro-rock": StyleRules(
        (MINOR, DORIAN),
        chords=0.5,
        overtone_rolloff=0.6,
        balance=(-4.2, -6.5, -10.3, -13.0, -17.7, -25.1),
    ),
    "electronic": StyleRules(
        (MINOR,),
        melody=0.6,
        overtone_rolloff=0.5,
        decay_sixteenths=2.0,
        balance=(-3.6, -5.2, -13.4, -14.7, -17.7, -29.8),
    ),
    "game": StyleRules(
        (MAJOR, MINOR),
        drums=0.8,
        chords=0.5,
        melody=0.7,
        balance=(-8.4, -6.9, -7.6, -7.9, -14.1, -25.8),
    ),
    "industrial": StyleRules(
        (MINOR,),
        chords=0.4,
        melody=0.3,
        overtone_rolloff=0.65,
        balance=(-2.7, -5.4, -10.1, -15.3, -21.3, -28.1),
    ),
    "metal": StyleRules(
        (MINOR,),
        chords=0.6,
        melody=0.4,
        overtone_rolloff=0.7,
        decay_sixteenths=4.0,
        balance=(-5.8, -5.0, -9.0, -9.3, -10.2, -16.8),
    ),
    "pop": StyleRules(
        (MAJOR,),
        chords=0.5,
        melody=0.7,
        overtone_rolloff=0.45,
        balance=(-12.4, -8.1, -8.3, -10.5, -21.4, -48.3),
    ),
    "rock": StyleRules(
        (MAJOR, DORIAN, MINOR),
        chords=0.6,
        melody=0.5,
        overtone_rolloff=0.6,
        decay_sixteenths=4.0,
        balance=(-5.2, -3.5, -7.4, -14.6, -18.8, -27.9),
    ),
    "world": StyleRules(
        (DORIAN, MINOR),
        drums=0.7,
        melody=0.8,
        overtone_rolloff=0.4,
        decay_sixteenths=3.0,
        balance=(-23.6, -5.3, -5.2, -8.9, -9.7, -17.5),
    ),
}
"""By the names that bundles give their styles; any other style has the manner `StyleRules()`."""
