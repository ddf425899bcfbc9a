"""Notes and drum onsets of a piece on the grid of its sixteenths: chords, bass, melody, drums.

Letters: `S` sixteenths of the piece.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.sketch import rules
from d2m_cli.sketch.drums import BANDS
from d2m_cli.sketch.partials import LOWEST_PITCH, PITCHES
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.spec import BEATS_PER_BAR, SIXTEENTHS_PER_BEAT

BAR = BEATS_PER_BAR * SIXTEENTHS_PER_BEAT
PHRASE = 4
"""Bars of a chord progression."""
SECTIONS = (0, 0, 1, 0, 2, 1)
"""Which of a piece's ideas each pair of phrases plays, again and again."""

OVERTONES = (0, 12, 19, 24, 28, 31)
"""Semitones of the harmonics above their note."""

ACCENTS = (1.0, 0.4, 0.6, 0.4)
"""Strength of the sixteenths of a beat: accents that make the beat clear to a listener."""

BASS = 1.5
"""Level of the bass; real music has most of its power there."""

DRUM = slice(31 - LOWEST_PITCH, 33 - LOWEST_PITCH)
"""Pitches at which a kick sounds, as loud as a bass note (49 to 52 Hz)."""

BASS_ONSET, NOTE_ONSET = (0.4, 0.2, 0.05), (0.0, 0.5, 0.15)
"""Strengths of the drum onsets of a note of full level."""

CYMBAL = 0.35
"""Strength of a cymbal against the drums."""

CALM, LIVELY = 0.35, 0.7
"""Energy above which the melody joins, and above which the cymbals double."""


@dataclass(frozen=True)
class _Idea:
    """What a section is made of."""

    chords: tuple[int, ...]
    bass: tuple[int, ...]
    strokes: tuple[int, ...]
    melody: tuple[int, ...]
    contour: tuple[int, ...]
    """Steps of the scale above the chord, one for each note of the melody in two bars."""
    kick: tuple[int, ...]
    snare: tuple[int, ...]
    cymbal: tuple[int, ...]


class Score:
    """Levels `(S, PITCHES)` of all pitches and strengths `(BANDS, S)` of all drum onsets."""

    def __init__(
        self, first: int, lively: NDArray[np.float64], rules: StyleRules, random: Generator
    ) -> None:
        self.first, self.lively, self.rules = first, lively, rules
        self.levels = np.zeros((len(lively), PITCHES))
        self.drum_onsets = np.zeros((BANDS, len(lively)))
        self.scale = rules.scales[random.integers(len(rules.scales))]
        self.key = int(random.integers(12))
        self.ideas = [_idea(random) for _ in range(max(SECTIONS) + 1)]

    def play(self, close: int) -> None:
        """Write everything up to the closing chord at sixteenth `close`."""
        for place in range(-(self.first % BAR), close, BAR):
            bar = (self.first + place) // BAR
            idea = self.ideas[SECTIONS[bar // (2 * PHRASE) % len(SECTIONS)]]
            self._bar(place, min(place + BAR, close), bar, idea)
        if close < len(self.lively):
            self._chord(close, len(self.lively) - close, 0, 1.0)
            self._note(close, BAR, self._pitch(0, LOWEST_PITCH), 1.0)
            self._hit(close, (1.0, 0.6, 0.8))

    def _bar(self, begin: int, end: int, bar: int, idea: _Idea) -> None:
        inside = slice(max(0, begin), max(0, end))
        energy = float(self.lively[inside].mean()) if end > max(0, begin) else 0.0
        root = idea.chords[bar % PHRASE]
        loud = 0.5 + 0.5 * energy
        for number, step in enumerate(idea.bass):
            octave = 12 * (number % 2) if len(idea.bass) > 6 else 0
            length = _gap(idea.bass, number)
            level = BASS * loud
            pitch = self._pitch(root, LOWEST_PITCH) + octave
            self._note(begin + step, length, pitch, level, end, plucked=False)
        for number, step in enumerate(idea.strokes):
            length = _gap(idea.strokes, number)
            self._chord(begin + step, length, root, loud * self.rules.chords, end)
        if energy > CALM:
            notes = len(idea.melody)
            for number, step in enumerate(idea.melody):
                degree = root + idea.contour[number + notes * (bar % 2)]
                length = _gap(idea.melody, number)
                level = loud * self.rules.melody
                self._note(begin + step, length, self._pitch(degree, 64), level, end)
        self._drums(begin, end, bar, idea, energy)

    def _drums(self, begin: int, end: int, bar: int, idea: _Idea, energy: float) -> None:
        strong = self.rules.drums * (0.6 + 0.4 * energy)
        cymbal = tuple(range(0, BAR, 1 if energy > LIVELY else 2)) if bar % 2 else idea.cymbal
        fill = tuple(range(BAR - 4, BAR)) if bar % (2 * PHRASE) == 2 * PHRASE - 1 else ()
        for step in idea.kick:
            self._hit(begin + step, (strong, 0.4 * strong, 0.2 * strong), end)
            if 0 <= begin + step < end:
                self.levels[begin + step, DRUM] += BASS * strong
        for step in (*idea.snare, *fill):
            self._hit(begin + step, (0.2 * strong, strong, 0.6 * strong), end)
        for step in cymbal:
            self._hit(begin + step, (0.0, 0.0, strong * CYMBAL), end)

    def _hit(self, step: int, strength: tuple[float, ...], end: int | None = None) -> None:
        if 0 <= step < (self.drum_onsets.shape[1] if end is None else end):
            accented = np.multiply(strength, ACCENTS[step % SIXTEENTHS_PER_BEAT])
            self.drum_onsets[:, step] = np.maximum(self.drum_onsets[:, step], accented)

    def _chord(
        self, step: int, length: int, root: int, level: float, end: int | None = None
    ) -> None:
        for degree in (0, 2, 4):
            self._note(step, length, self._pitch(root + degree, 55), level, end, plucked=False)

    def _note(
        self,
        step: int,
        length: int,
        pitch: int,
        level: float,
        end: int | None = None,
        plucked: bool = True,
    ) -> None:
        """Add a note with its overtones; parts outside the piece are left out."""
        last = min(step + length, len(self.levels) if end is None else end)
        begin = max(0, step)
        if begin >= last:
            return
        age = np.arange(begin, last) - step
        level *= (1.0 + ACCENTS[step % SIXTEENTHS_PER_BEAT]) / 2.0
        envelope = level * np.exp(
            -age / (self.rules.decay_sixteenths if plucked else 2 * self.rules.decay_sixteenths)
        )
        for number, above in enumerate(OVERTONES):
            place = pitch - LOWEST_PITCH + above
            if place < PITCHES:
                self.levels[begin:last, place] += envelope * self.rules.overtone_rolloff**number
        if step >= 0:
            heard = BASS_ONSET if pitch < 48 else NOTE_ONSET
            self._hit(step, tuple(level * part for part in heard))

    def _pitch(self, degree: int, lowest: int) -> int:
        """MIDI number of a step of the scale, in the octaves from `lowest` on."""
        octave, step = divmod(degree, len(self.scale))
        return lowest + (self.key - lowest) % 12 + self.scale[step] + 12 * octave


def _idea(random: Generator) -> _Idea:
    def pick(choices: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
        return choices[random.integers(len(choices))]

    melody = pick(rules.MELODIES)
    contour, place = [], int(random.choice((0, 2, 4)))
    for number in range(2 * len(melody)):
        strong = melody[number % len(melody)] % 4 == 0
        place = int(np.clip(place + random.choice((-2, -1, 0, 1, 2)), -2, 9))
        contour.append(place // 2 * 2 if strong else place)
    return _Idea(
        pick(rules.PROGRESSIONS),
        pick(rules.BASS_LINES),
        pick(rules.CHORD_STROKES),
        melody,
        tuple(contour),
        pick(rules.KICKS),
        pick(rules.SNARES),
        pick(rules.CYMBALS),
    )


def _gap(steps: tuple[int, ...], number: int) -> int:
    """Sixteenths from a note of a pattern to the next."""
    following = steps[number + 1] if number + 1 < len(steps) else BAR + steps[0]
    return following - steps[number]
