"""How a piece is built: patterns that every style shares, and the rules of one style.

Patterns are sixteenths of a bar of four beats. None is taken from a piece; they are what every
drum machine and harmony book begins with. The rules of a bundle's styles lie in its `styles.toml`
(`bundles.styles`).
"""

from dataclasses import dataclass

MINOR = (0, 2, 3, 5, 7, 8, 10)
MAJOR = (0, 2, 4, 5, 7, 9, 11)
DORIAN = (0, 2, 3, 5, 7, 9, 10)
"""Semitones of the scales' steps above the key note."""

SCALES = {"minor": MINOR, "major": MAJOR, "dorian": DORIAN}
"""By the names that `styles.toml` gives them."""

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
    """What a style prefers; the defaults are for a style that is taken from a piece of music."""

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
