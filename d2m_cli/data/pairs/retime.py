"""Beat-retimed pairs: a dance is played along the beats of another piece of music.

Both have a beat phase (beats since their first beat, unwrapped). At every moment of the music the
warped dance shows what it showed at the same phase of its own beats; so its beats fall on those of
the music exactly, and music without dance becomes a training pair.
"""

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import DataError

MAX_RATIO = 1.35
"""A dance is played at most this much faster or slower than it was danced."""

MULTIPLES = (0.5, 1.0, 2.0)
"""Beats of the dance for each beat of the music: tempo octaves are alike to a dancer."""


def beats_per_beat(
    dance_bpm: float, music_bpm: float, max_ratio: float = MAX_RATIO
) -> float | None:
    """Which of `MULTIPLES` brings the tempos nearest; `None` when none is within `max_ratio`."""
    speeds = {multiple: multiple * music_bpm / dance_bpm for multiple in MULTIPLES}
    best = min(speeds, key=lambda multiple: abs(np.log(speeds[multiple])))
    return best if 1.0 / max_ratio <= speeds[best] <= max_ratio else None


def source_times(
    music_phase: NDArray[np.floating],
    dance_beats: NDArray[np.floating],
    first_beat: int,
    multiple: float = 1.0,
) -> NDArray[np.float64]:
    """Times `(T,)` in the dance (s) that belong to the steps of `music_phase` `(T,)`.

    The first whole beat in `music_phase` meets beat number `first_beat` of `dance_beats` `(B,)`
    (s, rising); `multiple` dance beats go by in one beat of the music. Raises `DataError` when the
    dance has no beats for all of the music.
    """
    phase = np.asarray(music_phase, np.float64)
    beat = first_beat + (phase - np.ceil(phase[0])) * multiple
    if beat[0] < 0 or beat[-1] > len(dance_beats) - 1:
        raise DataError(
            f"The dance has beats 0 to {len(dance_beats) - 1}, but {beat[0]:.1f} to {beat[-1]:.1f} "
            "are asked for: choose another start or a shorter stretch of music."
        )
    return np.interp(beat, np.arange(len(dance_beats)), dance_beats)


def first_beats(
    music_phase: NDArray[np.floating], dance_beats: NDArray[np.floating], multiple: float = 1.0
) -> range:
    """Every `first_beat` with which `source_times` stays within the dance; empty if it is short.

    `music_phase (T,)` is in beats, `dance_beats (B,)` in seconds.
    """
    phase = np.asarray(music_phase, np.float64)
    meeting = np.ceil(phase[0])
    before = int(np.ceil((meeting - phase[0]) * multiple))
    after = int(np.ceil((phase[-1] - meeting) * multiple))
    return range(before, len(dance_beats) - after)


def warp(
    sequence: NDArray[np.floating], times: NDArray[np.floating], rate: float
) -> NDArray[np.float64]:
    """`sequence` `(..., T)` with `rate` read at `times` `(T',)` (s): `(..., T')`, linear."""
    places = np.clip(np.asarray(times, np.float64) * rate, 0, sequence.shape[-1] - 1)
    before = np.floor(places).astype(np.int64)
    after = np.minimum(before + 1, sequence.shape[-1] - 1)
    share = places - before
    return np.asarray(sequence[..., before] * (1.0 - share) + sequence[..., after] * share)
