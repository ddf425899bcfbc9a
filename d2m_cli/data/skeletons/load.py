"""The movement of a piece, whatever it is stored as -> motion channels, and 3-D joints if any."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from d2m_cli.arrays import read_arrays
from d2m_cli.data.skeletons.amass import read_amass
from d2m_cli.data.skeletons.bvh import read_bvh
from d2m_cli.data.skeletons.coco import NotFiniteError, read_coco
from d2m_cli.data.skeletons.joints import (
    Positions,
    facing,
    from_dance_with_melody,
    from_smpl,
)
from d2m_cli.data.skeletons.keypoint_files import read_keypoints
from d2m_cli.data.skeletons.keypoints import (
    KEYPOINTS_RATE_HZ,
    OPENPOSE_POINTS,
    landmarks_from_keypoints,
)
from d2m_cli.data.skeletons.rig import joints_of_rig
from d2m_cli.data.skeletons.smpl import FAR, SMPL_RATE_HZ, read_smpl
from d2m_cli.data.skeletons.smpl_body import body_joints
from d2m_cli.data.sources.piece import MotionFile, MotionKind
from d2m_cli.errors import DataError
from d2m_cli.features.motion import (
    SMOOTHING_CUTOFF,
    motion_from_landmarks,
    motion_from_positions,
    resample,
)
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import FloatArray, Motion

DRIFT_SECONDS = 1.0
"""The height of `dance_with_melody`'s centre drifts by up to half a metre in more than this."""


@dataclass(frozen=True)
class LoadedMotion:
    """Movement of one piece at `MOTION_RATE`."""

    motion: Motion
    joints: FloatArray | None = None
    """`(17, 3, T)` metres, y up; the dancer faces +z on the whole. Only of 3-D sources."""
    official: FloatArray | None = None
    """Motion as the authors' networks take it, `(C, T')` at `official_rate`."""
    official_rate: float | None = None
    beats: NDArray[np.float64] | None = None
    """`(B,)` annotated beats of the music, s."""
    genre: str = ""


def load_motion(file: MotionFile) -> LoadedMotion:
    """Movement in a file of annotations.

    Raises `DataError` when it is broken or holds NaN, `NoDancerError` when nobody is in it.
    """
    return LOADERS[file.kind](file)


def turned_to_camera(joints: Positions) -> Positions:
    """Joints `(T, 17, 3)` turned about the vertical so that the dancer faces +z on the whole."""
    ahead = facing(joints).mean(axis=0)
    angle = np.arctan2(ahead[0], ahead[2])
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]])
    return joints @ turn.T


def _in_space(joints: Positions, rate: float) -> tuple[Motion, FloatArray]:
    """Motion that a far camera in front sees of `joints` `(T, 17, 3)` at `rate`, and the joints.

    They are smoothed like landmarks (`features.motion`), so that both kinds of source are alike.
    """
    sigma = rate * np.sqrt(np.log(2.0)) / (2.0 * np.pi * SMOOTHING_CUTOFF)
    smooth = gaussian_filter1d(joints, sigma, axis=0, mode="nearest")
    turned = turned_to_camera(resample(smooth, rate, MOTION_RATE))
    # A camera that looks along -z has +x on its right and y up; pictures count y down.
    motion = motion_from_positions(np.stack([turned[..., 0], -turned[..., 1]], axis=-1))
    return motion, np.ascontiguousarray(turned.transpose(1, 2, 0), dtype=np.float32)


def _load_joints(file: MotionFile) -> LoadedMotion:
    """The `.npz` of a motion folder (`dance_with_melody`)."""
    try:
        stored = read_arrays(file.path, ("motion", "center", "fps", "beat_times", "genre"))
        points = stored["motion"].astype(np.float64)
        centre = stored["center"].astype(np.float64)
        rate = float(stored["fps"])
        beats = stored["beat_times"].astype(np.float64)
        genre = str(stored["genre"])
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise DataError(f"no motion can be read from it ({error})") from error
    if not len(points) or points.shape[1:] != (23, 3) or centre.shape != (len(points), 3):
        raise DataError("it holds no frames, or not 23 joints and a centre for every frame")
    if not ((np.abs(points) < FAR).all() and (np.abs(centre) < FAR).all() and 1 <= rate <= 1000):
        raise DataError("it holds NaN, impossible places or an impossible frame rate")
    if beats.ndim != 1 or not np.isfinite(beats).all():
        raise DataError("its beats are no list of seconds")
    motion, joints = _in_space(from_dance_with_melody(points) + _place(centre, rate)[:, None], rate)
    return LoadedMotion(motion, joints, beats=beats, genre=genre)


def _place(centre: Positions, rate: float) -> Positions:
    """Centre `(T, 3)` with the slow part of its height removed, which differs between takes."""
    slow = gaussian_filter1d(centre[:, 1], rate * DRIFT_SECONDS, mode="nearest")
    return centre - np.stack([np.zeros_like(slow), slow, np.zeros_like(slow)], axis=1)


def _load_smpl(file: MotionFile) -> LoadedMotion:
    """AIST++ poses; the joints come from its `keypoints3d`, or from an average body."""
    poses = read_smpl(file.path)
    motion, joints = _in_space(_aist_joints(file.keypoints3d, poses), SMPL_RATE_HZ)
    return LoadedMotion(motion, joints, official=poses.T, official_rate=SMPL_RATE_HZ)


def _aist_joints(keypoints: Path | None, poses: FloatArray) -> Positions:
    average = from_smpl(body_joints(poses))
    if keypoints is None:
        return average
    try:
        return read_coco(keypoints, facing(average))
    except NotFiniteError:
        return average


def _load_coco(file: MotionFile) -> LoadedMotion:
    return LoadedMotion(*_in_space(read_coco(file.path), SMPL_RATE_HZ))


def _load_keypoints(file: MotionFile) -> LoadedMotion:
    """2-D keypoints; a picture of unknown shape is taken for a square."""
    found = read_keypoints(file.path)
    rate = found.fps or file.fps or KEYPOINTS_RATE_HZ
    points = found.points
    if found.in_shares:
        points = points * (found.aspect or file.aspect or 1.0, 1.0, 1.0)
    motion = motion_from_landmarks(landmarks_from_keypoints(points, rate))
    if points.shape[1] != OPENPOSE_POINTS:
        return LoadedMotion(motion)
    official = points.reshape(len(points), -1).T.astype(np.float32)
    return LoadedMotion(motion, official=official, official_rate=rate)


def _load_bvh(file: MotionFile) -> LoadedMotion:
    capture = read_bvh(file.path)
    return LoadedMotion(*_in_space(joints_of_rig(capture), capture.rate))


def _load_amass(file: MotionFile) -> LoadedMotion:
    return LoadedMotion(*_in_space(*read_amass(file.path)))


LOADERS = {
    MotionKind.BVH: _load_bvh,
    MotionKind.AMASS: _load_amass,
    MotionKind.JOINTS: _load_joints,
    MotionKind.SMPL: _load_smpl,
    MotionKind.COCO: _load_coco,
    MotionKind.KEYPOINTS: _load_keypoints,
}
