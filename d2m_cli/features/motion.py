"""Landmarks to motion: gaps filled, jitter smoothed, free of the dancer's size and place.

A motion has `C_m` = 53 channels: x of the 17 `JOINTS`, y of them, their visibility, then x and y
of the root, the middle of the hips. Joints are given relative to the root, the root relative to its
mean over the clip; both in body units (the length of the dancer's torso), y down as in pictures.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import NoDancerError
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import BoolArray, FloatArray, Landmarks, Motion

Array = TypeVar("Array", bound=NDArray[np.floating])

JOINTS = {
    "nose": 0,
    "left_shoulder": 11,
    "right_shoulder": 12,
    "left_elbow": 13,
    "right_elbow": 14,
    "left_wrist": 15,
    "right_wrist": 16,
    "left_hip": 23,
    "right_hip": 24,
    "left_knee": 25,
    "right_knee": 26,
    "left_ankle": 27,
    "right_ankle": 28,
    "left_heel": 29,
    "right_heel": 30,
    "left_foot_index": 31,
    "right_foot_index": 32,
}
"""The joints of a motion, with their numbers among MediaPipe's 33 landmarks."""

SHOULDERS = (1, 2)
HIPS = (7, 8)
LIMBS = (3, 4, 5, 6), (9, 10, 11, 12)
"""Places of the joints within `JOINTS`; limbs are arms and legs."""

SMOOTHING_CUTOFF = 6.0
"""Hz at which smoothing halves the power of a movement. Zero-phase: nothing moves in time."""

_GUESS_WEIGHT = 0.05
"""What a joint that MediaPipe could not see counts against one that it saw."""

_SIZE_SECONDS = 4.0
"""Stretch over which the dancer's size is the median torso, so that a bow does not change it."""


def channel_names() -> list[str]:
    """Names of the `C_m` channels of a motion, in their order."""
    joints = [f"{name}_{kind}" for kind in ("x", "y", "visibility") for name in JOINTS]
    return [*joints, "root_x", "root_y"]


def motion_from_landmarks(landmarks: Landmarks) -> Motion:
    """Motion at `MOTION_RATE` of one dancer.

    Steps without a person are interpolated, or held at the ends, and marked in `found`. The joints
    are smoothed over time with each step weighted by its visibility: a joint that is hidden for a
    moment follows its neighbours in time, one that is never seen keeps MediaPipe's guess.

    Raises `NoDancerError` when no step shows a person.
    """
    points = landmarks.points[:, list(JOINTS.values())]
    found = np.isfinite(points).all(axis=(1, 2))
    if not found.any():
        raise NoDancerError(
            "No person was found in the video: use a video in which one dancer is well seen."
        )
    filled = _fill_gaps(points, found)
    filled[~found, :, 3] = 0.0
    steps = resample(filled, landmarks.rate, MOTION_RATE)
    positions, visibility = steps[..., :2], steps[..., 3].clip(0.0, 1.0)
    motion = motion_from_positions(
        _smooth(positions, visibility),
        visibility,
        found=_nearest(found, landmarks.rate, len(steps)),
    )
    return replace(motion, followed=landmarks.followed)


def motion_from_positions(
    positions: NDArray[np.floating],
    visibility: NDArray[np.floating] | None = None,
    found: BoolArray | None = None,
) -> Motion:
    """Motion of clean 2-D positions `(T, 17, 2)` of the `JOINTS` at `MOTION_RATE`, y down.

    Positions may be in any unit; `visibility` `(T, 17)` and `found` `(T,)` default to all seen.
    """
    steps = len(positions)
    if visibility is None:
        visibility = np.ones(positions.shape[:2])
    root = positions[:, HIPS].mean(axis=1)
    size = _body_size(positions)[:, None]
    joints = (positions - root[:, None]) / size[:, None]
    place = (root - root.mean(axis=0)) / size
    features = np.concatenate([joints[..., 0], joints[..., 1], visibility, place], axis=1)
    return Motion(
        features=np.ascontiguousarray(features.T, dtype=np.float32),
        found=np.ones(steps, bool) if found is None else found,
        rate=MOTION_RATE,
    )


def joint_positions(motion: Motion) -> FloatArray:
    """Positions `(T, J, 2)` of the joints in the picture: body units from the root's mean place."""
    count = len(JOINTS)
    x, y = motion.features[:count], motion.features[count : 2 * count]
    root_x, root_y = motion.features[-2:]
    return np.stack([x + root_x, y + root_y], axis=-1).transpose(1, 0, 2)


def joint_speed(positions: NDArray[np.floating], rate: float) -> FloatArray:
    """Mean speed `(T,)` of joints `(T, J, D)`, in position units a second; 0 for one step."""
    if len(positions) < 2:
        return np.zeros(len(positions), np.float32)
    velocity = np.gradient(positions, axis=0) * rate
    return np.linalg.norm(velocity, axis=-1).mean(axis=1).astype(np.float32)


def dance_energy(motion: Motion) -> FloatArray:
    """How lively the dance is, `(T,)` 0..1 at the motion's rate: 1 where it moves fastest.

    Joint speed, smoothed over a second, against its 90th percentile.
    """
    return _liveliness(joint_positions(motion), motion.rate)


def limb_energy(motion: Motion) -> FloatArray:
    """How lively arms and legs are, `(2, T)` 0..1, as `dance_energy`, each beside the hips."""
    places = joint_positions(motion)
    beside = places - places[:, HIPS].mean(axis=1, keepdims=True)
    return np.stack([_liveliness(beside[:, list(limb)], motion.rate) for limb in LIMBS])


def _liveliness(positions: FloatArray, rate: float) -> FloatArray:
    """Of joints `(T, J, 2)`: their speed, smoothed, against its height, `(T,)`."""
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(joint_speed(positions, rate), rate, mode="nearest")
    most = max(float(np.percentile(smooth, 90)), 1e-6)
    return np.asarray((smooth / most).clip(max=1.0), np.float32)


def resample(sequence: Array, rate: float, new_rate: float) -> Array:
    """A sequence `(T, ...)` at another rate by linear interpolation; the last step is held."""
    if rate == new_rate:
        return sequence
    steps = max(1, round(len(sequence) * new_rate / rate))
    places = (np.arange(steps) * rate / new_rate).clip(max=len(sequence) - 1)
    before = np.floor(places).astype(int)
    after = np.minimum(before + 1, len(sequence) - 1)
    share = (places - before).reshape(-1, *[1] * (sequence.ndim - 1))
    return (sequence[before] * (1 - share) + sequence[after] * share).astype(sequence.dtype)


def _nearest(found: BoolArray, rate: float, steps: int) -> BoolArray:
    places = np.round(np.arange(steps) * rate / MOTION_RATE).astype(int)
    return found[places.clip(max=len(found) - 1)]


def _fill_gaps(points: FloatArray, found: BoolArray) -> FloatArray:
    """Points `(T, J, 4)` with the steps that are not `found` interpolated, ends held."""
    known = np.flatnonzero(found)
    flat = points.reshape(len(points), -1)
    steps = np.arange(len(points))
    columns = [np.interp(steps, known, column[known]) for column in flat.T]
    return np.stack(columns, axis=1).reshape(points.shape).astype(np.float32)


def _smooth(positions: FloatArray, visibility: FloatArray) -> FloatArray:
    """Gaussian-smoothed positions `(T, J, 2)`, each step weighted by its visibility `(T, J)`."""
    from scipy.ndimage import gaussian_filter1d

    sigma = MOTION_RATE * np.sqrt(np.log(2.0)) / (2.0 * np.pi * SMOOTHING_CUTOFF)
    weight = (visibility + _GUESS_WEIGHT)[..., None]
    total = gaussian_filter1d(positions * weight, sigma, axis=0, mode="nearest")
    return total / gaussian_filter1d(weight, sigma, axis=0, mode="nearest")


def _body_size(positions: NDArray[np.floating]) -> NDArray[np.float64]:
    """The dancer's size `(T,)` in units of `positions`: a running median of the torso's length.

    The torso keeps its length when the dancer turns sideways; the median passes over bows and jumps
    in depth, but follows a camera that comes nearer.
    """
    from scipy.ndimage import gaussian_filter1d, median_filter

    torso = positions[:, SHOULDERS].mean(axis=1) - positions[:, HIPS].mean(axis=1)
    length = np.linalg.norm(torso, axis=1).astype(np.float64)
    window = min(len(length), round(_SIZE_SECONDS * MOTION_RATE))
    median = median_filter(length, size=window, mode="nearest")
    smooth = gaussian_filter1d(median, window / 8.0, mode="nearest")
    return np.maximum(smooth, max(1e-6, 0.2 * float(np.median(length))))
