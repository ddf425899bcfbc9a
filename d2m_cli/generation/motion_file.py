"""A dance from a file of motion capture, without a picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from d2m_cli.data.skeletons.kinds import motion_file
from d2m_cli.data.skeletons.load import load_motion
from d2m_cli.errors import DataError, InputError
from d2m_cli.features.events import dance_events
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.types import Clip, Dance, Motion, Visual

SHORTEST = 0.5
"""Seconds of motion that music can be made for."""


def dance_of_motion(
    path: Path,
    settings: VisualSettings,
    start: float = 0.0,
    end: float | None = None,
    clip: Clip | None = None,
) -> Dance:
    """The dance in a motion file from `start` to `end` s, seen from the front by a far camera.

    Its visual features are zeros, as those of dances without a video are in training. `clip` is the
    video of the dance, if there is one.

    Raises `InputError` when the file is missing, no motion, or has nothing at that part.
    """
    motion = read_part(path, start, end, clip)
    seconds = len(motion.found) / motion.rate
    nothing = np.zeros((settings.channels, int(seconds * settings.rate) + 1), np.float32)
    shown, rhythm = Visual(nothing, settings.rate), estimate_rhythm(motion)
    return Dance(motion, shown, rhythm, seconds, events=dance_events(motion, rhythm))


def read_part(
    path: Path, start: float = 0.0, end: float | None = None, clip: Clip | None = None
) -> Motion:
    """The motion in a file from `start` to `end` s. Args and errors as in `dance_of_motion`."""
    if not path.exists():
        raise InputError(f"There is no file '{path}': check the path of the motion.")
    try:
        video = (clip.fps, clip.width / clip.height) if clip else ()
        motion = load_motion(motion_file(path, *video)).motion
    except DataError as error:
        raise InputError(f"{path} cannot be used as motion: {str(error).rstrip('.')}.") from error
    first = round(start * motion.rate)
    last = None if end is None else round(end * motion.rate)
    features = motion.features[:, first:last].copy()
    seconds = features.shape[1] / motion.rate
    if seconds < SHORTEST:
        raise InputError(
            f"{path} has {seconds:.2f} s of motion there: at least {SHORTEST:g} s are needed."
        )
    features[-2:] -= features[-2:].mean(axis=1, keepdims=True)  # the root's mean place is 0
    return replace(motion, features=features, found=motion.found[first:last])
