"""The notes of a score as what a sketch is made of: levels of pitches, and drum onsets.

Letters: `S` sixteenths of the piece, `N` notes.
"""

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.drums import BANDS
from d2m_cli.sketch.notes import STROKES, Note, Part
from d2m_cli.sketch.pitches import LOWEST_PITCH, PITCHES
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.sketch.score import Score

OVERTONES = (0, 12, 19, 24, 28, 31)
"""Semitones of the harmonics above their note."""

BASS = 1.5
"""Level of the bass; real music has most of its power there."""
HELD = 2.0
"""How much slower a held note (bass, chord) fades than a plucked one."""

KICK_PITCHES = slice(31 - LOWEST_PITCH, 33 - LOWEST_PITCH)
"""Pitches at which a kick sounds, as loud as a bass note (49 to 52 Hz)."""

BANDS_OF_STROKES = {
    "kick": (1.0, 0.4, 0.2),
    "snare": (0.2, 1.0, 0.6),
    "clap": (0.0, 0.9, 0.7),
    "rim": (0.0, 0.6, 0.3),
    "hat": (0.0, 0.0, 0.35),
    "pedal-hat": (0.0, 0.0, 0.3),
    "open-hat": (0.0, 0.1, 0.6),
    "ride": (0.0, 0.1, 0.45),
    "crash": (0.0, 0.6, 1.0),
    "low-tom": (0.7, 0.7, 0.2),
    "mid-tom": (0.5, 0.7, 0.2),
    "high-tom": (0.3, 0.8, 0.2),
    "tambourine": (0.0, 0.1, 0.5),
    "maracas": (0.0, 0.0, 0.35),
    "guiro": (0.0, 0.3, 0.4),
}
"""Strengths of a stroke's drum onsets in the three bands."""
PERCUSSION = (0.1, 0.6, 0.2)
"""The same of all other strokes."""
BASS_ONSET, NOTE_ONSET = (0.4, 0.2, 0.05), (0.0, 0.5, 0.15)
"""The same of a note of full level."""

_ONSETS = {
    key: np.array(BANDS_OF_STROKES.get(stroke, PERCUSSION)) for stroke, key in STROKES.items()
}


def part_level(part: Part, rules: StyleRules) -> float:
    """Level of a note of full velocity."""
    return {Part.BASS: BASS, Part.CHORDS: rules.chords, Part.MELODY: rules.melody}[part]


def levels(score: Score) -> NDArray[np.float64]:
    """Levels `(S, PITCHES)` of all pitches in the sixteenths of a score."""
    found = np.zeros((score.sixteenths, PITCHES))
    for note in score.notes:
        begin = min(round(note.start), score.sixteenths - 1)
        if note.part is Part.DRUMS:
            if note.pitch == STROKES["kick"]:
                found[begin, KICK_PITCHES] += BASS * note.velocity
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
