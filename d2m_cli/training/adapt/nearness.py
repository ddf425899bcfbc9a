"""How near generated music is to pieces that nobody learnt from.

The Frechet distance of the embedding `music` (`docs/evaluation.md`) from the held-out pieces, in
units of the spread of all of the user's music. Every set is as long as the others, so that its size
decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from d2m_cli.bundles.styles import StyleEntry
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.generation.steady import steady_dance
from d2m_cli.metrics.embeddings import MUSIC
from d2m_cli.metrics.frechet import frechet_distance, standardise
from d2m_cli.pcm import to_float
from d2m_cli.spec import SAMPLE_RATE, Level, RenderQuality
from d2m_cli.types import Analysis, FloatArray

PIECES, SECONDS = 6, 10.0
"""Of a set that is measured."""
REFERENCE_SECONDS = 60.0
"""At most so much of the middle of each real piece is taken."""


def made(
    bundle: Path, style: str, tempo: tuple[float, float], level: Level
) -> Iterator[FloatArray]:
    """Pieces `(N,)` that a bundle makes in a style, for swinging arms of tempos in its range."""
    maker = Dance2Music.from_bundle(str(bundle))
    visual = VisualSettings(**maker.maker.bundle.settings["visual"])
    for seed, bpm in enumerate(np.linspace(*tempo, PIECES)):
        dance = Analysis(steady_dance(float(bpm), SECONDS, visual))
        yield maker.compose(
            dance, level, style=style, seed=seed, quality=RenderQuality.DRAFT
        ).samples


def excerpts(files: Sequence[PieceFile]) -> Iterator[FloatArray]:
    """`PIECES` stretches `(N,)` of real pieces, of different ones as far as possible."""
    for number in range(PIECES):
        file = files[number % len(files)]
        part = (number // len(files) + 1) / (PIECES // len(files) + 2)
        start = max(0.0, part * file.entry.seconds - SECONDS / 2)
        yield _stretch(file, start, SECONDS)


class Nearness:
    """Distances from held-out music, in units of its spread and of that of the `others`."""

    def __init__(self, held_out: Sequence[PieceFile], others: Sequence[PieceFile]) -> None:
        self._real = _rows(map(_middle, held_out))
        self._all = np.concatenate([self._real, _rows(map(_middle, others))])

    def distance(self, pieces: Iterable[FloatArray]) -> float:
        """Frechet distance of `pieces` `(N,)`, 0 upwards."""
        rows = _rows(islice(pieces, PIECES))
        return frechet_distance(*standardise(self._all, [self._real, rows]))


def usual_tempo(entry: StyleEntry, within: tuple[float, float]) -> tuple[float, float]:
    """The tempos of `within` as far as a style has them too; its own where it has none."""
    slow, fast = max(entry.tempo[0], within[0]), min(entry.tempo[1], within[1])
    return (slow, fast) if slow <= fast else entry.tempo


def _middle(file: PieceFile) -> FloatArray:
    start = max(0.0, (file.entry.seconds - REFERENCE_SECONDS) / 2)
    return _stretch(file, start, REFERENCE_SECONDS)


def _stretch(file: PieceFile, start: float, seconds: float) -> FloatArray:
    first = round(start * SAMPLE_RATE)
    last = min(first + round(seconds * SAMPLE_RATE), int(file.entry.seconds * SAMPLE_RATE))
    return to_float(file.slice("audio", first, last))


def _rows(waves: Iterable[FloatArray]) -> FloatArray:
    return np.concatenate([MUSIC.compute(wave) for wave in waves])
