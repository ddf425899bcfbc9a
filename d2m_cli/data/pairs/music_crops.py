"""Random crops of prepared music (`d2m prepare music`), as batches for training."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from d2m_cli.data.cache.manifest import read_manifest
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.pairs.segments import generator
from d2m_cli.errors import DataError
from d2m_cli.pcm import to_float
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

SILENCE = 0.02
"""A crop whose loudest sample lies below this (full scale 1) is drawn again."""
LOUD = 2.0
"""Exponent that draws loud crops more often than quiet ones: half of them lie in the upper quarter
of the range of levels in dB. Quiet ones take codebook entries from loud ones."""


@dataclass(frozen=True)
class MusicSettings:
    """Where the music comes from."""

    cache: Path = Path("cache/music")
    """Folder that `d2m prepare` filled."""
    also: tuple[Path, ...] = ()
    """More such folders."""
    without: tuple[str, ...] = ()
    """Names of pieces to leave out, with `*` for any text (unclear licence, say)."""


def music_pieces(settings: MusicSettings, splits: tuple[str, ...]) -> list[PieceFile]:
    """The pieces with sound of some splits. Raises `DataError` when there is none."""
    pieces = [
        PieceFile(cache, entry)
        for cache in (settings.cache, *settings.also)
        for entry in read_manifest(cache).entries
        if entry.split in splits
        and "audio" in entry.holds
        and not any(fnmatchcase(entry.name, pattern) for pattern in settings.without)
    ]
    if not pieces:
        raise DataError(
            f"{settings.cache} has no music in {' or '.join(splits)}: prepare more, "
            "or leave out less."
        )
    return pieces


class MusicCrops:
    """Draws crops from the pieces of some splits; pieces are equally likely."""

    def __init__(self, settings: MusicSettings, splits: tuple[str, ...]) -> None:
        """Raises `DataError` when no piece with sound is left."""
        self._pieces = music_pieces(settings, splits)

    def __len__(self) -> int:
        """Number of pieces."""
        return len(self._pieces)

    def draw(
        self, count: int, samples: int, peaks: tuple[float, float], random: np.random.Generator
    ) -> FloatArray:
        """`(count, samples)`, each brought to a peak in the range `peaks` (see `LOUD`).

        Raises `DataError` when only silence or pieces shorter than `samples` can be found.
        """
        crops = np.stack([self._crop(samples, random) for _ in range(count)])
        low, high = peaks
        wanted = high * (low / high) ** (random.random((count, 1)) ** LOUD)
        return (crops * (wanted / np.abs(crops).max(1, keepdims=True))).astype(np.float32)

    def draw_each(
        self, numbers: Iterable[int], samples: int, peaks: tuple[float, float], seed: int
    ) -> FloatArray:
        """Crops `(B, samples)` as of `draw`, each depending on `seed` and its number alone."""
        return np.concatenate(
            [self.draw(1, samples, peaks, generator(seed, number, "crop")) for number in numbers]
        )

    def _crop(self, samples: int, random: np.random.Generator) -> FloatArray:
        for _ in range(100):
            piece = self._pieces[random.integers(len(self._pieces))]
            spare = int(piece.entry.seconds * SAMPLE_RATE) - samples
            if spare < 0:
                continue
            begin = int(random.integers(spare + 1))
            crop = to_float(piece.slice("audio", begin, begin + samples))
            if np.abs(crop).max() > SILENCE:
                return crop
        raise DataError(f"The music is silent or shorter than {samples / SAMPLE_RATE:.1f} s.")
