"""A score that answers its dance: it thins where the dance is calm, stops where it freezes.

The composer knows bars; a dance moves when it likes. So the notes are looked through once more:
the calmer the dance, the fewer of those off the beat stay; what lies in a freeze goes, whatever
sounds ends there, and a crash brings the music back; a strong accent gets a stroke of its own.
Nothing here is thrown: the same piece answers the same dance in the same way.

Letters: `S` sixteenths of the piece. Places are sixteenths of the piece.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.levels import FULL_STROKES
from d2m_cli.sketch.notes import STROKES, Note, Part
from d2m_cli.sketch.rules import TRIAD
from d2m_cli.sketch.score import CHORD_LOWEST, Score
from d2m_cli.spec import SIXTEENTHS_PER_BEAT
from d2m_cli.types import STRONG_ACCENT

Lively = NDArray[np.float64]

CALM_PERCENTILE = 10
"""The dance's own energy that counts as calm: the range from there to its height is spread out."""
LEAST_RANGE = 0.3
"""A narrower range is not spread any further: it is one and the same movement."""
NEEDED = {0: 0.0, 1: 0.6, 2: 0.3, 3: 0.6}
"""Liveliness that a note needs, by the sixteenth of the beat that it begins on."""
SOFTEST = 0.5
"""Velocity in the calmest stretch against that in the liveliest."""
ROOM = 0.8
"""Strength that usual strokes that fill a band are left, so that those which answer the dance stand
out."""
LOUDER = 1.5
"""Factor of the tones on these."""
BUSY = 0.75
"""Liveliness from which on a hat plays the sixteenths that are free."""
FILLING = 0.35
"""Velocity of these."""
OF_LEGS = {STROKES["kick"], STROKES["snare"]}
"""Strokes that follow the legs, as the bass does."""
LANDING = 1.0
"""Strength of the accent of a dancer who lands, or goes down."""
ROLL_FROM = 0.3
"""Velocity with which the roll of a turn begins."""
CRASHING = 0.75
"""Strength from which on that stroke has a crash."""
STAB = 2
"""Sixteenths that a chord on an accent lasts, in a style without drums."""


@dataclass(frozen=True)
class Pause:
    """Where the music stands still."""

    begin: int
    end: int
    """Where it comes back."""


def pauses(
    freezes: Sequence[tuple[float, float]], accents: Sequence[float], first: int
) -> list[Pause]:
    """Pauses for `freezes`, both in sixteenths; number `first` of the rhythm opens the piece.

    The stroke on the sixteenth in which the dancer stops still sounds. The music comes back on the
    first beat, or on an earlier strong accent of `accents` (sixteenths), from where a freeze ends.
    """
    found = []
    for start, end in freezes:
        begin, over = round(start) + 1, round(end)
        beat = over - 1 + -(over - 1 + first) % SIXTEENTHS_PER_BEAT
        back = min([beat, *(round(a) for a in accents if over <= round(a))])
        if back > begin:
            found.append(Pause(begin, back))
    return found


def liveliness(energy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Energy `(S,)` 0..1 spread over the dance's own range: 0 where it is calm for this dance."""
    if not len(energy):
        return energy
    high = float(energy.max())
    low = min(float(np.percentile(energy, CALM_PERCENTILE)), 1.0 - LEAST_RANGE)
    return np.asarray((energy - low) / max(high - low, LEAST_RANGE)).clip(0.0, 1.0)


def follow_energy(score: Score, arms: Lively, legs: Lively, close: int) -> None:
    """Thin out and soften the notes before `close`, fill in where the dance is lively, 0..1.

    Bass, kick and snare follow the `legs` `(S,)`, all else the `arms` `(S,)`.
    """
    kept, taken, hats = [], set(), False
    for note in score.notes:
        place = min(round(note.start), score.sixteenths - 1)
        low = note.part is Part.BASS or (note.part is Part.DRUMS and note.pitch in OF_LEGS)
        live = float((legs if low else arms)[place])
        if place >= close:
            kept.append(note)
            continue
        if note.part is not Part.CHORDS and live < NEEDED[place % SIXTEENTHS_PER_BEAT]:
            continue
        room = ROOM if note.part is Part.DRUMS and note.pitch in FULL_STROKES else 1.0
        force = room * note.velocity * (SOFTEST + (1 - SOFTEST) * live)
        kept.append(note._replace(velocity=force))
        if note.part is Part.DRUMS:
            taken.add(place)
            hats = hats or note.pitch == STROKES["hat"]
    if hats:
        force = FILLING * score.rules.drums
        kept += [
            Note(Part.DRUMS, float(place), 1, STROKES["hat"], force)
            for place in range(min(close, score.sixteenths))
            if arms[place] > BUSY and place not in taken
        ]
    score.notes = kept


def keep_pauses(score: Score, found: Sequence[Pause], close: int) -> None:
    """Take out what lies in the pauses before `close`; a crash, or a chord, opens what follows."""
    for pause in found:
        end = min(pause.end, close)
        kept = []
        for note in score.notes:
            last = note.start + note.length
            inside = pause.begin <= round(note.start) < end
            if round(note.start) < pause.begin:
                kept.append(note._replace(length=min(note.length, pause.begin - note.start)))
            elif not inside:
                kept.append(note)
            if round(note.start) < end < last and note.part is not Part.DRUMS:
                kept.append(note._replace(start=float(end), length=last - end))
        score.notes = kept
        if end == pause.end < close:
            _strike(score, end, 1.0)


def strike_accents(
    score: Score, accents: Sequence[tuple[float, float]], found: Sequence[Pause], close: int
) -> None:
    """A stroke on the sixteenth nearest to each strong one of `accents` (sixteenth, strength)."""
    struck = set()
    for time, strength in accents:
        place = round(time)
        paused = any(pause.begin <= place <= pause.end for pause in found)
        if strength >= STRONG_ACCENT and 0 <= place < close and not paused:
            _strike(score, place, 1.0, strength >= CRASHING)
            struck.add(place)
    score.notes = [
        note._replace(velocity=note.velocity * LOUDER)
        if round(note.start) in struck and note.part is not Part.DRUMS
        else note
        for note in score.notes
    ]


def roll(score: Score, begin: int, end: int) -> None:
    """Through a turn a roll of the snare that gets louder; nothing in a style without drums."""
    places = range(max(begin, 0), end)
    for place in places:
        force = ROLL_FROM + (1.0 - ROLL_FROM) * (place - begin) / max(end - begin, 1)
        if score.rules.drums > 0:
            note = Note(Part.DRUMS, float(place), 1, STROKES["snare"], force * score.rules.drums)
            score.notes.append(note)


def _strike(score: Score, place: int, velocity: float, crashing: bool = True) -> None:
    """A kick with a crash or else with snare and clap, in a style without drums a short chord."""
    if score.rules.drums > 0:
        for stroke in ("kick", "crash") if crashing else ("kick", "snare", "clap"):
            force = velocity * score.rules.drums
            score.notes.append(Note(Part.DRUMS, float(place), 1, STROKES[stroke], force))
        return
    root = next((bar.root for bar in score.bars if bar.begin <= place < bar.end), 0)
    for degree in TRIAD:
        pitch = score.folded(root + degree, CHORD_LOWEST)
        score.notes.append(Note(Part.CHORDS, float(place), STAB, pitch, velocity))


@dataclass(frozen=True)
class Heard:
    """What a piece hears of its dance; times are places, sixteenths of the piece."""

    arms: Lively
    """Energy `(S,)` 0..1, and that of the"""
    legs: Lively
    freezes: Sequence[tuple[float, float]]
    """Start and end."""
    accents: Sequence[tuple[float, float]]
    """Time and strength 0..1."""
    turns: Sequence[tuple[float, float]] = ()
    """Start and end."""


def answer(score: Score, heard: Heard, first: int, close: int) -> list[Pause]:
    """Let `score` answer what is `heard` of the dance; returns where it pauses.

    Its first sixteenth is number `first` of the rhythm; from `close` on nothing is changed.
    """
    strong = [time for time, strength in heard.accents if strength >= STRONG_ACCENT]
    found = pauses(heard.freezes, strong, first)
    follow_energy(score, liveliness(heard.arms), liveliness(heard.legs), close)
    for start, end in heard.turns:
        roll(score, round(start), min(round(end), close))
    keep_pauses(score, found, close)
    strike_accents(score, heard.accents, found, close)
    score.notes.sort(key=lambda note: (note.start, note.part, note.pitch))
    return found
