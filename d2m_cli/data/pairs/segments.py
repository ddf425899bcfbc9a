"""Which stretch of which piece a training step sees; the same for the same seed, on any machine."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from d2m_cli.data.cache.manifest import CachedPiece
from d2m_cli.errors import DataError
from d2m_cli.spec import MOTION_RATE


@dataclass(frozen=True)
class Segment:
    """A stretch of one piece."""

    piece: int
    """Number of the piece."""
    begin: int
    """First step at `MOTION_RATE`."""


class SegmentTable:
    """Endless draws of segments from `entries`: each epoch visits every part of every piece once.

    A piece of `n` segments is cut into `n` parts; the segment begins anywhere in its part, so that
    the cuts differ from epoch to epoch. Draw `d` depends on `(seed, d)` alone.
    """

    def __init__(self, entries: Sequence[CachedPiece], seconds: float, seed: int) -> None:
        self.steps = round(seconds * MOTION_RATE)
        """Steps of a segment."""
        self._seed = seed
        self._spare = [int(entry.seconds * MOTION_RATE) - self.steps for entry in entries]
        self._parts = [
            (piece, part, parts)
            for piece, spare in enumerate(self._spare)
            if spare >= 0
            for parts in [spare // self.steps + 1]
            for part in range(parts)
        ]
        if not self._parts:
            raise DataError(f"No piece is as long as a segment ({seconds:g} s): use a smaller one.")
        self._epoch = -1

    def __len__(self) -> int:
        """Segments in an epoch."""
        return len(self._parts)

    def draw(self, number: int) -> Segment:
        """Segment of draw `number` (0, 1, 2 ...)."""
        epoch, place = divmod(number, len(self._parts))
        if epoch != self._epoch:
            self._order = np.random.default_rng((self._seed, epoch)).permutation(len(self._parts))
            self._epoch = epoch
        piece, part, parts = self._parts[self._order[place]]
        width = (self._spare[piece] + 1) / parts
        jitter = generator(self._seed, number, "segment").random()
        return Segment(piece, int((part + jitter) * width))


def generator(seed: int, number: int, purpose: str) -> Generator:
    """Random numbers of draw `number` for one `purpose`, apart from those for any other."""
    return np.random.default_rng((seed, number, *purpose.encode()))


def own_draws(step: int, batch: int, rank: int = 0, world: int = 1) -> range:
    """Numbers of the `batch` draws that process `rank` of `world` makes for a step (from 0).

    All processes together make the draws of one with the joined batch: process 0 its first part,
    and so on. There is no state but the step, so training resumes exactly.
    """
    first = (step * world + rank) * batch
    return range(first, first + batch)
