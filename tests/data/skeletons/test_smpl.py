"""AIST++ motion files become the 219 numbers that the released model takes."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from d2m_cli.data.skeletons.smpl import read_smpl
from d2m_cli.errors import DataError


def test_axis_angles_become_rotations(tmp_path: Path) -> None:
    poses = np.zeros((4, 72))
    poses[:, 2] = np.pi / 2  # the root turns a quarter about z
    motion = {
        "smpl_poses": poses,
        "smpl_trans": np.full((4, 3), 5.0),
        "smpl_scaling": np.array([2.0]),
    }
    (tmp_path / "motion.pkl").write_bytes(pickle.dumps(motion))

    read = read_smpl(tmp_path / "motion.pkl")

    assert read.shape == (4, 219)
    np.testing.assert_allclose(read[:, :3], 2.5)
    np.testing.assert_allclose(read[0, 3:12], [0, -1, 0, 1, 0, 0, 0, 0, 1], atol=1e-7)
    np.testing.assert_allclose(read[0, 12:21], np.eye(3).ravel(), atol=1e-7)


def test_the_authors_arrays_are_taken_as_they_are(tmp_path: Path) -> None:
    numbers = np.random.default_rng(0).normal(size=(7, 219)).astype(np.float32)
    np.save(tmp_path / "motion.npy", numbers)
    np.testing.assert_array_equal(read_smpl(tmp_path / "motion.npy"), numbers)


@pytest.mark.parametrize("content", [{"smpl_poses": np.zeros((4, 72))}, [1, 2], "text", 3.0])
def test_other_pickles_are_refused(tmp_path: Path, content: object) -> None:
    (tmp_path / "motion.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(DataError, match="SMPL"):
        read_smpl(tmp_path / "motion.pkl")


@pytest.mark.parametrize(
    "array", [np.zeros((5, 75)), np.zeros((0, 219)), np.full((2, 219), np.nan)]
)
def test_other_arrays_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "motion.npy", array)
    with pytest.raises(DataError, match="motion"):
        read_smpl(tmp_path / "motion.npy")
