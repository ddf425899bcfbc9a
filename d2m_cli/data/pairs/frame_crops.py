"""Crops of the sketches of prepared music, as a learned composer is trained on them.

Letters: `B` crops, `S` sixteenths of a crop, `V` values of a frame (onsets, then levels), `W`
wishes (`sketch/wishes.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.cache.sketches import HOLDS, bar_openings, read_partials
from d2m_cli.data.pairs.music_crops import MusicSettings, music_pieces
from d2m_cli.data.pairs.segments import generator
from d2m_cli.errors import DataError
from d2m_cli.features.style import style_vector
from d2m_cli.pcm import to_float
from d2m_cli.sketch.drums import BANDS
from d2m_cli.sketch.frames import to_frames
from d2m_cli.sketch.pitches import PITCHES
from d2m_cli.sketch.wishes import BAR, GROUPS, transposed_harmony, wishes_of_music
from d2m_cli.spec import SIXTEENTHS_PER_BEAT
from d2m_cli.types import FloatArray

PIECES_HELD = 512
MEL_STYLE = 128
"""Values of a style vector that hold no key."""
TRANSPOSED = 6
"""Semitones up or down, at the most."""
BEGINS, HIDES_STYLE, HIDES_WISH = 0.25, 0.1, 0.2
"""Shares of crops that stand for the beginning of a piece, whose style is hidden, and in which a
wish is."""


class FrameBatch(NamedTuple):
    """Crops for one step."""

    frames: NDArray[np.uint8]
    """`(B, L + S, V)`; the first `L`, the longest lookback, come before the crop."""
    known: NDArray[np.bool_]
    """`(B, L + S)` whether there is a frame."""
    beat: NDArray[np.int64]
    """`(B, S)` sixteenth of the beat."""
    tempo: FloatArray
    """`(B, S)` octaves above 120 beats per minute."""
    style: FloatArray
    """`(B, C)`."""
    wanted: FloatArray
    """`(B, S, W)`, -1 where nothing is asked for."""


@dataclass(frozen=True)
class _Piece:
    frames: NDArray[np.uint8]
    tempo: FloatArray
    wanted: FloatArray
    style: FloatArray


class FrameCrops:
    """Draws crops of `sixteenths` from the pieces of some splits; long pieces more often."""

    def __init__(
        self, settings: MusicSettings, splits: tuple[str, ...], sixteenths: int, before: int
    ) -> None:
        """`before` sixteenths in front of each crop come along.

        Raises `DataError` when no piece with a sketch of that length is left.
        """
        self._length, self._before = sixteenths, before
        files = [f for f in music_pieces(settings, splits) if set(HOLDS) <= set(f.entry.holds)]
        self._pieces = [f for f in files if len(read_partials(f).times) >= sixteenths]
        if not self._pieces:
            raise DataError(f"{settings.cache} has no sketches of {sixteenths} sixteenths.")
        lengths = np.array([len(read_partials(f).times) for f in self._pieces], float)
        self._chance = lengths / lengths.sum()

    def styles(self) -> FloatArray:
        """Style `(P, MEL_STYLE)` of each piece."""
        return np.stack([_read(file).style for file in self._pieces])

    def draw_each(self, numbers: Iterable[int], seed: int, varied: bool = True) -> FrameBatch:
        """The crops of these numbers, each depending on `seed` and its number alone.

        Those that are not `varied` are neither transposed nor told less than all.
        """
        drawn = [self._crop(generator(seed, number, "frames"), varied) for number in numbers]
        return FrameBatch(*(np.stack(parts) for parts in zip(*drawn, strict=True)))

    def _crop(self, random: np.random.Generator, varied: bool) -> FrameBatch:
        piece = _read(self._pieces[random.choice(len(self._pieces), p=self._chance)])
        count, before = self._length, self._before
        begin = int(random.integers(len(piece.frames) - count + 1))
        first = max(0, begin - before)
        frames = np.zeros((before + count, BANDS + PITCHES), np.uint8)
        known = np.zeros(before + count, bool)
        held = piece.frames[first : begin + count]
        frames[-len(held) :], known[-len(held) :] = held, True
        wanted, style = piece.wanted[begin : begin + count].copy(), piece.style
        if varied:
            higher = int(random.integers(-TRANSPOSED, TRANSPOSED + 1))
            frames[:, BANDS:] = transposed(frames[:, BANDS:], higher)
            wanted = transposed_harmony(wanted, higher)
            known[:before] &= random.random() >= BEGINS
            frames[~known] = 0
            style = style * np.float32(random.random() >= HIDES_STYLE)
            for group in GROUPS:
                if random.random() < HIDES_WISH:
                    wanted[:, group] = -1.0
        return FrameBatch(
            frames,
            known,
            np.arange(begin, begin + count) % SIXTEENTHS_PER_BEAT,
            piece.tempo[begin : begin + count],
            style,
            wanted,
        )


def transposed(levels: NDArray[np.uint8], semitones: int) -> NDArray[np.uint8]:
    """Levels `(S, PITCHES)` moved up; what leaves the range is lost."""
    moved = np.roll(levels, semitones, axis=-1)
    if semitones > 0:
        moved[..., :semitones] = 0
    elif semitones < 0:
        moved[..., semitones:] = 0
    return moved


@lru_cache(PIECES_HELD)
def _read(file: PieceFile) -> _Piece:
    partials = read_partials(file)
    frames = to_frames(partials, file.whole("drum_onsets").astype(np.float32))
    step = np.diff(partials.times, append=2 * partials.times[-1] - partials.times[-2])
    tempo = np.log2(60.0 / (SIXTEENTHS_PER_BEAT * step) / 120.0)
    style = style_vector(to_float(file.whole("audio")))[:MEL_STYLE]
    together = np.concatenate([frames.onsets, frames.levels], axis=1)
    wanted = wishes_of_music(frames, _bar(file))
    return _Piece(together, tempo.astype(np.float32), wanted, style)


def _bar(file: PieceFile) -> int:
    """Sixteenths of a bar, where the bars of a piece are known; else those of four beats."""
    if "bars" not in file.entry.holds:
        return BAR
    return SIXTEENTHS_PER_BEAT * round(float(np.median(np.diff(bar_openings(file)))))
