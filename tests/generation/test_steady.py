"""The dance for music without a video."""

import numpy as np
import pytest

from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.generation.steady import steady_dance


@pytest.mark.parametrize("bpm", [90.0, 120.0, 150.0])
def test_its_motion_shows_the_beat_that_it_claims(bpm: float) -> None:
    dance = steady_dance(bpm, 8.0, VisualSettings())
    assert estimate_rhythm(dance.motion).bpm == pytest.approx(bpm, rel=0.02)
    speed = joint_speed(joint_positions(dance.motion), dance.motion.rate)
    steps = np.round(dance.rhythm.beats[1:-1] * dance.motion.rate).astype(int)
    assert speed[steps].max() < 0.35 * speed.max()
    assert dance.visual.features.shape[0] == VisualSettings().channels
