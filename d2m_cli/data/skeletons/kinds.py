"""What kind of motion is in a file, told by its suffix, its names and its shape."""

from pathlib import Path
from typing import Any

import numpy as np

from d2m_cli.arrays import read_either
from d2m_cli.data.skeletons.coco import NAMES as COCO_NAMES
from d2m_cli.data.skeletons.safe_pickle import load_numpy_pickle
from d2m_cli.data.skeletons.smpl import NUMBERS
from d2m_cli.data.sources.piece import MOTION_SUFFIXES, MotionFile, MotionKind
from d2m_cli.errors import DataError


def motion_file(path: Path, fps: float | None = None, aspect: float | None = None) -> MotionFile:
    """The motion in a file, or in a folder of OpenPose's JSON; `fps` and `aspect` of its video.

    Raises `DataError` for a file of another kind, or one that cannot be read.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        if next(path.glob("*.json"), None) is None:
            raise DataError("a folder of motion holds OpenPose's .json, one a frame")
        kind = MotionKind.KEYPOINTS
    elif suffix == ".npz":
        kind = _kind_of_arrays(_stored(path))
    elif suffix == ".npy":
        kind = _kind_of_array(_stored(path))
    elif suffix == ".pkl":
        record = load_numpy_pickle(path)
        coco = isinstance(record, dict) and any(name in record for name in COCO_NAMES)
        kind = MotionKind.COCO if coco else MotionKind.SMPL
    elif suffix in MOTION_SUFFIXES:
        kind = MotionKind.BVH if suffix == ".bvh" else MotionKind.KEYPOINTS
    else:
        raise DataError(
            f"a motion is one of {', '.join(MOTION_SUFFIXES)}, or a folder of OpenPose's"
        )
    return MotionFile(path, kind, fps=fps, aspect=aspect)


def _stored(path: Path) -> Any:
    try:
        return read_either(path, ("motion_channels", "motion", "keypoints"))
    except (OSError, ValueError) as error:
        raise DataError(f"it holds no motion ({error})") from None


def _kind_of_arrays(stored: Any) -> MotionKind:
    if isinstance(stored, np.ndarray):
        return _kind_of_array(stored)
    if "motion_channels" in stored:
        raise DataError("it is what --save-features kept: give it with --features")
    if "motion" in stored:
        return MotionKind.JOINTS
    return MotionKind.KEYPOINTS if "keypoints" in stored else MotionKind.AMASS


def _kind_of_array(stored: Any) -> MotionKind:
    if not isinstance(stored, np.ndarray):
        return _kind_of_arrays(stored)
    if stored.ndim == 2 and stored.shape[1] == NUMBERS:
        return MotionKind.SMPL
    if stored.ndim == 3 and stored.shape[1:] == (17, 3) and not _are_confidences(stored[..., 2]):
        return MotionKind.COCO
    return MotionKind.KEYPOINTS


def _are_confidences(numbers: Any) -> bool:
    return bool(((numbers >= 0) & (numbers <= 1)).all())
