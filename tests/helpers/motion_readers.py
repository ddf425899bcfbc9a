"""Files of motion as strangers bring them: each a small valid one, and what reads it.

What lies packed in an .npz is damaged before it is packed, or no case would come past the sums.
"""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from capture_files import bvh_text

from d2m_cli.data.skeletons.load import load_motion
from d2m_cli.data.sources.piece import MotionFile, MotionKind
from d2m_cli.generation.motion_file import read_part

Reader = Callable[[Path, bytes], object]

STEPS = 40
BODY = {
    "poses": np.linspace(0.0, 1.0, STEPS * 66).reshape(STEPS, 66),
    "trans": np.zeros((STEPS, 3)),
    "mocap_framerate": np.array(60.0),
}
JOINTS = {
    "motion": np.random.default_rng(0).normal(size=(STEPS, 23, 3)),
    "center": np.zeros((STEPS, 3)),
    "fps": np.array(60.0),
    "beat_times": np.arange(2.0),
    "genre": np.array("pop"),
}


def packed(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def whole(path: Path) -> Reader:
    """What `generate --motion` reads of a single file."""

    def read(_: Path, data: bytes) -> object:
        path.write_bytes(data)
        return read_part(path)

    return read


def inside(path: Path, arrays: dict[str, Any], name: str) -> tuple[bytes, Reader]:
    """One array of an .npz."""

    def read(_: Path, data: bytes) -> object:
        with zipfile.ZipFile(path, "w") as file:
            for other, array in arrays.items():
                file.writestr(f"{other}.npy", data if other == name else packed(array))
        return read_part(path)

    return packed(arrays[name]), read


def zipped(path: Path, arrays: dict[str, Any]) -> tuple[bytes, Reader]:
    """An .npz as a whole."""
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue(), whole(path)


def bvh(folder: Path) -> tuple[bytes, Reader]:
    return bvh_text(seconds=0.7, rate=10.0).encode(), whole(folder / "dance.bvh")


def amass_npz(folder: Path) -> tuple[bytes, Reader]:
    return zipped(folder / "amass.npz", BODY)


def amass_poses(folder: Path) -> tuple[bytes, Reader]:
    return inside(folder / "amass.npz", BODY, "poses")


def amass_rate(folder: Path) -> tuple[bytes, Reader]:
    return inside(folder / "amass.npz", BODY, "mocap_framerate")


def joints_npz(folder: Path) -> tuple[bytes, Reader]:
    return zipped(folder / "joints.npz", JOINTS)


def joints_motion(folder: Path) -> tuple[bytes, Reader]:
    return inside(folder / "joints.npz", JOINTS, "motion")


def joints_centre(folder: Path) -> tuple[bytes, Reader]:
    return inside(folder / "joints.npz", JOINTS, "center")


def smpl_array(folder: Path) -> tuple[bytes, Reader]:
    poses = np.concatenate([np.zeros((STEPS, 3)), np.tile(np.eye(3).ravel(), (STEPS, 24))], axis=1)
    return packed(poses), whole(folder / "dance.npy")


def coco(folder: Path) -> tuple[bytes, Reader]:
    """AIST++'s `keypoints3d` beside its poses."""
    motion, points = folder / "motion.pkl", folder / "points.pkl"
    poses = np.zeros((STEPS, 72)), np.zeros((STEPS, 3)), np.ones(1)
    names = ("smpl_poses", "smpl_trans", "smpl_scaling")
    motion.write_bytes(pickle.dumps(dict(zip(names, poses, strict=True)), protocol=2))

    def read(_: Path, data: bytes) -> object:
        points.write_bytes(data)
        return load_motion(MotionFile(motion, MotionKind.SMPL, points))

    places = np.random.default_rng(1).normal(size=(STEPS, 17, 3))
    return pickle.dumps({"keypoints3d": places}, protocol=2), read


def openpose_array(folder: Path) -> tuple[bytes, Reader]:
    path = folder / "dance.npy"

    def read(_: Path, data: bytes) -> object:
        path.write_bytes(data)
        return load_motion(MotionFile(path, MotionKind.KEYPOINTS))

    return packed(np.random.default_rng(2).uniform(1, 300, (STEPS, 75))), read


def openpose_folder(folder: Path) -> tuple[bytes, Reader]:
    place = folder / "people"
    place.mkdir()

    def read(_: Path, data: bytes) -> object:
        (place / "0.json").write_bytes(data)
        return load_motion(MotionFile(place, MotionKind.KEYPOINTS))

    person = {"pose_keypoints_2d": [float(number % 7 + 1) for number in range(75)]}
    return json.dumps({"people": [person]}).encode(), read


def rtmlib(folder: Path) -> tuple[bytes, Reader]:
    """Keypoints of COCO with scores beside them."""
    points = np.random.default_rng(3).uniform(1, 300, (STEPS, 1, 17, 2))
    arrays = {"keypoints": points, "scores": np.ones((STEPS, 1, 17)), "fps": np.array(30.0)}
    return inside(folder / "people.npz", arrays, "keypoints")


def scores(folder: Path) -> tuple[bytes, Reader]:
    points = np.random.default_rng(3).uniform(1, 300, (STEPS, 1, 17, 2))
    arrays = {"keypoints": points, "scores": np.ones((STEPS, 1, 17)), "fps": np.array(30.0)}
    return inside(folder / "people.npz", arrays, "scores")


def coco_array(folder: Path) -> tuple[bytes, Reader]:
    places = np.random.default_rng(4).normal(size=(STEPS, 17, 3))
    return packed(places), whole(folder / "coco.npy")


MOTIONS = [
    *(bvh, amass_npz, amass_poses, amass_rate, joints_npz, joints_motion, joints_centre),
    *(smpl_array, coco, coco_array, rtmlib, scores, openpose_array, openpose_folder),
]
