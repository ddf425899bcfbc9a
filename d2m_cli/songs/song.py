"""A song: its score and form, with every beat, bar and section at an exact time."""

from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.bundles.styles import StyleEntry
from d2m_cli.sketch.arrangement import Stretch
from d2m_cli.sketch.compose import compose
from d2m_cli.sketch.notes import Part
from d2m_cli.sketch.plan import Plan
from d2m_cli.sketch.score import ALL, Score, Section
from d2m_cli.spec import SIXTEENTHS_PER_BEAT

LEAD_IN = (0.05, 0.5)
"""Seconds before the first beat."""
RING_OUT = 2.0
"""Seconds for the last chord to die away."""
SECONDS = (60.0, 120.0)
"""A form is shortened or lengthened by whole phrases towards this."""
PHRASE = 4
"""Bars."""


class Kind(NamedTuple):
    """What sections of one name are like."""

    idea: int
    energy: tuple[float, float]
    """At its beginning and its end, 0..1."""
    parts: frozenset[Part] = ALL
    rising: bool = False
    bars: int = 8


KINDS = {
    "intro": Kind(0, (0.4, 0.5), frozenset({Part.DRUMS, Part.CHORDS}), bars=4),
    "verse": Kind(1, (0.6, 0.65)),
    "build": Kind(1, (0.6, 0.9), ALL - {Part.MELODY}, True, 4),
    "drop": Kind(0, (0.95, 1.0)),
    "break": Kind(2, (0.45, 0.4), frozenset({Part.CHORDS, Part.MELODY}), bars=4),
    "end": Kind(0, (0.6, 0.4), ALL - {Part.MELODY}, bars=4),
}
"""Sections of dance music (Snoman, Dance Music Manual: arrangement); "drop" stands for a chorus."""

FORMS = (
    ("intro", "verse", "build", "drop", "break", "build", "drop", "end"),
    ("intro", "drop", "verse", "build", "drop", "break", "drop", "end"),
    ("intro", "verse", "drop", "verse", "drop", "break", "drop", "end"),
    ("verse", "build", "drop", "break", "verse", "drop", "end"),
)


@dataclass(frozen=True)
class Song:
    """A score in time."""

    style: str
    seed: int
    bpm: float
    start: float
    """Seconds of the first beat."""
    plan: tuple[Section, ...]
    score: Score

    @property
    def sixteenth(self) -> float:
        """Seconds of a sixteenth."""
        return 60.0 / self.bpm / SIXTEENTHS_PER_BEAT

    @property
    def seconds(self) -> float:
        """Length, with the last sound."""
        return self.start + self.score.sixteenths * self.sixteenth + RING_OUT

    @property
    def beats(self) -> NDArray[np.float64]:
        """Seconds `(B,)` of the beats, those of the last chord among them."""
        count = self.score.sixteenths // SIXTEENTHS_PER_BEAT
        return self.start + np.arange(count + 1) * 60.0 / self.bpm

    @property
    def sections(self) -> tuple[Stretch, ...]:
        """Sections with their times in seconds."""
        bar = self.score.rules.meter * 60.0 / self.bpm
        found, begin = [], self.start
        for section in self.plan:
            found.append(Stretch(begin, begin + section.bars * bar, section.name))
            begin = found[-1].end
        return tuple(found)

    def time(self, step: float) -> float:
        """Seconds of a place in sixteenths."""
        return self.start + step * self.sixteenth


class Outline(NamedTuple):
    """What is known of a song before its notes are written."""

    bpm: float
    start: float
    """Seconds of the first beat."""
    plan: tuple[Section, ...]
    seconds: float


def outline(style: str, entry: StyleEntry, seed: int) -> Outline:
    """Tempo, form and length of a song, which cost nothing to know."""
    random = np.random.default_rng((seed, crc32(style.encode()), 2))
    bpm = round(float(random.uniform(*entry.tempo)), 2)
    bar = entry.rules.meter * 60.0 / bpm
    plan = _plan(bar, random)
    start = float(random.uniform(*LEAD_IN))
    length = (sum(section.bars for section in plan) + 1) * bar
    return Outline(bpm, start, plan, start + length + RING_OUT)


def write_song(style: str, entry: StyleEntry, seed: int) -> Song:
    """A song of the style; the same seed gives the same song."""
    bpm, start, plan, _ = outline(style, entry, seed)
    bar = entry.rules.meter * SIXTEENTHS_PER_BEAT
    energy = [np.linspace(*KINDS[section.name].energy, section.bars * bar) for section in plan]
    lively = np.concatenate([*energy, np.full(bar, energy[-1][-1])])
    random = np.random.default_rng((seed, crc32(style.encode())))
    score = compose(Plan(tuple(plan)), lively, entry.rules, random, close=len(lively) - bar)
    return Song(style, seed, bpm, start, plan, score)


def _plan(bar: float, random: Generator) -> tuple[Section, ...]:
    """Sections of a form; `bar` is the length of a bar in seconds."""
    form = FORMS[random.integers(len(FORMS))]
    total = bar * sum(KINDS[name].bars for name in form)
    factor = 0.5 if total > SECONDS[1] else 2 if total < SECONDS[0] else 1
    sections = []
    for name in form:
        kind = KINDS[name]
        bars = max(PHRASE, int(kind.bars * factor))
        sections.append(Section(name, kind.idea, bars, kind.parts, kind.rising))
    return tuple(sections)
