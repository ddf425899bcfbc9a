"""The movement of a piece, whatever it is stored as -> motion channels, and 3-D joints if any."""

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from d2m_cli.data.piece import MotionFile, MotionKind
from d2m_cli.data.skeleton import Positions, facing, from_dance_with_melody
from d2m_cli.errors import DataError
from d2m_cli.features.motion import motion_from_positions, resample
from d2m_cli.spec import BEATS_PER_BAR, MOTION_RATE
from d2m_cli.types import FloatArray, Motion

DRIFT_SECONDS = 1.0
"""The height of `dance_with_melody`'s centre drifts by up to half a metre in more than this."""

BEATS_PER_BAR_OF = {"waltz": 3}
"""Dances whose bar has not `BEATS_PER_BAR` beats."""


@dataclass(frozen=True)
class LoadedMotion:
    """Movement of one piece at `MOTION_RATE`."""

    motion: Motion
    joints: FloatArray | None = None
    """`(17, 3, T)` metres, y up; the dancer faces +z on the whole. Only of 3-D sources."""
    beats: NDArray[np.float64] | None = None
    """`(B,)` annotated beats of the music, s."""
    bar: int = BEATS_PER_BAR
    """Beats in a bar."""
    downbeat: int | None = None
    """Index of the first beat that opens a bar, where the annotation tells."""
    genre: str = ""


def load_motion(file: MotionFile) -> LoadedMotion:
    """Movement in a file. Raises a `D2MError` when its file is broken or holds NaN."""
    return LOADERS[file.kind](file.path)


def turned_to_camera(joints: Positions) -> Positions:
    """Joints `(T, 17, 3)` turned about the vertical so that the dancer faces +z on the whole."""
    ahead = facing(joints).mean(axis=0)
    angle = np.arctan2(ahead[0], ahead[2])
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]])
    return joints @ turn.T


def motion_of_joints(joints: Positions) -> Motion:
    """What a far camera before the dancer sees of 3-D joints `(T, 17, 3)` (y up, facing +z)."""
    # A camera that looks along -z has +x on its right and y up; pictures count y down.
    return motion_from_positions(np.stack([joints[..., 0], -joints[..., 1]], axis=-1))


def _load_joints(path: Path) -> LoadedMotion:
    """The `.npz` of a motion folder (`dance_with_melody`)."""
    try:
        with np.load(path, allow_pickle=False) as file:
            points = file["motion"].astype(np.float64)
            centre = file["center"].astype(np.float64)
            rate = float(file["fps"])
            beats = file["beat_times"].astype(np.float64)
            genre = str(file["genre"])
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"no motion can be read from it ({error})") from error
    if not (np.isfinite(points).all() and np.isfinite(centre).all()):
        raise DataError("the motion holds NaN or infinite numbers")
    joints = from_dance_with_melody(points) + _place(centre, rate)[:, None]
    joints = turned_to_camera(resample(joints, rate, MOTION_RATE))
    return LoadedMotion(
        motion=motion_of_joints(joints),
        joints=np.ascontiguousarray(joints.transpose(1, 2, 0), dtype=np.float32),
        beats=beats,
        bar=BEATS_PER_BAR_OF.get(genre, BEATS_PER_BAR),
        # Waltzes start on the downbeat (README of the data); for the others it is a guess.
        downbeat=0 if genre in BEATS_PER_BAR_OF else None,
        genre=genre,
    )


def _place(centre: Positions, rate: float) -> Positions:
    """Centre `(T, 3)` with the slow part of its height removed, which differs between takes."""
    slow = gaussian_filter1d(centre[:, 1], rate * DRIFT_SECONDS, mode="nearest")
    return centre - np.stack([np.zeros_like(slow), slow, np.zeros_like(slow)], axis=1)


LOADERS = {MotionKind.JOINTS: _load_joints}
