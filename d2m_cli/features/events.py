"""Events of a dance: freezes, sudden stops and starts, moves of the whole body, sections.

All times are seconds from the start of the clip; all speeds are mean speeds of the joints in body
units (torso lengths) a second. "Usual" is the speed that a quarter of the seen steps exceed.
"""

import numpy as np
from numpy.typing import NDArray

from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.features.moves import drops_of, jumps_of, turns_of
from d2m_cli.features.sections import dance_sections
from d2m_cli.types import Accent, BoolArray, Events, FloatArray, Freeze, Motion, Rhythm

FREEZE_SECONDS = 0.5
"""A shorter rest is a part of the movement: dancers rest for an instant on every beat."""
STILL = 0.2
"""Share of the usual speed below which a dancer stands; an estimated pose trembles."""
SLOWEST = 0.15
"""Torso lengths a second: a dance whose usual speed is lower has no events, it is all tremble."""
SMOOTH_SECONDS = 0.05
"""Standard deviation of the gaussian over the speed."""
SUDDEN_SECONDS = 0.2
"""An accent is a change of speed within this time."""
WEAKEST_ACCENT = 0.5
"""Change of speed, in units of the usual speed, that makes an accent."""
STRONGEST_ACCENT = 2.0
"""Change of speed, in the same units, that has strength 1."""
ACCENT_DISTANCE = 0.3
"""Seconds in which no accent is stronger."""
USUAL_PERCENTILE = 75


def dance_events(motion: Motion, rhythm: Rhythm) -> Events:
    """What happens in a dance with this rhythm; nothing where it hardly moves."""
    if len(motion.found) < 2 or not motion.found.any():
        return Events()
    from scipy.ndimage import gaussian_filter1d

    raw = joint_speed(joint_positions(motion), motion.rate)
    speed = gaussian_filter1d(raw, SMOOTH_SECONDS * motion.rate, mode="nearest")
    usual = float(np.percentile(speed[motion.found], USUAL_PERCENTILE))
    if usual < SLOWEST:
        return Events()
    relative = speed / usual
    return Events(
        freezes_of(relative, motion.found, motion.rate),
        accents_of(relative, motion.found, motion.rate),
        jumps_of(motion),
        drops_of(motion),
        turns_of(motion),
        dance_sections(motion, rhythm),
    )


def freezes_of(speed: FloatArray, found: BoolArray, rate: float) -> tuple[Freeze, ...]:
    """Stretches of `FREEZE_SECONDS` and more between two movements in which the dancer stands.

    `speed` is `(T,)` in units of the usual speed, `found` `(T,)` says where somebody is seen:
    nobody in sight is no freeze, and neither is what lies before the first movement or after the
    last one.
    """
    still = (speed < STILL) & found
    edges = np.flatnonzero(np.diff(still.astype(int), prepend=int(still[0]))).tolist()
    begins = [edge for edge in edges if still[edge]]
    ends = [edge for edge in edges if not still[edge]]
    freezes = []
    for begin in begins:
        end = next((edge for edge in ends if edge > begin), None)
        if end is not None and found[end] and end - begin >= FREEZE_SECONDS * rate:
            freezes.append(Freeze(begin / rate, end / rate))
    return tuple(freezes)


def accents_of(speed: FloatArray, found: BoolArray, rate: float) -> tuple[Accent, ...]:
    """Sudden stops and starts: the largest changes of speed within `SUDDEN_SECONDS`.

    `speed` `(T,)` and `found` `(T,)` as for `freezes_of`. A stop lies where the change ends, a
    start where it begins; the strength is 1 for a change of `STRONGEST_ACCENT` usual speeds.
    """
    from scipy.ndimage import maximum_filter1d

    step = max(1, round(SUDDEN_SECONDS * rate))
    if len(speed) <= step:
        return ()
    change = (speed[step:] - speed[:-step]).astype(np.float64)
    change[~(found[step:] & found[:-step])] = 0.0
    size = np.abs(change)
    highest = maximum_filter1d(size, 2 * round(ACCENT_DISTANCE * rate) + 1, mode="nearest")
    places: NDArray[np.int64] = np.flatnonzero((size >= highest) & (size >= WEAKEST_ACCENT))
    return tuple(
        Accent(
            float(place + (step if change[place] < 0 else 0)) / rate,
            min(1.0, float(size[place]) / STRONGEST_ACCENT),
        )
        for place in places
    )
