"""What a learned composer is asked for in each sixteenth: heard in real music, or read off a score.

Energy: how busy and loud the piece is there, against the rest of it. Accents: its strongest
strokes. Groove: how strong the onsets of the three bands are on this place of the bar, as a rule.
Harmony: which of the twelve tones sound in these beats. Figures: how much of what sounds in the
bass, in the middle and above is struck anew on this place of the bar, as a rule.

Letters: `S` sixteenths of the piece, `W` wishes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from d2m_cli.sketch.drums import BANDS
from d2m_cli.sketch.frames import OFFSETS, STRENGTHS, Frames
from d2m_cli.sketch.levels import levels, onset_strengths
from d2m_cli.sketch.notes import STROKES, Part
from d2m_cli.sketch.pitches import OCTAVE, chroma_of
from d2m_cli.sketch.score import TUNED, Score
from d2m_cli.types import FloatArray

ENERGY, ACCENT = slice(0, 1), slice(1, 2)
GROOVE = slice(2, 2 + BANDS)
HARMONY = slice(2 + BANDS, 2 + BANDS + OCTAVE)
REGISTERS = (0, 24, 44)
"""Pitches with which bass, middle and top begin."""
FIGURES = slice(HARMONY.stop, HARMONY.stop + len(REGISTERS))
GROUPS = (ENERGY, ACCENT, GROOVE, HARMONY, FIGURES)
"""Columns of a wish; one that is not asked for is -1 throughout."""
WISHES = FIGURES.stop

ENERGY_SMOOTHED = 8.0
"""Sixteenths: standard deviation of the window in which energy is taken,"""
HARMONY_SMOOTHED = 5.0
"""and of that in which tones are gathered."""
ACCENTED = 96.0
"""Percentile of a piece's onsets in a sixteenth from which on it is an accent."""
BAR = 16
"""Sixteenths after which music with a beat, but with unknown bars, repeats its groove."""
STRUCK = 1.3
"""A tone is struck anew where its level rises by more than this factor."""


def wishes_of_music(frames: Frames, bar: int = BAR) -> FloatArray:
    """Wishes `(S, W)` 0..1 that would have to be asked for to get this piece.

    `bar` is the length of its bars in sixteenths.
    """
    kinds = frames.onsets.astype(int)
    strengths = np.where(kinds > 0, 1 + (kinds - 1) // OFFSETS, 0) / STRENGTHS
    struck = strengths.sum(axis=1)
    amplitudes = 10.0 ** (frames.levels / 4.0) * (frames.levels > 0)
    sounding = amplitudes.sum(axis=1)
    both = struck / max(struck.mean(), 1e-9) + sounding / max(sounding.mean(), 1e-9)
    smooth = gaussian_filter1d(both, ENERGY_SMOOTHED)
    energy = smooth.argsort().argsort() / max(len(smooth) - 1, 1)
    accent = (struck > 0) & (struck >= np.percentile(struck, ACCENTED))
    groove, figures = _repeated(strengths, bar), _repeated(_struck(amplitudes), bar)
    return _joined(energy, accent, groove, _harmony(amplitudes), figures)


def wishes_of_score(
    score: Score,
    energy: NDArray[np.float64],
    accents: NDArray[np.bool_],
    bar: int,
) -> FloatArray:
    """Wishes `(S, W)` for the music of a score: what it holds, and `energy` and `accents` `(S,)`.

    `bar` is the length of its bars in sixteenths.
    """
    struck = np.zeros((score.sixteenths, BANDS))
    for note, strengths in zip(score.notes, onset_strengths(score).T, strict=True):
        place = min(round(note.start), score.sixteenths - 1)
        if note.part is not Part.DRUMS or note.pitch != STROKES["crash"]:
            struck[place] = np.maximum(struck[place], strengths)
    figures = _repeated(_struck(levels(score)), bar)
    harmony = _harmony(levels(score, TUNED))
    return _joined(energy, accents, _repeated(struck, bar), harmony, figures)


def transposed_harmony(wishes: FloatArray, semitones: int) -> FloatArray:
    """Wishes `(S, W)` for the same music so many semitones higher."""
    moved = wishes.copy()
    moved[:, HARMONY] = np.roll(wishes[:, HARMONY], semitones, axis=1)
    return moved


def _repeated(strengths: NDArray[np.float64], period: int) -> NDArray[np.float64]:
    """Mean of strengths `(S, BANDS)` over all sixteenths on the same place of the period."""
    place = np.arange(len(strengths)) % period
    total, count = np.zeros((period, strengths.shape[1])), np.bincount(place, minlength=period)
    np.add.at(total, place, strengths)
    return (total / np.maximum(count, 1)[:, None])[place]


def _harmony(amplitudes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chroma `(S, 12)` of amplitudes `(S, PITCHES)`, smoothed, the loudest tone being 1."""
    smooth = gaussian_filter1d(chroma_of(amplitudes), HARMONY_SMOOTHED, axis=0)
    return smooth / np.maximum(smooth.max(axis=1, keepdims=True), 1e-9)


def _struck(amplitudes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share 0..1 of what sounds that begins anew, in each of `REGISTERS` `(S, R)`."""
    before = np.vstack([np.zeros(amplitudes.shape[1]), amplitudes[:-1]])
    anew = np.where(amplitudes > STRUCK * before, amplitudes, 0.0)
    begun = np.add.reduceat(anew, REGISTERS, axis=1)
    sounding = np.add.reduceat(amplitudes, REGISTERS, axis=1)
    return np.asarray(begun / np.maximum(sounding, 1e-9))


def _joined(*parts: NDArray[np.generic]) -> FloatArray:
    columns = [part[:, None] if part.ndim == 1 else part for part in parts]
    return np.concatenate(columns, axis=1).astype(np.float32)
