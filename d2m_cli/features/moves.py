"""Moves of the whole body: jumps, drops and turns, from where feet, hips and shoulders are.

All lengths are body units (torso lengths), all times seconds from the start of the clip. The camera
is taken to stand still for a second or two, the floor to be where the lower foot mostly is.
"""

import numpy as np
from numpy.typing import NDArray

from d2m_cli.features.motion import HIPS, JOINTS, SHOULDERS, joint_positions
from d2m_cli.types import BoolArray, Drop, Jump, Motion, Turn

FLOOR_SECONDS = 1.5
"""Stretch in which the lower foot stands on the floor at least a quarter of the time."""
JUMP_HEIGHT = 0.15
"""Of the lower foot over the floor, at the least."""
AIRBORNE = (0.12, 0.9)
"""Seconds that a jump lasts: a shorter one is an error of the pose, a longer one is a climb."""
TOGETHER = 0.4
"""Share of the feet's way up that the hips go, too, at the least: a lifted foot is no jump."""
STANDING, LOW = 0.85, 0.65
"""Height of the hips over the lower foot against the usual one, before a drop and after it."""
DROP_SECONDS = 0.8
USUAL_PERCENTILE = 75
BACK_SECONDS = (0.15, 3.0)
"""How long the back is seen in a turn."""
FACING = 0.15
"""Width of the shoulders, with its sign, beyond which a dancer clearly faces or turns away."""

Array = NDArray[np.float64]

_FEET = tuple(
    n for n, name in enumerate(JOINTS) if name.split("_", 1)[-1] in ("heel", "foot_index")
)


def jumps_of(motion: Motion) -> tuple[Jump, ...]:
    """Stretches in which both feet and the hips are up at once; none while nobody is found."""
    places = joint_positions(motion).astype(np.float64)
    feet, hips = places[:, _FEET, 1].max(axis=1), places[:, HIPS, 1].mean(axis=1)
    height = _floor(feet, motion.rate) - feet
    jumps = []
    for begin, end in _stretches((height > JUMP_HEIGHT / 2) & motion.found):
        top = begin + int(np.argmax(height[begin:end]))
        lifted = hips[max(begin - 1, 0)] - hips[top]
        lasts = AIRBORNE[0] <= (end - begin) / motion.rate <= AIRBORNE[1]
        inside = begin > 0 and end < len(feet)
        if inside and lasts and height[top] > JUMP_HEIGHT and lifted > TOGETHER * height[top]:
            jumps.append(Jump(end / motion.rate, float(height[top])))
    return tuple(jumps)


def drops_of(motion: Motion) -> tuple[Drop, ...]:
    """Where a standing dancer goes down, to the knees or the floor, within `DROP_SECONDS`."""
    places = joint_positions(motion).astype(np.float64)
    height = places[:, _FEET, 1].max(axis=1) - places[:, HIPS, 1].mean(axis=1)
    usual = float(np.percentile(height[motion.found], USUAL_PERCENTILE))
    if usual <= 0:
        return ()
    steps = round(DROP_SECONDS * motion.rate)
    low = (height < LOW * usual) & motion.found
    return tuple(
        Drop(begin / motion.rate)
        for begin, _ in _stretches(low)
        if begin and height[max(begin - steps, 0) : begin].max() > STANDING * usual
    )


def turns_of(motion: Motion) -> tuple[Turn, ...]:
    """Where the dancer's back is seen for a moment: left and right shoulder change sides."""
    places = joint_positions(motion).astype(np.float64)
    wide = places[:, SHOULDERS[0], 0] - places[:, SHOULDERS[1], 0]
    wide *= np.sign(np.median(wide[motion.found])) or 1.0
    turns = []
    for begin, end in _stretches((wide < 0) & motion.found):
        seconds = (end - begin) / motion.rate
        before = np.flatnonzero(wide[:begin] > FACING)
        after = np.flatnonzero(wide[end:] > FACING)
        away = wide[begin:end].min() < -FACING
        if away and BACK_SECONDS[0] <= seconds <= BACK_SECONDS[1] and len(before) and len(after):
            turns.append(Turn(before[-1] / motion.rate, (end + after[0]) / motion.rate))
    return tuple(turns)


def _floor(feet: Array, rate: float) -> Array:
    """Where the floor is, `(T,)`: a high percentile of the lower foot around, y down."""
    from scipy.ndimage import percentile_filter

    size = min(len(feet), 2 * round(FLOOR_SECONDS * rate) + 1)
    return np.asarray(percentile_filter(feet, USUAL_PERCENTILE, size=size, mode="nearest"))


def _stretches(marked: BoolArray) -> list[tuple[int, int]]:
    """First step and step after the last of each run of True in `marked` `(T,)`."""
    edges = np.flatnonzero(np.diff(marked.astype(int), prepend=0, append=0)).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
