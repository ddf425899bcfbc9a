"""MediaPipe and its networks on LiteRT give the same landmarks."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from project import EXAMPLE, FIXTURES, SHARED

from d2m_cli import opencv
from d2m_cli.errors import D2MError, InputError
from d2m_cli.features.pose import doors
from d2m_cli.features.pose.doors import Door, choose_door
from d2m_cli.features.pose.estimator import PoseEstimator, PoseOptions
from d2m_cli.features.pose.networks import litert
from d2m_cli.ingest.video import probe, read_frames
from d2m_cli.types import FrameArray

CLIPS = [EXAMPLE, *(SHARED / "clips" / f"{name}.mp4" for name in ("aist_a", "tiktok_b"))]
MOST_APART = 0.005
"""Median distance of landmarks in heights of the body."""

needs_mediapipe = pytest.mark.skipif(
    Door.MEDIAPIPE.version is None, reason="MediaPipe 0.10 is not installed"
)


def pictures(clip, count: int) -> list[FrameArray]:
    if not clip.exists():
        pytest.skip(f"{clip} is not there")
    return list(islice(read_frames(probe(clip)), count))


def landmarks(door: Door, frames: list[FrameArray]) -> np.ndarray:
    with PoseEstimator(30.0, PoseOptions(door, stride=1)) as pose:
        for frame in frames:
            pose.add(frame)
        return pose.landmarks().points


def apart(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distances in heights of the body, of steps in which both saw somebody."""
    height = np.nanmedian(np.ptp(others[..., 1], axis=1))
    distance = np.linalg.norm(points[..., :2] - others[..., :2], axis=-1) / height
    assert np.isfinite(distance).all(axis=1).mean() > 0.95
    return distance[np.isfinite(distance)]


@needs_mediapipe
def test_both_doors_see_the_same() -> None:
    for clip in filter(Path.exists, CLIPS):
        frames = pictures(clip, 60)
        mediapipe, litert = (landmarks(door, frames) for door in (Door.MEDIAPIPE, Door.LITERT))
        assert np.median(apart(litert, mediapipe)) < MOST_APART
        assert np.nanmedian(np.abs(litert[..., 3] - mediapipe[..., 3])) < 0.01


@pytest.mark.parametrize("has_opencv", [True, False])
def test_litert_sees_what_mediapipe_saw(has_opencv: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not has_opencv:
        monkeypatch.setattr(opencv, "_module", lambda: None)
    found = landmarks(Door.LITERT, pictures(EXAMPLE, 20))
    assert np.median(apart(found, np.load(FIXTURES / "mediapipe_example.npy"))) < MOST_APART


def test_the_faster_door_is_taken_and_a_missing_one_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert choose_door() is Door.LITERT and choose_door(Door.LITERT) is Door.LITERT
    monkeypatch.setattr(doors, "doors", lambda: [Door.LITERT])
    with pytest.raises(D2MError, match="mediapipe here: use --pose litert, or install"):
        choose_door(Door.MEDIAPIPE)
    monkeypatch.setattr(doors, "doors", lambda: [])
    with pytest.raises(D2MError, match="litert here: install the package ai-edge-litert"):
        choose_door()


def test_what_a_door_cannot_do_is_refused() -> None:
    for words in (("openpose", "main"), (None, "tall"), (None, "0")):
        with pytest.raises(InputError):
            PoseOptions.of(*words)
    if Door.MEDIAPIPE.version:
        with pytest.raises(InputError, match="--pose litert"):
            PoseOptions.of("mediapipe", "left")


def test_facts_tell_every_option_apart() -> None:
    options = [PoseOptions(), PoseOptions(dancer="left"), PoseOptions(stride=1)]
    options += [PoseOptions(Door.MEDIAPIPE)] if Door.MEDIAPIPE.version else []
    assert len({option.facts() for option in options}) == len(options)


def test_a_damaged_network_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(litert.SHA256, "pose_detection.tflite", "0" * 64)
    with pytest.raises(D2MError, match=r"pose_detection\.tflite is damaged: install d2m again"):
        litert.Network("pose_detection.tflite")
