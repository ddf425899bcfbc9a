"""Writes the notes of a piece by the rules of its style: drums, bass, chords, melody.

Letters: `S` sixteenths of the piece.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.sketch.idea import Idea, invent, new_kit
from d2m_cli.sketch.notes import STROKES, Note, Part, signs
from d2m_cli.sketch.plan import Plan
from d2m_cli.sketch.rules import FILLS, TRIAD, StyleRules
from d2m_cli.sketch.score import (
    BASS_LOWEST,
    CHORD_LOWEST,
    MELODY_LOWEST,
    OCTAVE,
    Bar,
    Score,
    Section,
    Tonality,
)
from d2m_cli.spec import SIXTEENTHS_PER_BEAT

ACCENTS = (1.0, 0.5, 0.7, 0.5)
"""Strength of the sixteenths of a beat: accents that make the beat clear to a listener."""
LOUD, SOFT = "X", "o"
SOFTLY = 0.35
"""Velocity of a ghost note against the usual one."""
STILL_VOICES, STILL_DRUMS = 0.5, 0.6
"""Velocity of voices and drums in a dance that stands still, against the liveliest one."""
VELOCITY_ERROR = 0.06
"""Standard deviation of a player's velocity, as a share."""

CALM, LIVELY = 0.35, 0.7
"""Energy above which melody and percussion join, and above which a section opens with a crash."""
BACKBONE = ("kick", "snare", "clap", "hat")
"""Strokes that play in a calm bar, too."""
TONES = {"1": 0, "3": 2, "5": 4, "7": 6, "8": 0}
"""Steps of the scale from a chord's root to the tones that a pattern names."""
ROLL = ("x...x...x...x...", "x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx")
"""Snare of the bars of a build, ever denser."""


def compose(
    plan: Plan,
    lively: NDArray[np.float64],
    rules: StyleRules,
    random: Generator,
    first: int = 0,
    close: int | None = None,
    tonality: Tonality | None = None,
) -> Score:
    """A piece whose sections follow the plan, with energy `lively` `(S,)` 0..1.

    Its first sixteenth is number `first` of the dance; at sixteenth `close` of the piece comes the
    closing chord, which sounds to the end. A `tonality` takes the place of the one that is thrown.
    """
    return _Composer(plan, lively, rules, random, first, tonality).compose(
        len(lively) if close is None else close
    )


class _Composer:
    def __init__(
        self,
        plan: Plan,
        lively: NDArray[np.float64],
        rules: StyleRules,
        random: Generator,
        first: int,
        tonality: Tonality | None,
    ) -> None:
        self.plan, self.lively, self.rules = plan, lively, rules
        self.random, self.first = random, first
        self.bar = rules.meter * SIXTEENTHS_PER_BEAT
        scale = rules.scales[random.integers(len(rules.scales))]
        thrown = Tonality(int(random.integers(OCTAVE)), scale)
        self.score = Score(rules, *(tonality or thrown), len(lively))
        kit = new_kit(rules, random)
        self.ideas = [invent(rules, kit, random) for _ in range(plan.ideas)]

    def compose(self, close: int) -> Score:
        for place in range(-(self.first % self.bar), close, self.bar):
            self._write_bar(place, min(place + self.bar, close))
        if close < self.score.sixteenths:
            self._close(close)
        self.score.notes.sort(key=lambda note: (note.start, note.part, note.pitch))
        return self.score

    def _write_bar(self, begin: int, end: int) -> None:
        number = (self.first + begin) // self.bar
        section, place = self.plan.section(number)
        idea = self.ideas[section.idea]
        root = idea.chords[place % len(idea.chords)]
        following = idea.chords[(place + 1) % len(idea.chords)]
        self.score.bars.append(Bar(begin, end, section.name, root))
        energy = float(self.lively[max(0, begin) : max(0, end)].mean()) if end > 0 else 0.0
        loud = STILL_VOICES + (1.0 - STILL_VOICES) * energy
        if Part.BASS in section.parts:
            self._bass(begin, end, place, idea.bass, root, following, loud)
        if Part.CHORDS in section.parts:
            self._chords(begin, end, place, idea, root, loud)
        if Part.MELODY in section.parts and energy > CALM:
            self._melody(begin, end, place, idea, root, loud)
        if Part.DRUMS in section.parts:
            self._drums(begin, end, place, section, idea, energy)

    def _bass(
        self, begin: int, end: int, place: int, line: str, root: int, following: int, loud: float
    ) -> None:
        low = self.score.folded(root, BASS_LOWEST)
        for step, length, sign in signs(self._bar_of(line, place)):
            if sign == "b":
                pitch = self.score.folded(following - 1, BASS_LOWEST)
            else:
                pitch = low + self.score.above(root, TONES[sign]) + OCTAVE * (sign == "8")
            self._add(Part.BASS, begin + step, length, pitch, loud * _accent(step), end)

    def _chords(self, begin: int, end: int, place: int, idea: Idea, root: int, loud: float) -> None:
        for step, length, sign in signs(self._bar_of(idea.strokes, place)):
            tones = (TONES[sign],) if sign in TONES else idea.voicing
            for tone in tones:
                pitch = self.score.folded(root + tone, CHORD_LOWEST) + OCTAVE * (sign == "8")
                self._add(Part.CHORDS, begin + step, length, pitch, loud * _force(sign, step), end)

    def _melody(self, begin: int, end: int, place: int, idea: Idea, root: int, loud: float) -> None:
        half = place % 2
        # Roots in the upper half of the scale lie an octave lower, so that no hook gets shrill.
        base = root - len(self.score.scale) if root > len(self.score.scale) // 2 else root
        ends = place % 4 == 3
        notes = signs(idea.hook[half])
        for number, (step, length, sign) in enumerate(notes):
            degree = idea.contour[half][number]
            if ends and number == len(notes) - 1:
                degree = 0
            pitch = self.score.pitch(base + degree, MELODY_LOWEST)
            self._add(Part.MELODY, begin + step, length, pitch, loud * _force(sign, step), end)

    def _drums(
        self, begin: int, end: int, place: int, section: Section, idea: Idea, energy: float
    ) -> None:
        strong = self.rules.drums * (STILL_DRUMS + (1.0 - STILL_DRUMS) * energy)
        last = place == section.bars - 1
        for stroke, pattern in idea.groove.items():
            calm = energy <= CALM and stroke not in BACKBONE
            rolls = section.rising and (stroke == "snare" or (last and stroke == "kick"))
            if calm or rolls:
                continue
            for step, _, sign in signs(self._bar_of(pattern, place)):
                self._stroke(stroke, begin + step, strong * _force(sign, step), end)
        if section.rising:
            dense = ROLL[min(len(ROLL) * (place + 1) // (section.bars + 1), len(ROLL) - 1)]
            for step, _, sign in signs(dense[: self.bar]):
                loud = strong * (0.4 + 0.6 * (place + step / self.bar) / section.bars)
                self._stroke("snare", begin + step, loud * _force(sign, step), end)
        elif last:
            for stroke, pattern in FILLS[idea.fill].items():
                for step, _, sign in signs(pattern):
                    at = self.bar - SIXTEENTHS_PER_BEAT + step
                    self._stroke(stroke, begin + at, strong * _force(sign, at), end)
        if place == 0 and energy > LIVELY and self.rules.drums > 0:
            self._stroke("crash", begin, 0.8 * strong, end)

    def _close(self, step: int) -> None:
        rest = self.score.sixteenths - step
        section = self.score.bars[-1].section if self.score.bars else self.plan.sections[0].name
        self.score.bars.append(Bar(step, self.score.sixteenths, section, 0))
        for degree in TRIAD:
            self._add(Part.CHORDS, step, rest, self.score.folded(degree, CHORD_LOWEST), 1.0)
        self._add(Part.BASS, step, min(rest, self.bar), self.score.folded(0, BASS_LOWEST), 1.0)
        for stroke in ("kick", "crash"):
            self._stroke(stroke, step, self.rules.drums, step + 1)

    def _stroke(self, stroke: str, step: int, velocity: float, end: int) -> None:
        self._add(Part.DRUMS, step, 1, STROKES[stroke], velocity, end)

    def _add(
        self,
        part: Part,
        step: int,
        length: int,
        pitch: int,
        velocity: float,
        end: int | None = None,
    ) -> None:
        """Add a note; what lies outside the piece or after `end` is left out."""
        last = min(step + length, self.score.sixteenths if end is None else end)
        begin = max(0, step)
        if begin >= last or velocity <= 0:
            return
        late = 2 * self.rules.swing - 1 if step % 2 and step > 0 else 0.0
        loose, force = self.random.normal(0.0, 1.0, 2)
        if pitch == STROKES["kick"] and part is Part.DRUMS:
            loose = 0.0
        start = max(0.0, begin + late + loose * self.rules.looseness)
        velocity = float(np.clip(velocity * (1 + VELOCITY_ERROR * force), 0.02, 1.0))
        self.score.notes.append(Note(part, start, last - begin, pitch, velocity))

    def _bar_of(self, pattern: str, place: int) -> str:
        """The part of a pattern of one or more bars that bar `place` of a section plays."""
        begin = place * self.bar % len(pattern)
        return pattern[begin : begin + self.bar]


def _accent(step: int) -> float:
    return (1.0 + ACCENTS[step % SIXTEENTHS_PER_BEAT]) / 2.0


def _force(sign: str, step: int) -> float:
    """Velocity of a sign of a pattern."""
    if sign == LOUD:
        return 1.0
    return SOFTLY if sign == SOFT else ACCENTS[step % SIXTEENTHS_PER_BEAT]
