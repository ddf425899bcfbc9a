"""Every source skeleton ends at the same joints: sides, heights and facing agree."""

from pathlib import Path

import numpy as np
import pytest
from data_trees import STANDING, body25, smpl_motion, write_pickle
from project import SHARED

from d2m_cli.data.skeletons.joints import (
    MIRRORED,
    PLACE,
    facing,
    from_coco,
    from_dance_with_melody,
    from_smpl,
    mirror,
    torso,
)
from d2m_cli.data.skeletons.keypoint_files import read_keypoints
from d2m_cli.data.skeletons.keypoints import landmarks_from_keypoints
from d2m_cli.data.skeletons.smpl import read_smpl
from d2m_cli.data.skeletons.smpl_body import body_joints
from d2m_cli.errors import DataError
from d2m_cli.features.motion import JOINTS, motion_from_landmarks

MELODY = SHARED / "data/dance_with_melody"
UP = 1


def assert_stands(joints: np.ndarray) -> None:
    """Left at +x, head above hips above feet, toes ahead (+z) of the heels."""
    assert joints.shape[1] == len(JOINTS) and np.isfinite(joints).all()
    mean = joints.mean(axis=0)
    for part in ("shoulder", "hip"):
        assert mean[PLACE[f"left_{part}"], 0] > mean[PLACE[f"right_{part}"], 0]
    chain = ["nose", "left_shoulder", "left_hip", "left_knee", "left_ankle", "left_heel"]
    heights = [mean[PLACE[name], UP] for name in chain]
    assert heights == sorted(heights, reverse=True)
    assert mean[PLACE["left_foot_index"], 2] > mean[PLACE["left_heel"], 2]
    np.testing.assert_allclose(facing(joints).mean(axis=0), [0, 0, 1], atol=0.05)


def test_the_23_joints_of_dance_with_melody() -> None:
    points = np.tile(np.array([STANDING[joint] for joint in range(23)]), (3, 1, 1))
    joints = from_dance_with_melody(points)
    assert_stands(joints)
    np.testing.assert_allclose(joints[0, PLACE["left_wrist"]], STANDING[14])
    assert joints[0, PLACE["nose"], 2] > 0.05


def test_smpl_poses_move_an_average_body(tmp_path: Path) -> None:
    motion = smpl_motion()
    poses = read_smpl(write_pickle(tmp_path / "a.pkl", motion))
    joints = from_smpl(body_joints(poses))
    np.testing.assert_allclose(joints[:, [7, 8]].mean(axis=1)[:, UP], 95 / 93 - 0.09, atol=1e-3)
    # The left upper arm turns about z by -1 +- 0.4: below the shoulder, right arm spread.
    left, right = (joints[:, PLACE[f"{side}_elbow"], UP] for side in ("left", "right"))
    assert (left < joints[:, PLACE["left_shoulder"], UP] - 0.1).all()
    assert np.ptp(left) > 0.05 and np.ptp(right) < 1e-6
    motion["smpl_poses"][:, 3 * 16 + 2] = -1.2
    motion["smpl_poses"][:, 3 * 17 + 2] = 1.2
    motion["smpl_trans"][:] = 0
    assert_stands(from_smpl(body_joints(read_smpl(write_pickle(tmp_path / "b.pkl", motion)))))


def test_coco_feet_point_where_the_body_faces() -> None:
    coco = np.zeros((2, 17, 3))
    coco[:, :, 1] = [
        1.65,
        1.7,
        1.7,
        1.7,
        1.7,
        1.45,
        1.45,
        1.2,
        1.2,
        1,
        1,
        0.95,
        0.95,
        0.5,
        0.5,
        0.1,
        0.1,
    ]
    coco[:, 5::2, 0], coco[:, 6::2, 0] = 0.15, -0.15
    assert_stands(from_coco(coco))


def test_a_turned_body_faces_its_turn() -> None:
    points = np.tile(np.array([STANDING[joint] for joint in range(23)]), (1, 1, 1))
    quarter = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    turned = from_dance_with_melody(points @ quarter.T)
    np.testing.assert_allclose(facing(turned)[0], [1, 0, 0], atol=1e-6)


def test_mirroring_twice_changes_nothing() -> None:
    joints = np.random.default_rng(0).standard_normal((4, 17, 3))
    np.testing.assert_array_equal(mirror(mirror(joints)), joints)
    names = list(JOINTS)
    for place, other in enumerate(MIRRORED):
        sides = {names[place].split("_")[0], names[other].split("_")[0]}
        assert sides in ({"nose"}, {"left", "right"})


@pytest.mark.skipif(not MELODY.exists(), reason="needs ../shared/data/dance_with_melody")
def test_real_dancers_are_upright_and_of_human_size() -> None:
    for name in ("DANCE_C_2", "DANCE_R_9", "DANCE_W_28"):
        with np.load(MELODY / f"{name}.npz") as stored:
            joints = from_dance_with_melody(stored["motion"].astype(np.float64))
        assert 0.35 < torso(joints) < 0.6
        assert (joints[:, PLACE["nose"], UP] > joints[:, PLACE["left_hip"], UP]).mean() > 0.98
        ahead = joints[:, PLACE["left_foot_index"]] - joints[:, PLACE["left_heel"]]
        assert ((ahead * facing(joints)).sum(axis=1) > 0).mean() > 0.7


def test_openpose_frames_without_a_person_stay_marked(tmp_path: Path) -> None:
    np.save(tmp_path / "dance.npy", body25().reshape(-1, 75))
    landmarks = landmarks_from_keypoints(read_keypoints(tmp_path / "dance.npy").points)
    assert np.isnan(landmarks.points[10:13]).all()
    motion = motion_from_landmarks(landmarks)
    assert motion.features.shape == (53, 90) and np.isfinite(motion.features).all()
    assert not motion.found[10:13].any() and motion.found.sum() == 87


def test_a_joint_that_is_never_seen_lies_at_its_neighbour() -> None:
    points = body25()
    points[:, 4] = 0  # right wrist
    points[:, 24] = 0  # right heel
    motion = motion_from_landmarks(landmarks_from_keypoints(points))
    x = motion.features[: len(JOINTS)]
    np.testing.assert_allclose(x[PLACE["right_wrist"]], x[PLACE["right_elbow"]], atol=1e-4)
    visibility = motion.features[2 * len(JOINTS) : 3 * len(JOINTS)]
    assert visibility[PLACE["right_wrist"]].max() == 0
    points[:, 9] = 0  # right hip: without it there is no body
    with pytest.raises(DataError, match="right hip"):
        landmarks_from_keypoints(points)


@pytest.mark.parametrize("wrong", [np.zeros((4, 60)), np.full((4, 75), np.nan), np.zeros((0, 75))])
def test_other_arrays_are_no_keypoints(tmp_path: Path, wrong: np.ndarray) -> None:
    np.save(tmp_path / "dance.npy", wrong)
    with pytest.raises(DataError):
        read_keypoints(tmp_path / "dance.npy")
