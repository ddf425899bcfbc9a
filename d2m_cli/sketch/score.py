"""Notes and drum onsets of a piece on the grid of its sixteenths: chords, bass, melody, drums.

Letters: `S` sixteenths of the piece.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.sketch import rules
from d2m_cli.sketch.drums import BANDS
from d2m_cli.sketch.partials import LOWEST_PITCH, OCTAVE, PITCHES
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

TRIAD = (0, 2, 4)
"""Steps of the scale from a chord's root to its tones."""
CHORD_LOWEST, MELODY_LOWEST = 55, 64
"""MIDI numbers from which on the chords' roots and the melody lie (G3, E4)."""
BASS_HIGHEST = 48
"""Notes below it count as bass (C3)."""

BASS = 1.5
"""Level of the bass; real music has most of its power there."""
LEAPING_BASS = 6
"""A bass line of more notes leaps an octave up on every other one."""
STILL_VOICES, STILL_DRUMS = 0.5, 0.6
"""Level of voices and drums in a dance that stands still, against the liveliest one."""
HELD = 2.0
"""How much slower a held note (bass, chord) fades than a plucked one."""

KICK_PITCHES = slice(31 - LOWEST_PITCH, 33 - LOWEST_PITCH)
"""Pitches at which a kick sounds, as loud as a bass note (49 to 52 Hz)."""

KICK, SNARE, CYMBAL = (1.0, 0.4, 0.2), (0.2, 1.0, 0.6), (0.0, 0.0, 0.35)
"""Strengths of a stroke's drum onsets in the three bands, against the drums."""
CLOSE = (1.0, 0.6, 0.8)
"""The same of the stroke on the closing chord."""
BASS_ONSET, NOTE_ONSET = (0.4, 0.2, 0.05), (0.0, 0.5, 0.15)
"""The same of a note of full level."""

CALM, LIVELY = 0.35, 0.7
"""Energy above which the melody joins, and above which the cymbals double."""

MELODY_STARTS = TRIAD
MELODY_STEPS = (-2, -1, 0, 1, 2)
MELODY_RANGE = (-2, 9)
"""Steps of the scale above the chord: where a melody begins, how it goes on, how far it gets."""


class Bar(NamedTuple):
    """A bar of a piece, as far as it lies within it."""

    begin: int
    end: int
    """Sixteenths of the piece; the first may lie before it."""
    section: int
    """Number of the idea that the bar plays."""
    root: int
    """Step of the scale that its chord stands on."""


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
        self.key = int(random.integers(OCTAVE))
        self.ideas = [_idea(random) for _ in range(max(SECTIONS) + 1)]
        self.bars: list[Bar] = []

    def play(self, close: int) -> None:
        """Write everything up to the closing chord at sixteenth `close`."""
        for place in range(-(self.first % BAR), close, BAR):
            bar = (self.first + place) // BAR
            section = SECTIONS[bar // (2 * PHRASE) % len(SECTIONS)]
            idea, end = self.ideas[section], min(place + BAR, close)
            self.bars.append(Bar(place, end, section, idea.chords[bar % PHRASE]))
            self._bar(place, end, bar, idea)
        if close < len(self.lively):
            section = self.bars[-1].section if self.bars else SECTIONS[0]
            self.bars.append(Bar(close, len(self.lively), section, 0))
            self._chord(close, len(self.lively) - close, 0, 1.0)
            self._note(close, BAR, self.pitch(0, LOWEST_PITCH), 1.0)
            self._hit(close, CLOSE)

    def _bar(self, begin: int, end: int, bar: int, idea: _Idea) -> None:
        inside = slice(max(0, begin), max(0, end))
        energy = float(self.lively[inside].mean()) if end > max(0, begin) else 0.0
        root = idea.chords[bar % PHRASE]
        loud = STILL_VOICES + (1.0 - STILL_VOICES) * energy
        for number, step in enumerate(idea.bass):
            octave = OCTAVE * (number % 2) if len(idea.bass) > LEAPING_BASS else 0
            length = _gap(idea.bass, number)
            level = BASS * loud
            pitch = self.pitch(root, LOWEST_PITCH) + octave
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
                self._note(begin + step, length, self.pitch(degree, MELODY_LOWEST), level, end)
        self._drums(begin, end, bar, idea, energy)

    def _drums(self, begin: int, end: int, bar: int, idea: _Idea, energy: float) -> None:
        strong = self.rules.drums * (STILL_DRUMS + (1.0 - STILL_DRUMS) * energy)
        cymbal = tuple(range(0, BAR, 1 if energy > LIVELY else 2)) if bar % 2 else idea.cymbal
        ends_pair = bar % (2 * PHRASE) == 2 * PHRASE - 1
        fill = range(BAR - SIXTEENTHS_PER_BEAT, BAR) if ends_pair else ()
        for step in idea.kick:
            self._hit(begin + step, _times(KICK, strong), end)
            if 0 <= begin + step < end:
                self.levels[begin + step, KICK_PITCHES] += BASS * strong
        for step in (*idea.snare, *fill):
            self._hit(begin + step, _times(SNARE, strong), end)
        for step in cymbal:
            self._hit(begin + step, _times(CYMBAL, strong), end)

    def _hit(self, step: int, strength: tuple[float, ...], end: int | None = None) -> None:
        if 0 <= step < (self.drum_onsets.shape[1] if end is None else end):
            accented = np.multiply(strength, ACCENTS[step % SIXTEENTHS_PER_BEAT])
            self.drum_onsets[:, step] = np.maximum(self.drum_onsets[:, step], accented)

    def _chord(
        self, step: int, length: int, root: int, level: float, end: int | None = None
    ) -> None:
        for degree in TRIAD:
            self._note(
                step, length, self.pitch(root + degree, CHORD_LOWEST), level, end, plucked=False
            )

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
        decay = self.rules.decay_sixteenths * (1.0 if plucked else HELD)
        envelope = level * np.exp(-age / decay)
        for number, above in enumerate(OVERTONES):
            place = pitch - LOWEST_PITCH + above
            if place < PITCHES:
                self.levels[begin:last, place] += envelope * self.rules.overtone_rolloff**number
        if step >= 0:
            onset = BASS_ONSET if pitch < BASS_HIGHEST else NOTE_ONSET
            self._hit(step, _times(onset, level))

    def pitch(self, degree: int, lowest: int) -> int:
        """MIDI number of a step of the scale, in the octaves from `lowest` on."""
        octave, step = divmod(degree, len(self.scale))
        return lowest + (self.key - lowest) % OCTAVE + self.scale[step] + OCTAVE * octave


def _idea(random: Generator) -> _Idea:
    def pick(choices: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
        return choices[random.integers(len(choices))]

    melody = pick(rules.MELODIES)
    contour, place = [], int(random.choice(MELODY_STARTS))
    for number in range(2 * len(melody)):
        strong = melody[number % len(melody)] % SIXTEENTHS_PER_BEAT == 0
        place = int(np.clip(place + random.choice(MELODY_STEPS), *MELODY_RANGE))
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


def _times(strengths: tuple[float, ...], factor: float) -> tuple[float, ...]:
    return tuple(factor * strength for strength in strengths)


def _gap(steps: tuple[int, ...], number: int) -> int:
    """Sixteenths from a note of a pattern to the next."""
    following = steps[number + 1] if number + 1 < len(steps) else BAR + steps[0]
    return following - steps[number]
