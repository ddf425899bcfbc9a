"""Dances seen as MediaPipe would see them: another camera, hidden joints, noise, lost frames.

Lengths are in torsos (the body unit of `features/motion.py`, about half a metre). The ranges keep
the channels within what MediaPipe gives on real clips (`docs/data.md`, "Augmentation").
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from d2m_cli.data.skeletons.joints import MIRRORED, PLACE, Positions, mirror, torso
from d2m_cli.features.motion import HIPS, motion_from_positions
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import BoolArray, Motion

LIMBS = (
    ("left_elbow", "left_wrist"),
    ("right_elbow", "right_wrist"),
    ("left_knee", "left_ankle", "left_heel", "left_foot_index"),
    ("right_knee", "right_ankle", "right_heel", "right_foot_index"),
)
FEET = LIMBS[2][1:] + LIMBS[3][1:]


@dataclass(frozen=True)
class Augmentation:
    """How far views and errors reach; the defaults are the range of the real clips."""

    mirror: float = 0.5
    """Share of segments in which left and right are swapped."""
    yaw: float = 45.0
    """Degrees by which the camera stands beside the dancer's front at most."""
    pitch: float = 15.0
    """Degrees by which it looks down or up at most."""
    distance: tuple[float, float] = (5.0, 14.0)
    """Torsos from the camera to the dancer."""
    noise: float = 0.02
    """Largest standard deviation of a joint's place, torsos; `HIDDEN_NOISE` times it if hidden."""
    limb_loss: float = 0.2
    """Share of segments in which a limb is hidden for a while."""
    frame_loss: float = 0.1
    """Share of segments in which the dancer is not found for some frames."""
    crop: float = 0.2
    """Share of segments in which the picture ends at the knees."""


STRAIGHT = Augmentation(
    mirror=0.0,
    yaw=0.0,
    pitch=0.0,
    distance=(100.0, 100.0),
    noise=0.0,
    limb_loss=0.0,
    frame_loss=0.0,
    crop=0.0,
)
"""A far camera before the dancer, and no errors."""

SURE = ("nose", "left_shoulder", "right_shoulder", "left_hip", "right_hip")
"""Joints that MediaPipe is sure of as soon as it finds a person."""

DOUBTFUL = {"heel": 0.8, "elbow": 0.95, "wrist": 0.94, "knee": 0.96, "ankle": 0.95}
"""Usual visibility of a joint in front; 0.95 for others."""

HIDDEN_NOISE = 4.0
LOSS_SECONDS = (0.1, 0.6)
"""Shortest and longest time for which a limb is hidden or the dancer is lost."""

HIDDEN_VISIBILITY = 0.15
CROPPED_KNEE = 0.7
"""Factors on the visibility of joints outside the picture, and of knees at its border."""

NOISE_HZ = 4.0
"""Errors of smoothed landmarks wander; they do not flicker."""


def film(
    joints: Positions, augmentation: Augmentation, rng: Generator
) -> tuple[Positions, Positions]:
    """Pictures of 3-D `joints` `(T, 17, 3)` (y up, facing +z) by a random camera.

    Returns positions `(T, 17, 2)` (y down, torsos) and visibility `(T, 17)`: less on the side of
    the body that is turned away.
    """
    if rng.random() < augmentation.mirror:
        joints = mirror(joints)
    scaled = joints / torso(joints)
    scaled = scaled - scaled[:, HIPS].mean(axis=(0, 1))
    turn = _rotation(
        np.radians(rng.uniform(-augmentation.yaw, augmentation.yaw)),
        np.radians(rng.uniform(-augmentation.pitch, augmentation.pitch)),
    )
    seen = scaled @ turn.T
    distance = rng.uniform(*augmentation.distance)
    depth = np.maximum(distance - seen[..., 2], 0.3 * distance)
    positions = np.stack([seen[..., 0], -seen[..., 1]], axis=-1) * (distance / depth)[..., None]
    return positions, _visibility(seen)


def degrade(
    positions: Positions,
    visibility: Positions,
    found: BoolArray,
    augmentation: Augmentation,
    rng: Generator,
) -> Motion:
    """Motion with the errors of an estimator.

    `positions` `(T, 17, 2)` in torsos, `visibility` `(T, 17)`, `found` `(T,)` of the clean dance.
    """
    visibility, found = visibility.copy(), found.copy()
    if rng.random() < augmentation.crop:
        visibility[:, _places(FEET)] *= HIDDEN_VISIBILITY
        visibility[:, _places(("left_knee", "right_knee"))] *= CROPPED_KNEE
    if rng.random() < augmentation.limb_loss:
        limb = _places(LIMBS[rng.integers(len(LIMBS))])
        visibility[_stretch(len(positions), rng)[:, None], limb] *= HIDDEN_VISIBILITY
    noise = gaussian_filter1d(
        rng.standard_normal(positions.shape), _sigma(NOISE_HZ), axis=0, mode="nearest"
    )
    size = rng.uniform(0, augmentation.noise) * (
        1.0 + (HIDDEN_NOISE - 1.0) * (1.0 - visibility[..., None])
    )
    noisy = positions + noise * size / max(float(noise.std()), 1e-6)
    if rng.random() < augmentation.frame_loss:
        lost = _stretch(len(positions), rng)
        found[lost] = False
        noisy = _bridge(noisy, lost)
        visibility[lost] = 0.0
    return motion_from_positions(noisy, visibility, found)


def mirror_picture(
    positions: Positions, visibility: Positions, augmentation: Augmentation, rng: Generator
) -> tuple[Positions, Positions]:
    """2-D `positions` and `visibility`, mirrored in the stated share of calls."""
    if rng.random() >= augmentation.mirror:
        return positions, visibility
    return mirror(positions), visibility[:, list(MIRRORED)]


def _places(names: tuple[str, ...]) -> list[int]:
    return [PLACE[name] for name in names]


def _rotation(yaw: float, pitch: float) -> NDArray[np.float64]:
    """Turn about the vertical, then nod: `(3, 3)`, applied as `points @ rotation.T`."""
    turn = np.array(
        [[np.cos(yaw), 0.0, np.sin(yaw)], [0.0, 1.0, 0.0], [-np.sin(yaw), 0.0, np.cos(yaw)]]
    )
    nod = np.array(
        [[1.0, 0.0, 0.0], [0.0, np.cos(pitch), -np.sin(pitch)], [0.0, np.sin(pitch), np.cos(pitch)]]
    )
    return nod @ turn


def _visibility(seen: Positions) -> Positions:
    """Visibility of joints in camera axes: less for limbs behind the body."""
    behind = seen[:, HIPS].mean(axis=1, keepdims=True)[..., 2] - seen[..., 2]
    covered = 0.6 / (1.0 + np.exp(8.0 * (0.6 - behind)))
    covered[:, _places(SURE)] = 0.0
    usual = [1.0 if name in SURE else DOUBTFUL.get(name.split("_")[-1], 0.95) for name in PLACE]
    return np.asarray(usual * (1.0 - covered))


def _stretch(steps: int, rng: Generator) -> NDArray[np.int64]:
    """Steps of a random gap within `steps`."""
    length = min(steps - 1, round(rng.uniform(*LOSS_SECONDS) * MOTION_RATE))
    begin = int(rng.integers(steps - length + 1))
    return np.arange(begin, begin + length)


def _bridge(positions: Positions, lost: NDArray[np.int64]) -> Positions:
    """Positions with the `lost` steps interpolated, as `motion_from_landmarks` fills them."""
    known = np.setdiff1d(np.arange(len(positions)), lost)
    flat = positions.reshape(len(positions), -1)
    columns = [np.interp(np.arange(len(flat)), known, column[known]) for column in flat.T]
    return np.stack(columns, axis=1).reshape(positions.shape)


def _sigma(cutoff: float) -> float:
    """Steps of the Gaussian that halves the power at `cutoff` Hz."""
    return float(MOTION_RATE * np.sqrt(np.log(2.0)) / (2.0 * np.pi * cutoff))
