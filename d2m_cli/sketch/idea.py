"""Musical ideas: what a section plays, invented from a seed within the rules of a style."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from d2m_cli.sketch.notes import signs
from d2m_cli.sketch.rules import TRIAD, StyleRules
from d2m_cli.spec import SIXTEENTHS_PER_BEAT

SAME_IN_A_PIECE = ("kick", "snare", "clap")
"""Strokes whose pattern is the same in all sections."""

MELODY_STEPS = (-2, -1, -1, 0, 1, 1, 2)
MELODY_RANGE = (-2, 7)
"""Steps of the scale: how a melody goes on, and how far from the chord's root it gets."""


@dataclass(frozen=True)
class Idea:
    """What the sections of one number are made of."""

    chords: tuple[int, ...]
    voicing: tuple[int, ...]
    bass: str
    strokes: str
    hook: tuple[str, str]
    """Rhythm of the melody in two bars, which come back until the section ends."""
    contour: tuple[tuple[int, ...], tuple[int, ...]]
    """Steps of the scale above the chord, one for each note of the hook's bars."""
    groove: dict[str, str]
    fill: str


def invent(rules: StyleRules, kit: Mapping[str, str], random: Generator) -> Idea:
    """A new idea for a piece whose drums play the patterns `kit` by stroke."""
    hook = pick(rules.melodies, random), pick(rules.melodies, random)
    contours, place = [], int(random.choice(TRIAD))
    for rhythm in hook:
        contour = []
        for step, _, _ in signs(rhythm):
            place = int(np.clip(place + random.choice(MELODY_STEPS), *MELODY_RANGE))
            contour.append(place // 2 * 2 if step % SIXTEENTHS_PER_BEAT == 0 else place)
        contours.append(tuple(contour))
    same = {stroke: kit[stroke] for stroke in SAME_IN_A_PIECE if stroke in kit}
    return Idea(
        chords=rules.progressions[random.integers(len(rules.progressions))],
        voicing=rules.voicings[random.integers(len(rules.voicings))],
        bass=pick(rules.bass_lines, random),
        strokes=pick(rules.chord_strokes, random),
        hook=hook,
        contour=(contours[0], contours[1]),
        groove=new_kit(rules, random) | same,
        fill=pick(rules.fills, random),
    )


def new_kit(rules: StyleRules, random: Generator) -> dict[str, str]:
    """A pattern of each drum stroke."""
    return {stroke: pick(rules.groove[stroke], random) for stroke in sorted(rules.groove)}


def pick(choices: Sequence[str], random: Generator) -> str:
    """One of the choices."""
    return choices[random.integers(len(choices))]
