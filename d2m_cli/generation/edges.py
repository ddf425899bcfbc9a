"""How a piece begins and ends: out of silence, and with the picture."""

from collections.abc import Iterable, Iterator

import numpy as np

from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import Dance, FloatArray

RISE_SECONDS = 0.08
"""A piece whose first beat comes later than this rises out of silence for so long."""
FALL_SECONDS = 0.4
"""Its end, which the closing chord rings through, falls to silence."""
RISE_POWER = 4
"""Keeps the first 50 ms some 26 dB under what follows."""


def with_edges(blocks: Iterable[FloatArray], dance: Dance, first: int = 0) -> Iterator[FloatArray]:
    """Blocks `(N,)` at `SAMPLE_RATE` of the music for a dance, with a beginning and an end.

    They begin with sample `first`. A stroke on a beat at the very beginning is left as it is.
    """
    done, total = first, round(dance.seconds * SAMPLE_RATE)
    rise = 0.0 if (dance.rhythm.beats < RISE_SECONDS).any() else RISE_SECONDS
    for block in blocks:
        times = np.arange(done, done + len(block)) / SAMPLE_RATE
        gain = np.ones(len(block))
        if rise and times[0] < rise:
            gain *= (times / rise).clip(max=1.0) ** RISE_POWER
        left = total / SAMPLE_RATE - times
        if left[-1] < FALL_SECONDS:
            gain *= np.sin(np.pi / 2 * (left / FALL_SECONDS).clip(0.0, 1.0))
        yield (block * gain).astype(np.float32)
        done += len(block)
