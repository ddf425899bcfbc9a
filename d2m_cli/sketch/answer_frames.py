"""Composed frames that answer their dance as a score does (`answer.py`), and the sketch of them.

Letters: `S` sixteenths of the piece, `F` steps at `DRUM_RATE`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.sketch.answer import LOUDER, NEEDED, ROLL_FROM, ROOM, SOFTEST, Heard, Pause, liveliness
from d2m_cli.sketch.drums import place_drum_onsets
from d2m_cli.sketch.frames import Frames, dequantised_levels, dequantised_onsets
from d2m_cli.sketch.grid import Grid
from d2m_cli.sketch.humanise import levelled_partials
from d2m_cli.sketch.partials import Partials
from d2m_cli.sketch.pitches import chroma_of
from d2m_cli.spec import SIXTEENTHS_PER_BEAT
from d2m_cli.types import STRONG_ACCENT, FloatArray

TIGHT = 0.5
"""Share of an onset's distance from the grid that is kept: beats of the music to learn from are
tracked, those of a dance's music are known."""
SNARE = 1
"""Band of a turn's roll."""
CLOSING_SIXTEENTHS = 12.0
"""In which the closing chord falls to 1/e."""


def sound_for_dance(
    frames: Frames,
    heard: Heard,
    pauses: Sequence[Pause],
    grid: Grid,
    closing: NDArray[np.float64],
    seconds: float,
    random: Generator,
) -> tuple[Partials, FloatArray]:
    """Partials and onsets `(BANDS, F)` of composed `frames` that answer what is `heard`.

    The calmer the dance, the fewer onsets off the beat stay and the softer all is; nothing sounds
    in the `pauses`; accents, landings and the return from a pause get strokes, turns a roll; the
    piece, which lasts `seconds`, closes on the chord whose tones `closing` `(12,)` weighs.
    """
    levels = dequantised_levels(frames.levels, random)
    offsets, strengths = dequantised_onsets(frames.onsets, random)
    offsets *= TIGHT
    close = grid.close
    live = liveliness((heard.arms + heard.legs) / 2)
    soft = (SOFTEST + (1 - SOFTEST) * live)[:, None]
    needed = np.array([NEEDED[s % SIXTEENTHS_PER_BEAT] for s in range(grid.count)])
    strengths *= ROOM * soft * (live >= needed)[:, None]
    levels *= soft
    for start, end in heard.turns:
        _roll(strengths, offsets, max(round(start), 0), min(round(end), close))
    for pause in pauses:
        inside = slice(pause.begin, min(pause.end, close))
        levels[inside], strengths[inside] = 0.0, 0.0
    struck = [round(time) for time, strength in heard.accents if strength >= STRONG_ACCENT]
    free = [place for place in struck if not any(p.begin <= place <= p.end for p in pauses)]
    for place in (*free, *(pause.end for pause in pauses)):
        if 0 <= place < close:
            strengths[place], offsets[place] = 1.0, 0.0
            levels[place] *= LOUDER
    _close(levels, strengths, offsets, close, closing)
    partials = levelled_partials(levels, grid.seconds(np.arange(grid.count) + 0.5), random)
    times = grid.seconds((np.arange(grid.count)[:, None] + offsets).ravel())
    by_band = np.zeros((strengths.shape[1], times.size))
    for band, row in enumerate(by_band):
        row[band :: len(by_band)] = strengths[:, band]
    return partials, place_drum_onsets(times, by_band, seconds)


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
    closing: NDArray[np.float64],
) -> None:
    """From `close` on the sixteenth that sounds most like the closing chord, dying away."""
    rest = len(levels) - close
    if rest <= 0 or not levels[:close].any():
        return
    chroma = chroma_of(levels[:close])
    norm = np.linalg.norm(chroma, axis=1)
    alike = chroma @ closing / np.maximum(norm, 1e-9)
    nearest = int(np.argmax(np.where(norm > np.median(norm) / 2, alike, 0.0)))
    fall = np.exp(-np.arange(rest) / CLOSING_SIXTEENTHS)[:, None]
    levels[close:] = levels[nearest] * fall
    strengths[close + 1 :] = 0.0
    strengths[close], offsets[close] = 1.0, 0.0
