"""The notes of a score as what a sketch is made of: levels of pitches, and drum onsets.

Letters: `S` sixteenths of the piece, `N` notes.
"""

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.drums import BANDS
from d2m_cli.sketch.notes import STROKES, Note, Part
from d2m_cli.sketch.pitches import LOWEST_PITCH, PITCHES
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.sketch.score import ALL, Score

OVERTONES = (0, 12, 19, 24, 28, 31)
"""Semitones of the harmonics above their note."""

BASS = 1.5
"""Level of the bass; real music has most of its power there."""
HELD = 2.0
"""How much slower a held note (bass, chord) fades than a plucked one."""

BANDS_OF_STROKES = {
    "kick": (1.0, 0.4, 0.2),
    "rim": (0.0, 0.5, 1.0),
    "snare": (0.25, 1.0, 0.6),
    "clap": (0.0, 0.8, 0.7),
    "hat": (0.0, 0.1, 0.35),
    "pedal-hat": (0.0, 0.1, 0.3),
    "low-tom": (0.5, 0.55, 0.45),
    "open-hat": (0.0, 0.1, 0.5),
    "mid-tom": (0.5, 0.55, 0.4),
    "crash": (0.0, 0.6, 1.0),
    "high-tom": (0.4, 0.5, 0.25),
    "ride": (0.0, 0.1, 0.45),
    "tambourine": (0.0, 0.05, 1.0),
    "cowbell": (0.0, 0.5, 0.85),
    "high-bongo": (0.0, 0.85, 0.25),
    "low-bongo": (0.0, 0.95, 0.25),
    "mute-conga": (0.05, 0.65, 0.2),
    "high-conga": (0.05, 0.6, 0.25),
    "low-conga": (0.1, 0.8, 0.15),
    "high-timbale": (0.1, 0.7, 0.8),
    "low-timbale": (0.25, 0.7, 0.7),
    "maracas": (0.0, 0.0, 0.85),
    "guiro": (0.0, 0.55, 0.8),
    "clave": (0.0, 1.0, 0.25),
    "wood-block": (0.0, 0.9, 1.0),
}
"""Strengths of a stroke's drum onsets in the three bands, as those of two free kits (mean), where
the bands' measures are a kick's, a snare's and 1.7 times a snare's."""
PITCHES_OF_STROKES = {
    "kick": {31: 1.0, 32: 1.0},
    "snare": {56: 0.35},
    "low-tom": {41: 0.55},
    "mid-tom": {45: 0.5},
    "high-tom": {47: 0.4},
    "cowbell": {70: 0.2},
    "high-bongo": {81: 0.15},
    "low-bongo": {74: 0.2},
    "mute-conga": {81: 0.1},
    "high-conga": {62: 0.65},
    "low-conga": {60: 0.65, 56: 0.3},
    "high-timbale": {61: 0.3},
    "low-timbale": {56: 0.45},
}
"""Levels of the tones that sound in a stroke, of a bass note's; all others are noise."""
BASS_ONSET, NOTE_ONSET = (0.4, 0.2, 0.05), (0.0, 0.5, 0.15)
"""The same of a note of full level."""

_TONES = {key: PITCHES_OF_STROKES.get(stroke, {}) for stroke, key in STROKES.items()}
_ONSETS = {key: np.array(BANDS_OF_STROKES[stroke]) for stroke, key in STROKES.items()}
FULL_STROKES = frozenset(key for key, bands in _ONSETS.items() if bands.max() > 0.5)
"""Strokes that fill a band; hats and rides do not."""


def part_level(part: Part, rules: StyleRules) -> float:
    """Level of a note of full velocity."""
    return {Part.BASS: BASS, Part.CHORDS: rules.chords, Part.MELODY: rules.melody}[part]


def levels(score: Score, parts: frozenset[Part] = ALL) -> NDArray[np.float64]:
    """Levels `(S, PITCHES)` of all pitches in the sixteenths of a score, of some of its parts."""
    found = np.zeros((score.sixteenths, PITCHES))
    for note in score.notes:
        begin = min(round(note.start), score.sixteenths - 1)
        if note.part not in parts:
            continue
        if note.part is Part.DRUMS:
            for pitch, level in _TONES[note.pitch].items():
                found[begin, pitch - LOWEST_PITCH] += level * BASS * note.velocity
            continue
        age = np.arange(min(round(note.length), score.sixteenths - begin))
        decay = score.rules.decay_sixteenths * (1.0 if note.part is Part.MELODY else HELD)
        envelope = note.velocity * part_level(note.part, score.rules) * np.exp(-age / decay)
        for number, above in enumerate(OVERTONES):
            place = note.pitch - LOWEST_PITCH + above
            if 0 <= place < PITCHES:
                rolled_off = envelope * score.rules.overtone_rolloff**number
                found[begin : begin + len(age), place] += rolled_off
    return found


def onset_strengths(score: Score) -> NDArray[np.float64]:
    """Strengths `(BANDS, N)` of the drum onsets of all notes of a score."""
    found = np.zeros((BANDS, len(score.notes)))
    for number, note in enumerate(score.notes):
        found[:, number] = _onset(note, score.rules)
    return found.clip(max=1.0)


def _onset(note: Note, rules: StyleRules) -> NDArray[np.float64]:
    if note.part is Part.DRUMS:
        return _ONSETS[note.pitch] * note.velocity
    onset = BASS_ONSET if note.part is Part.BASS else NOTE_ONSET
    return np.multiply(onset, note.velocity * part_level(note.part, rules))
