"""One dance as every pose estimator writes it becomes one motion, with the right sides."""

import json
from pathlib import Path

import numpy as np
import pytest
from capture_files import bvh_text
from data_trees import write_pickle

from d2m_cli.data.skeletons.bvh import read_bvh
from d2m_cli.data.skeletons.coco import read_coco
from d2m_cli.data.skeletons.joints import COCO, OPENPOSE, PLACE, facing
from d2m_cli.data.skeletons.kinds import motion_file
from d2m_cli.data.skeletons.load import load_motion
from d2m_cli.data.skeletons.rig import joints_of_rig
from d2m_cli.errors import DataError, InputError
from d2m_cli.features.motion import JOINTS
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.generation.motion_file import read_part
from d2m_cli.types import Clip

RATE, WIDTH, HEIGHT = 25.0, 640, 360
FEET = ("heel", "foot_index")


@pytest.fixture(scope="module")
def joints(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """A dancer of 100 bpm, `(T, 17, 3)` metres at `RATE`, who faces +z."""
    path = tmp_path_factory.mktemp("bvh") / "dance.bvh"
    path.write_text(bvh_text(seconds=12.0, rate=RATE))
    return joints_of_rig(read_bvh(path))


@pytest.fixture(scope="module")
def seen(joints: np.ndarray) -> np.ndarray:
    """The same in pixels, `(T, 17, 2)`, y down."""
    return np.stack([320 + 150 * joints[..., 0], 330 - 150 * joints[..., 1]], axis=-1)


def laid_out(points: np.ndarray, numbers: dict[str, int], count: int) -> np.ndarray:
    """Joints `(T, 17, D)` at their places among `count` points; others are 0."""
    out = np.zeros((len(points), count, points.shape[2]))
    for name, number in numbers.items():
        out[:, number] = points[:, PLACE[name]]
    return out


def with_score(points: np.ndarray) -> np.ndarray:
    return np.concatenate([points, (points[..., :1] != 0).astype(float)], axis=2)


def write_mediapipe(folder: Path, seen: np.ndarray) -> Path:
    """As MediaPipe in a browser gives it: shares of the picture, people in lists."""
    share = laid_out(seen, JOINTS, 33) / (WIDTH, HEIGHT)
    frames = [
        {"landmarks": [[{"x": x, "y": y, "z": 0.0, "visibility": 0.9} for x, y in frame]]}
        for frame in share.tolist()
    ]
    frames[7] = {"landmarks": []}
    path = folder / "mediapipe.json"
    path.write_text(json.dumps({"fps": RATE, "width": WIDTH, "height": HEIGHT, "frames": frames}))
    return path


def write_rtmlib(folder: Path, seen: np.ndarray) -> Path:
    """A second person, smaller, stands first in every other frame."""
    dancer = laid_out(seen, COCO, 17)
    other = 0.3 * dancer[:1] + 500
    people = [[d, other[0]] if n % 2 else [other[0], d] for n, d in enumerate(dancer)]
    path = folder / "rtmlib.npz"
    scores = np.full((len(seen), 2, 17), 0.8)
    np.savez(path, keypoints=np.array(people), scores=scores, fps=RATE)
    return path


def write_coco_results(folder: Path, seen: np.ndarray) -> Path:
    """As AlphaPose and COCO's evaluation write it: a record a person, numbers in one list."""
    flat = with_score(laid_out(seen, COCO, 17)).reshape(len(seen), -1)
    records = [{"image_id": n, "keypoints": row} for n, row in enumerate(flat.tolist())]
    path = folder / "coco.json"
    path.write_text(json.dumps({"fps": RATE, "results": records}))
    return path


def write_mmpose(folder: Path, seen: np.ndarray) -> Path:
    frames = [
        {"frame_id": n, "instances": [{"keypoints": frame, "keypoint_scores": [0.9] * 17}]}
        for n, frame in enumerate(laid_out(seen, COCO, 17).tolist())
    ]
    path = folder / "mmpose.json"
    path.write_text(json.dumps({"meta_info": {}, "fps": RATE, "instance_info": frames}))
    return path


def write_openpose(folder: Path, seen: np.ndarray) -> Path:
    """One file a frame; the right wrist is lost (0, 0, 0) for a while."""
    body = with_score(laid_out(seen, OPENPOSE, 25))
    body[20:24, OPENPOSE["right_wrist"]] = 0
    (folder / "openpose").mkdir()
    for number, frame in enumerate(body):
        person = {"pose_keypoints_2d": frame.ravel().tolist()}
        path = folder / "openpose" / f"{number:05d}_keypoints.json"
        path.write_text(json.dumps({"people": [person]}))
    return folder / "openpose"


WRITERS = [write_mediapipe, write_rtmlib, write_coco_results, write_mmpose, write_openpose]
VIDEO = Clip(Path("x.mp4"), 12.0, RATE, WIDTH, HEIGHT, 0, False)


@pytest.mark.parametrize("write", WRITERS, ids=lambda w: w.__name__.removeprefix("write_"))
def test_every_estimators_file_is_the_same_dance(tmp_path: Path, seen: np.ndarray, write) -> None:
    motion = read_part(write(tmp_path, seen), clip=VIDEO)
    assert motion.features.shape == (53, 360) and np.isfinite(motion.features).all()
    wanted = seen[:, [PLACE[name] for name in JOINTS]]
    span = np.linalg.norm(wanted[:, 1:3].mean(axis=1) - wanted[:, 7:9].mean(axis=1), axis=1).mean()
    x = motion.features[: len(JOINTS)].mean(axis=1)
    for name in JOINTS:
        if not name.endswith(FEET):  # COCO has no feet
            middle = (wanted[:, PLACE[name], 0] - wanted[:, 7:9, 0].mean(axis=1)).mean() / span
            assert x[PLACE[name]] == pytest.approx(middle, abs=0.05), name
    assert x[PLACE["left_shoulder"]] > 0.1 > -0.1 > x[PLACE["right_shoulder"]]
    assert estimate_rhythm(motion).bpm == pytest.approx(100.0, rel=0.04)


def test_the_videos_rate_and_shape_hold_where_the_file_says_none(
    tmp_path: Path, seen: np.ndarray
) -> None:
    path = write_mediapipe(tmp_path, seen)
    told = read_part(path)
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record["frames"]))
    np.testing.assert_allclose(read_part(path, clip=VIDEO).features, told.features, atol=1e-4)
    assert read_part(path).features.shape[1] == 300  # 30 frames a second


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("unit", [1.0, 100.0])
def test_joints_in_space_have_their_sides_whoever_numbered_them(
    tmp_path: Path, joints: np.ndarray, swapped: bool, unit: float
) -> None:
    points = unit * laid_out(joints, COCO, 17)
    middle = points[:, [COCO["left_shoulder"], COCO["right_shoulder"]]].mean(axis=1)
    for number in (1, 2, 3, 4):  # eyes and ears lie behind the nose, the ears more so
        points[:, number] = points[:, 0] - (0, 0, (0.03 if number < 3 else 0.12) * unit)
    assert (middle[:, 2] < points[:, 0, 2]).all()
    if swapped:
        points = points[:, [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]]
    path = write_pickle(tmp_path / "take.pkl", {"keypoints3d": points})
    found = read_coco(path)
    for name in ("left_wrist", "right_ankle"):
        np.testing.assert_allclose(found[:, PLACE[name]], joints[:, PLACE[name]], atol=1e-9)
    assert facing(found)[:, 2].mean() > 0.8
    # Where SMPL poses say where the dancer faces, they decide.
    turned = read_coco(path, ahead=-facing(found))
    np.testing.assert_allclose(turned[:, PLACE["left_wrist"]], joints[:, PLACE["right_wrist"]])
    assert load_motion(motion_file(path)).motion.features.shape == (53, len(points) // 2)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"people": []}', "no list called"),
        ("[]", "people of"),
        ("[[]]", "people of"),
        ("[[[1, 2], [3, 4]]]", "people of"),
        ('[[{"x": 1}]]', "no keypoints"),
        ('{"fps": 0.1, "frames": [[' + ", ".join(["[1, 2, 0.5]"] * 17) + "]]}", "fps is 0.1"),
        ("[[" + ", ".join(["[1e999, 2, 0.5]"] * 17) + "]]", "infinite"),
        ("[" * 500 + "]" * 500, "people of|too deep"),
        ("5", "no list of frames"),
        ("nonsense", "cannot be read"),
    ],
)
def test_other_json_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "take.json"
    path.write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_part(path)


def test_an_empty_folder_is_no_motion(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one a frame"):
        motion_file(tmp_path)
