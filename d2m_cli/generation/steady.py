"""A dance that nobody danced: arms that swing in time, for music without a video."""

import numpy as np

from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.motion import JOINTS, motion_from_positions
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import Dance, Rhythm, Visual

_PLACES = {
    "nose": (0.0, -1.5),
    "left_shoulder": (0.3, -1.0),
    "right_shoulder": (-0.3, -1.0),
    "left_elbow": (0.5, -0.6),
    "right_elbow": (-0.5, -0.6),
    "left_wrist": (0.6, -0.2),
    "right_wrist": (-0.6, -0.2),
    "left_hip": (0.2, 0.0),
    "right_hip": (-0.2, 0.0),
}
"""Torso lengths from the middle of the hips, y down; legs stand still below it."""

_SWINGS = {"left_elbow": 0.2, "right_elbow": 0.2, "left_wrist": 0.5, "right_wrist": 0.5}
"""Torso lengths to either side."""


def steady_dance(bpm: float, seconds: float, visual: VisualSettings) -> Dance:
    """Arms that rest on every beat at `bpm`, without pictures (`visual` gives their shape)."""
    times = np.arange(round(seconds * MOTION_RATE)) / MOTION_RATE
    swing = np.cos(np.pi * bpm / 60.0 * times)
    positions = np.zeros((len(times), len(JOINTS), 2))
    for number, name in enumerate(JOINTS):
        positions[:, number] = _PLACES.get(name, (0.2 if "left" in name else -0.2, 1.5))
        positions[:, number, 0] += _SWINGS.get(name, 0.0) * swing
    rhythm = Rhythm(
        (bpm / 60.0 * times).astype(np.float32), np.ones(len(times), np.float32), MOTION_RATE
    )
    nothing = np.zeros((visual.channels, int(seconds * visual.rate) + 1), np.float32)
    return Dance(motion_from_positions(positions), Visual(nothing, visual.rate), rhythm, seconds)
