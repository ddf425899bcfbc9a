"""Augmented dances stay within what MediaPipe gives on real clips."""

from pathlib import Path

import numpy as np
import pytest
from data_trees import STANDING, swing
from project import SHARED

from d2m_cli.analysis.video import read_motion
from d2m_cli.data.pairs.augment import STRAIGHT, Augmentation, degrade, film, mirror_picture
from d2m_cli.data.skeletons.joints import PLACE, Positions, from_dance_with_melody
from d2m_cli.data.skeletons.load import load_motion
from d2m_cli.data.sources.motion import read_motion_folder
from d2m_cli.data.sources.piece import MotionFile, MotionKind
from d2m_cli.features.motion import JOINTS, joint_positions, joint_speed
from d2m_cli.ingest.probe import probe
from d2m_cli.types import FloatArray, Motion

COUNT = len(JOINTS)


@pytest.fixture
def dancer() -> Positions:
    points = np.tile(np.array([STANDING[joint] for joint in range(23)]), (60, 1, 1))
    points[:, [13, 14, 15], 0] += 0.2 * swing(2.0, 30.0, 120.0)[:, None]
    return from_dance_with_melody(points)


def only(**changes: float) -> Augmentation:
    """`STRAIGHT` but for one thing."""
    return Augmentation(**{**vars(STRAIGHT), **changes})


def filmed(joints: Positions, augmentation: Augmentation, seed: int = 0) -> Motion:
    rng = np.random.default_rng(seed)
    positions, visibility = film(joints, augmentation, rng)
    return degrade(positions, visibility, np.ones(len(joints), bool), augmentation, rng)


def channels(motion: Motion) -> tuple[FloatArray, FloatArray, FloatArray]:
    parts = motion.features[: 3 * COUNT].reshape(3, COUNT, -1)
    return parts[0], parts[1], parts[2]


def test_a_straight_view_shows_left_on_the_right_and_the_head_above(dancer: Positions) -> None:
    x, y, visibility = channels(filmed(dancer, STRAIGHT))
    assert (x[PLACE["left_shoulder"]] > 0).all() and (x[PLACE["right_shoulder"]] < 0).all()
    assert (y[PLACE["nose"]] < 0).all() and (y[PLACE["left_ankle"]] > 0).all()
    assert visibility.min() > 0.7


def test_the_mirror_swaps_the_sides(dancer: Positions) -> None:
    plain, turned = filmed(dancer, STRAIGHT), filmed(dancer, only(mirror=1.0))
    left, right = PLACE["left_wrist"], PLACE["right_wrist"]
    for one, other in ((left, right), (right, left)):
        np.testing.assert_allclose(turned.features[one], -plain.features[other], atol=1e-5)
    positions = joint_positions(plain).astype(np.float64)
    visibility = np.tile(np.arange(COUNT) / COUNT, (60, 1))
    places, seen = mirror_picture(positions, visibility, only(mirror=1.0), np.random.default_rng(0))
    np.testing.assert_allclose(places, joint_positions(turned), atol=1e-5)
    assert seen[0, left] == visibility[0, right]


def test_a_camera_at_the_side_sees_narrow_shoulders_and_hides_the_far_arm(
    dancer: Positions,
) -> None:
    widths = []
    for seed in range(40):
        x, _, visibility = channels(filmed(dancer, only(yaw=80.0), seed))
        widths.append(abs(x[PLACE["left_shoulder"]] - x[PLACE["right_shoulder"]]).mean())
        assert visibility[[PLACE["nose"], PLACE["left_hip"]]].min() == 1.0
    assert min(widths) < 0.3 and max(widths) > 0.65


def test_a_near_camera_enlarges_what_is_before_the_body(dancer: Positions) -> None:
    far = filmed(dancer, STRAIGHT)
    near = filmed(dancer, only(distance=(4.0, 4.0)))
    toe, heel = PLACE["left_foot_index"], PLACE["left_heel"]
    ahead = [y[toe].mean() - y[heel].mean() for _, y, _ in map(channels, (far, near))]
    assert ahead[1] > ahead[0] + 0.02


@pytest.mark.parametrize("name", ["limb_loss", "crop", "frame_loss"])
def test_errors_mark_what_they_touch(dancer: Positions, name: str) -> None:
    motion = filmed(dancer, only(**{name: 1.0}), seed=3)
    clean = filmed(dancer, STRAIGHT)
    hidden = channels(motion)[2] < 0.2
    assert hidden.any() and not channels(clean)[2].min() < 0.2
    assert np.isfinite(motion.features).all()
    if name == "frame_loss":
        assert (hidden.all(axis=0) == ~motion.found).all() and 3 <= (~motion.found).sum() <= 18
    else:
        assert motion.found.all() and not hidden[[PLACE["nose"], PLACE["left_hip"]]].any()


def test_noise_has_the_stated_size_and_no_flicker(dancer: Positions) -> None:
    still = np.tile(dancer[:1], (600, 1, 1))
    spread = []
    for seed in range(30):
        positions = joint_positions(filmed(still, only(noise=0.02), seed))
        wander = positions - positions.mean(axis=0)
        spread.append(wander[:, PLACE["left_shoulder"]].std())
        steps, size = np.diff(wander, axis=0).std(), wander.std()
        assert steps < 0.75 * size
    assert max(spread) < 0.03 and 0.004 < np.mean(spread) < 0.02


def figures(motion: Motion) -> dict[str, float]:
    x, y, visibility = channels(motion)
    positions = joint_positions(motion)
    return {
        "widest": float(np.abs(x).max()),
        "highest": float(y.min()),
        "lowest": float(y.max()),
        "visibility": float(visibility.mean()),
        "trunk": float(visibility[[0, 1, 2, 7, 8]].mean()),
        "speed": float(joint_speed(positions, motion.rate).mean()),
        "jitter": float(np.median(np.linalg.norm(np.diff(positions, 2, axis=0), axis=-1)) * 900),
    }


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared with real clips and dances")
def test_augmented_dances_measure_like_mediapipe_on_real_clips() -> None:
    clips = [SHARED / "clips" / f"{name}.mp4" for name in ("aist_b", "tiktok_a")]
    real = [figures(read_motion(probe(clip))) for clip in clips]
    pieces = read_motion_folder(SHARED / "data/dance_with_melody").pieces[::9]
    rng = np.random.default_rng(0)
    made = []
    for piece in pieces:
        assert piece.motion is not None
        joints = load_motion(piece.motion).joints
        assert joints is not None
        for _ in range(20):
            begin = int(rng.integers(joints.shape[2] - 60))
            part = joints[..., begin : begin + 60].transpose(2, 0, 1).astype(np.float64)
            made.append(figures(filmed(part, Augmentation(), seed=int(rng.integers(2**31)))))
    for name in real[0]:
        low, high = (change([clip[name] for clip in real]) for change in (min, max))
        middle = float(np.median([dance[name] for dance in made]))
        margin = 0.35 * max(abs(low), abs(high), high - low)
        assert low - margin <= middle <= high + margin, name


def test_motion_files_of_other_kinds_are_told_apart(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 75)))
    with pytest.raises(Exception, match="seen in no frame"):
        load_motion(MotionFile(tmp_path / "a.npy", MotionKind.KEYPOINTS))
