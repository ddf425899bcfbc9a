"""BVH and AMASS files of strangers become joints, and a dance with the right tempo."""

from pathlib import Path

import numpy as np
import pytest
from capture_files import BONES, bvh_text, dance_turns

from d2m_cli.data.skeletons.amass import read_amass
from d2m_cli.data.skeletons.bvh import read_bvh
from d2m_cli.data.skeletons.joints import PLACE, Positions
from d2m_cli.data.skeletons.kinds import motion_file
from d2m_cli.data.skeletons.load import load_motion
from d2m_cli.data.skeletons.rig import joints_of_rig, side_and_part
from d2m_cli.data.skeletons.smpl_body import REST_OFFSETS
from d2m_cli.errors import DataError, InputError
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.generation.motion_file import read_part

CMU_METRE = 0.45 / 0.0254


def joints_of(path: Path, text: str) -> Positions:
    path.write_text(text)
    return joints_of_rig(read_bvh(path))


@pytest.fixture
def dance(tmp_path: Path) -> Path:
    return tmp_path / "dance.bvh"


def test_joints_lie_where_the_rotations_bring_them(dance: Path) -> None:
    joints = joints_of(dance, bvh_text(seconds=2.0))
    place, moves = dance_turns(2.0, 100.0, 30.0)
    offset = {name: np.array(shift) for name, _, shift in BONES}
    hip = place + offset["LeftUpLeg"]
    knee = hip + moves["LeftUpLeg"].apply(offset["LeftLeg"])
    ankle = knee + (moves["LeftUpLeg"] * moves["LeftLeg"]).apply(offset["LeftFoot"])
    for name, wanted in (("hip", hip), ("knee", knee), ("ankle", ankle)):
        np.testing.assert_allclose(joints[:, PLACE[f"left_{name}"]], wanted, atol=1e-6)
    assert np.isfinite(joints).all()


@pytest.mark.parametrize(
    "form",
    [
        {"order": "XYZ", "metre": CMU_METRE, "rotation_first": True, "prefix": ""},
        {"order": "YXZ", "metre": 1.0, "all_positions": True, "prefix": "Character1_"},
        {"order": "ZYX", "metre": 1000.0, "rotation_first": True, "all_positions": True},
    ],
)
def test_order_of_channels_and_unit_change_nothing(dance: Path, form: dict[str, object]) -> None:
    usual = joints_of(dance, bvh_text(seconds=2.0))
    other = joints_of(dance, bvh_text(seconds=2.0, **form))  # type: ignore[arg-type]
    assert np.abs(other - usual).max() < 1e-4


@pytest.mark.parametrize("rate", [30.0, 120.0, 29.97])
def test_the_tempo_comes_back(dance: Path, rate: float) -> None:
    dance.write_text(bvh_text(bpm=100.0, rate=rate))
    assert read_bvh(dance).rate == pytest.approx(rate, rel=1e-6)
    motion = read_part(dance)
    assert motion.features.shape == (53, 360)
    assert estimate_rhythm(motion).bpm == pytest.approx(100.0, rel=0.04)


def test_a_part_has_its_beats(dance: Path) -> None:
    dance.write_text(bvh_text())
    motion = read_part(dance, 2.0, 10.0)
    assert motion.features.shape == (53, 240)
    np.testing.assert_allclose(motion.features[-2:].mean(axis=1), 0.0, atol=1e-5)
    with pytest.raises(InputError, match="of motion there"):
        read_part(dance, 20.0)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("mixamorig:LeftUpLeg", ("left", "upleg")),
        ("mixamorig1_RightForeArm", ("right", "forearm")),
        ("LHipJoint", ("left", "hipjoint")),
        ("Bip01 L Thigh", ("left", "thigh")),
        ("rShldr", ("right", "shldr")),
        ("thigh_r", ("right", "thigh")),
        ("upper_arm.L", ("left", "upperarm")),
        ("leftfoot", ("left", "foot")),
        ("LowerBack", ("", "lowerback")),
    ],
)
def test_names_of_many_makers_are_understood(name: str, wanted: tuple[str, str]) -> None:
    assert side_and_part(name) == wanted


def test_hands_and_feet_without_a_name_are_the_ends_of_their_limbs(dance: Path) -> None:
    usual = joints_of(dance, bvh_text(seconds=1.0))
    names = [(f"{side}Hand", f"{side}X") for side in ("Left", "Right")]
    other = joints_of(dance, bvh_text(seconds=1.0, names=names))
    np.testing.assert_allclose(other, usual)


def test_z_up_is_set_upright(dance: Path) -> None:
    capture_text = bvh_text(seconds=1.0)
    usual = joints_of(dance, capture_text)
    capture = read_bvh(dance)
    x, y, z = capture.places.transpose(2, 0, 1)
    capture.places[:] = np.stack([x, -z, y], axis=-1)
    np.testing.assert_allclose(joints_of_rig(capture), usual, atol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("HIERARCHY", "hello", "no BVH file"),
        ("MOTION", "", "no BVH file"),
        ("Frames: 30", "Frames: 0", "0 frames"),
        ("Frames: 30", "Frames: 31", "are announced"),
        ("Frame Time: 0.03333", "Frame Time: 0.00000", "frame time"),
        ("Frame Time: ", "Frame Time: -", "frame time"),
        ("0.00000000", "nan", "NaN"),
        ("0.00000000", "zero", "else than numbers"),
        ("CHANNELS 3 Zrotation", "CHANNELS 4 Zrotation", "damaged at"),
        ("End Site", "JUNK", "damaged at"),
        ("}\nMOTION", "\nMOTION", "ends within a joint"),
        ("LeftUpLeg", "Tail", "left hip"),
    ],
)
def test_what_is_no_motion_is_refused(dance: Path, old: str, new: str, sentence: str) -> None:
    text = bvh_text(seconds=1.0)
    assert old in text
    with pytest.raises(DataError, match=sentence):
        joints_of(dance, text.replace(old, new, 1))


def test_no_frames(dance: Path) -> None:
    head = bvh_text(seconds=1.0).partition("MOTION")[0]
    with pytest.raises(DataError, match="no frames"):
        joints_of(dance, f"{head}MOTION\nFrames: 0\nFrame Time: 0.033333\n")


@pytest.mark.parametrize("rate_name", ["mocap_framerate", "mocap_frame_rate"])
def test_amass_stands_upright(tmp_path: Path, rate_name: str) -> None:
    place, moves = dance_turns(12.0, 100.0, 60.0)
    poses = np.zeros((len(place), 52, 3))
    poses[:, 0, 0] = np.pi / 2  # SMPL's rest pose has y up, AMASS z
    numbers = {"Spine": 3, "UpLeg": 1, "Leg": 4, "Foot": 7, "Arm": 16, "ForeArm": 18}
    for name, turn in moves.items():
        number = numbers[name.removeprefix("Left").removeprefix("Right")]
        poses[:, number + name.startswith("Right")] = turn.as_rotvec()
    path = tmp_path / "dance.npz"
    np.savez(
        path,
        poses=poses.reshape(len(poses), -1),
        trans=np.stack([place[:, 0], -place[:, 2], place[:, 1]], axis=1),
        **{rate_name: 60.0},
    )
    loaded = load_motion(motion_file(path))
    assert loaded.joints is not None
    height = loaded.joints[PLACE["nose"], 1] - loaded.joints[PLACE["left_ankle"], 1]
    assert 1.2 < height.mean() < 1.7
    assert loaded.motion.features.shape == (53, 360)
    joints, _ = read_amass(path)
    thigh = joints[:, PLACE["left_knee"]] - joints[:, PLACE["left_hip"]]
    np.testing.assert_allclose(thigh, moves["LeftUpLeg"].apply(REST_OFFSETS[4]), atol=1e-9)


def test_pickles_in_arrays_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "dance.npz"
    np.savez(path, poses=np.array([{"a": 1}], dtype=object), trans=np.zeros((1, 3)))
    with pytest.raises(InputError, match="no AMASS motion"):
        read_part(path)
