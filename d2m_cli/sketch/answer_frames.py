"""Composed frames that answer their dance as a score does (`answer.py`), and the sketch of them.

Letters: `S` sixteenths of the piece, `F` steps at `DRUM_RATE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.sketch.answer import (
    NEEDED,
    ROLL_FROM,
    SOFTEST,
    Heard,
    Pause,
    liveliness,
    pauses,
)
from d2m_cli.sketch.arrange import Sketch
from d2m_cli.sketch.arrangement import NOTES, Arrangement, Stretch, joined
from d2m_cli.sketch.drums import place_drum_onsets
from d2m_cli.sketch.frames import Frames, dequantised_levels, dequantised_onsets
from d2m_cli.sketch.grid import Grid
from d2m_cli.sketch.heard_harmony import TRIADS, chroma_of, key_of, triad_of
from d2m_cli.sketch.humanise import levelled_partials
from d2m_cli.sketch.partials import Partials
from d2m_cli.sketch.pitches import OCTAVE
from d2m_cli.sketch.plan import Plan
from d2m_cli.spec import SIXTEENTHS_PER_BEAT
from d2m_cli.types import STRONG_ACCENT

TIGHT = 0.5
"""Share of an onset's distance from the grid that is kept: beats of the music to learn from are
tracked, those of a dance's music are known."""
SNARE = 1
"""Band of a turn's roll."""
CLOSING_SIXTEENTHS = 12.0
"""In which the closing chord falls to 1/e."""


@dataclass(frozen=True)
class AnsweredFrames:
    """What sounds in each sixteenth of a piece for a dance."""

    levels: NDArray[np.float64]
    """`(S, PITCHES)` amplitudes."""
    offsets: NDArray[np.float64]
    """`(S, BANDS)` of the onsets, in sixteenths from the grid."""
    strengths: NDArray[np.float64]
    """`(S, BANDS)` of the onsets, 0..1."""
    pauses: tuple[Pause, ...]
    grid: Grid
    partials: Partials

    def sketch(self, plan: Plan, seconds: float) -> Sketch:
        """The sketch of a piece that follows `plan` and lasts `seconds`."""
        places = np.arange(self.grid.count)[:, None] + self.offsets
        times = self.grid.seconds(places.ravel())
        strengths = np.zeros((self.strengths.shape[1], times.size))
        for band, row in enumerate(strengths):
            row[band :: len(strengths)] = self.strengths[:, band]
        placed = place_drum_onsets(times, strengths, seconds)
        return Sketch(self.partials, placed, self._in_words(plan, seconds))

    def _in_words(self, plan: Plan, seconds: float) -> Arrangement:
        grid, rhythm = self.grid, self.grid.rhythm
        edges = np.append(grid.seconds(np.arange(grid.count)), seconds).clip(0.0, seconds)
        chroma = chroma_of(self.levels)
        key, mode = key_of(chroma)
        sections, chords = [], []
        for begin in range(-(grid.first % grid.bar), grid.count, grid.bar):
            inside = max(begin, 0), min(begin + grid.bar, grid.count)
            start, end = float(edges[inside[0]]), float(edges[inside[1]])
            root, suffix = triad_of(chroma[slice(*inside)])
            section, _ = plan.section((grid.first + begin) // grid.bar)
            sections.append(Stretch(start, end, section.name))
            chords.append(Stretch(start, end, NOTES[root] + suffix))
        beats = rhythm.beats
        opens_bar = (np.ceil(rhythm.phase[0]) + np.arange(len(beats))) % grid.meter == 0
        return Arrangement(
            key=f"{NOTES[key]} {mode}",
            beats=tuple(beats.tolist()),
            downbeats=tuple(beats[opens_bar].tolist()),
            sections=joined(sections),
            chords=joined(chords),
            pauses=tuple((float(edges[p.begin]), float(edges[p.end])) for p in self.pauses),
        )


def answer_frames(frames: Frames, heard: Heard, grid: Grid, random: Generator) -> AnsweredFrames:
    """Let composed `frames` answer what is `heard` of the dance.

    The calmer the dance, the fewer onsets off the beat stay and the softer all is; nothing sounds
    in a freeze; accents, landings and the return from a pause get strokes, turns a roll; the piece
    closes on the chord of its key.
    """
    levels = dequantised_levels(frames.levels, random)
    offsets, strengths = dequantised_onsets(frames.onsets, random)
    offsets *= TIGHT
    close = grid.close
    live = liveliness((heard.arms + heard.legs) / 2)
    soft = (SOFTEST + (1 - SOFTEST) * live)[:, None]
    needed = np.array([NEEDED[s % SIXTEENTHS_PER_BEAT] for s in range(grid.count)])
    strengths *= soft * (live >= needed)[:, None]
    levels *= soft
    for start, end in heard.turns:
        _roll(strengths, offsets, max(round(start), 0), min(round(end), close))
    strong = [time for time, strength in heard.accents if strength >= STRONG_ACCENT]
    found = pauses(heard.freezes, strong, grid.first)
    for pause in found:
        inside = slice(pause.begin, min(pause.end, close))
        levels[inside], strengths[inside] = 0.0, 0.0
    struck = [round(time) for time in strong if not _paused(round(time), found)]
    for place in (*struck, *(pause.end for pause in found)):
        if 0 <= place < close:
            strengths[place], offsets[place] = 1.0, 0.0
    _close(levels, strengths, offsets, close)
    middles = grid.seconds(np.arange(grid.count) + 0.5)
    partials = levelled_partials(levels, middles, random)
    return AnsweredFrames(levels, offsets, strengths, tuple(found), grid, partials)


def _paused(place: int, found: Sequence[Pause]) -> bool:
    return any(pause.begin <= place <= pause.end for pause in found)


def _roll(
    strengths: NDArray[np.float64], offsets: NDArray[np.float64], begin: int, end: int
) -> None:
    for place in range(begin, end):
        force = ROLL_FROM + (1.0 - ROLL_FROM) * (place - begin) / max(end - begin, 1)
        strengths[place, SNARE], offsets[place, SNARE] = force, 0.0


def _close(
    levels: NDArray[np.float64],
    strengths: NDArray[np.float64],
    offsets: NDArray[np.float64],
    close: int,
) -> None:
    """From `close` on the sixteenth that sounds most like the chord of the key, dying away."""
    rest = len(levels) - close
    if rest <= 0 or not levels[:close].any():
        return
    chroma = chroma_of(levels[:close])
    key, mode = key_of(chroma)
    steps = TRIADS["" if mode == "major" else "m"]
    own = chroma[:, [(key + step) % OCTAVE for step in steps]].sum(axis=1)
    norm = np.linalg.norm(chroma, axis=1)
    nearest = int(np.argmax(np.where(norm > np.median(norm) / 2, own / np.maximum(norm, 1e-9), 0)))
    fall = np.exp(-np.arange(rest) / CLOSING_SIXTEENTHS)[:, None]
    levels[close:] = levels[nearest] * fall
    strengths[close + 1 :] = 0.0
    strengths[close], offsets[close] = 1.0, 0.0
