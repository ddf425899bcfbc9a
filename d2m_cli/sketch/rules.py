"""How a piece is built: patterns that styles share, and the rules of one style.

Patterns are written as `notes` says. None is taken from a piece; they are what every drum machine
and harmony book begins with. The rules of styles lie in files (`bundles.styles`, `songs.styles`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from d2m_cli.spec import BEATS_PER_BAR

MINOR = (0, 2, 3, 5, 7, 8, 10)
MAJOR = (0, 2, 4, 5, 7, 9, 11)
DORIAN = (0, 2, 3, 5, 7, 9, 10)
MIXOLYDIAN = (0, 2, 4, 5, 7, 9, 10)
HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 11)
"""Semitones of the scales' steps above the key note."""

SCALES = {
    "minor": MINOR,
    "major": MAJOR,
    "dorian": DORIAN,
    "mixolydian": MIXOLYDIAN,
    "harmonic minor": HARMONIC_MINOR,
}
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

TRIAD = (0, 2, 4)
"""Steps of the scale from a chord's root to its tones."""

BASS_LINES = (
    "1-8-1-8-1-8-1-8-",
    "1--1--1-1--1--1-",
    "1---1--11---1--1",
    "1---1---1---1---",
    "1---1-1-1---1-1-",
)
"""`1`, `3`, `5` and `7` are tones of the chord, `8` the octave, `b` leads into the next chord."""
CHORD_STROKES = (
    "x---------------",
    "x-------x-------",
    "x-----x-----x---",
    "x---x-----x-x---",
    "x--x----x--x----",
)
"""`X`, `x` and `o` are loud, usual and soft; the signs of a bass line are single tones."""
MELODIES = (
    "x---x-x-x---x-x-",
    "x--x--x-x--x--x-",
    "x-x-x-x-x-x-x-x-",
    "x-----x-x-x-x---",
    "xxx-x-x-xxx-x-x-",
    "x---x---x-xxx---",
)
KICKS = (
    "x...x...x...x...",
    "x.......x.x.....",
    "x.....x...x.....",
    "x......xx.......",
    "x..x....x..x....",
)
SNARES = ("....x.......x...", "....x.......x..x", "....x.....x.x...")
CYMBALS = ("x.x.x.x.x.x.x.x.", "..x...x...x...x.", "xxxxxxxxxxxxxxxx")
GROOVE = {"kick": KICKS, "snare": SNARES, "hat": CYMBALS}

FILLS: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "snare": {"snare": "xxxX"},
    "ghost": {"snare": "ooxo"},
    "claps": {"clap": "x.xx"},
    "toms": {"high-tom": "xx..", "mid-tom": "..x.", "low-tom": "...X"},
    "timbales": {"high-timbale": "x.xx", "low-timbale": ".x.."},
    "kicks": {"kick": "x.xx"},
}
"""What the drums add to the last beat of a section."""

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
    meter: int = BEATS_PER_BAR
    """Beats of a bar."""
    swing: float = 0.5
    """Share of an eighth at which its second sixteenth begins: 0.5 is straight, 2/3 a triplet."""
    looseness: float = 0.03
    """Standard deviation of a note's start, in sixteenths."""
    groove: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: GROOVE)
    """Patterns of each drum stroke, of one bar or a few; a piece picks one of each."""
    fills: tuple[str, ...] = ("none", "snare")
    """Some of `FILLS`."""
    bass_lines: tuple[str, ...] = BASS_LINES
    chord_strokes: tuple[str, ...] = CHORD_STROKES
    melodies: tuple[str, ...] = MELODIES
    progressions: tuple[tuple[int, ...], ...] = PROGRESSIONS
    """Steps of the scale that the chords of successive bars stand on."""
    voicings: tuple[tuple[int, ...], ...] = (TRIAD,)
    """Steps of the scale from a chord's root to the tones that are played."""
