import numpy as np
import pytest

from d2m_cli.errors import NoDancerError
from d2m_cli.features.motion import (
    JOINTS,
    channel_names,
    joint_positions,
    joint_speed,
    motion_from_landmarks,
    motion_from_positions,
    resample,
)
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import Landmarks

RATE = 30.0
WRIST = list(JOINTS).index("left_wrist")


def standing(steps: int, height: float = 0.4, x: float = 0.5) -> np.ndarray:
    """Landmarks (T, 33, 4) of somebody who stands still, torso 0.3 of the body's height."""
    points = np.zeros((steps, 33, 4), np.float32)
    points[..., 3] = 1.0
    points[..., 0] = x
    points[..., 1] = 0.5
    places = {0: -0.45, 11: -0.3, 12: -0.3, 23: 0.0, 24: 0.0, 25: 0.25, 26: 0.25, 27: 0.5, 28: 0.5}
    for landmark, y in places.items():
        points[:, landmark, 1] = 0.5 + y * height
    return points


def waving(steps: int, hertz: float = 1.0, **figure: float) -> np.ndarray:
    points = standing(steps, **figure)
    size = figure.get("height", 0.4)
    points[:, 15, 0] += 0.1 * size * np.sin(2 * np.pi * hertz * np.arange(steps) / RATE)
    return points


def test_size_and_place_in_the_picture_do_not_matter() -> None:
    near = motion_from_landmarks(Landmarks(waving(60, height=0.8, x=0.2), RATE))
    far = motion_from_landmarks(Landmarks(waving(60, height=0.2, x=1.4), RATE))
    assert near.features.shape == (len(channel_names()), 60) == (53, 60)
    np.testing.assert_allclose(near.features, far.features, atol=1e-3)
    torso = near.features[channel_names().index("left_shoulder_y")]
    np.testing.assert_allclose(torso, -1.0, atol=1e-3)


def test_a_gap_is_filled_and_counted() -> None:
    whole = waving(90, hertz=0.5)
    torn = whole.copy()
    torn[40:46] = np.nan
    torn[:3] = np.nan
    motion = motion_from_landmarks(Landmarks(torn, RATE))
    expected = motion_from_landmarks(Landmarks(whole, RATE)).features[:34]
    assert np.isfinite(motion.features).all()
    assert motion.share_found == pytest.approx(81 / 90)
    assert not motion.found[40:46].any()
    np.testing.assert_allclose(motion.features[:34, 5:], expected[:, 5:], atol=0.05)


def test_nobody_is_an_error() -> None:
    with pytest.raises(NoDancerError):
        motion_from_landmarks(Landmarks(np.full((20, 33, 4), np.nan, np.float32), RATE))


def test_jitter_goes_and_the_beat_stays() -> None:
    clean = motion_from_landmarks(Landmarks(waving(300, hertz=2.0), RATE))
    points = waving(300, hertz=2.0)
    points[..., :2] += np.random.default_rng(0).normal(0, 0.004, points[..., :2].shape)
    noisy = motion_from_landmarks(Landmarks(points, RATE))
    raw = motion_from_positions(points[:, list(JOINTS.values()), :2])

    def error(features: np.ndarray) -> float:
        return float(np.abs(features[:34] - clean.features[:34]).mean())

    assert error(noisy.features) < 0.7 * error(raw.features)
    wrist = noisy.features[WRIST] - noisy.features[WRIST].mean()
    truth = np.sin(2 * np.pi * 2.0 * np.arange(300) / RATE)
    lags = np.correlate(wrist, truth, mode="full")
    assert abs(int(lags.argmax()) - 299) == 0


def test_a_joint_hidden_for_a_moment_follows_what_was_seen() -> None:
    points = standing(60)
    points[30, 15, :2] = 3.0  # a wild guess ...
    points[30, 15, 3] = 0.0  # ... which MediaPipe itself does not believe
    motion = motion_from_landmarks(Landmarks(points, RATE))
    trusted = points.copy()
    trusted[30, 15, 3] = 1.0
    wild = motion_from_landmarks(Landmarks(trusted, RATE))
    assert np.ptp(motion.features[WRIST]) < 0.2 * np.ptp(wild.features[WRIST])


def test_turning_sideways_does_not_change_the_size() -> None:
    points = standing(240)
    turn = np.cos(2 * np.pi * np.arange(240) / 120)
    for left, right in ((11, 12), (23, 24)):
        points[:, left, 0] += 0.05 * turn
        points[:, right, 0] -= 0.05 * turn
    points[100:115, 11:13, 1] = points[100:115, 23:25, 1] - 0.01  # a quick bow to the camera
    knees = motion_from_landmarks(Landmarks(points, RATE)).features[17 + 9]
    assert np.ptp(knees) < 0.05


def test_other_rates_come_out_at_the_motion_rate() -> None:
    slow = motion_from_landmarks(Landmarks(waving(300, hertz=1.0)[::2], RATE / 2))
    full = motion_from_landmarks(Landmarks(waving(300, hertz=1.0), RATE))
    assert slow.rate == MOTION_RATE and slow.features.shape == full.features.shape
    np.testing.assert_allclose(slow.features[:34, :-2], full.features[:34, :-2], atol=0.03)


def test_resample_keeps_times() -> None:
    ramp = np.arange(50, dtype=np.float32)[:, None] / 25.0
    np.testing.assert_allclose(resample(ramp, 25.0, 30.0)[:55, 0], np.arange(55) / 30.0, atol=1e-6)


def test_positions_and_speed_in_body_units() -> None:
    steps = np.arange(90)
    points = standing(90)
    points[..., 0] += (0.06 * steps / RATE)[:, None]  # half a torso a second to the right
    motion = motion_from_landmarks(Landmarks(points, RATE))
    positions = joint_positions(motion)
    assert positions.shape == (90, 17, 2)
    np.testing.assert_allclose(joint_speed(positions, motion.rate)[5:-5], 0.5, atol=0.01)
    assert joint_speed(positions[:1], motion.rate).tolist() == [0.0]
