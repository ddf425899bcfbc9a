"""Optical flow sees real movement; two-stream windows take the right pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from d2m_cli.official import FlowMethod
from d2m_cli.official.flow import LARGEST, OpticalFlow
from d2m_cli.official.two_stream import TwoStream, centre_crop


def textured(right: float = 0.0, down: float = 0.0) -> np.ndarray:
    """A smooth random texture `(96, 128, 3)`, moved by so many pixels."""
    noise = np.random.default_rng(0).uniform(0, 255, (96, 128, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 4)
    soft = 127 + (soft - soft.mean()) * 40 / soft.std()
    shift = np.array([[1, 0, right], [0, 1, down]], np.float32)
    moved = cv2.warpAffine(soft, shift, (128, 96), borderMode=cv2.BORDER_REFLECT)
    return moved.clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("method", FlowMethod)
def test_flow_follows_a_moved_picture(method: FlowMethod) -> None:
    flow = OpticalFlow(method)
    assert not flow.add(textured()).any()
    moved = flow.add(textured(right=2.0, down=-1.0)) * LARGEST
    middle = moved[:, 24:-24, 24:-24].mean(axis=(1, 2))
    np.testing.assert_allclose(middle, [2.0, -1.0], atol=0.3)


def test_the_crop_is_the_middle_of_the_picture() -> None:
    frame = np.zeros((128, 512, 3), np.uint8)
    frame[32:96, 224:288] = 255
    crop = centre_crop(frame)
    assert crop.shape == (224, 224, 3)
    assert crop[112, 112].tolist() == [255, 255, 255]
    assert not crop[:40].any()
    np.testing.assert_array_equal(crop, crop[:, ::-1])


@pytest.mark.parametrize(("frames", "windows"), [(1, 1), (60, 1), (61, 2), (118, 3)])
def test_windows_cover_the_clip(frames: int, windows: int) -> None:
    def first_and_last(stream: np.ndarray) -> np.ndarray:
        assert stream.shape[1] == 60
        return stream[0, [0, -1], 0, 0]

    collector = TwoStream(first_and_last, first_and_last, step=1.9, method=FlowMethod.DIS)
    for number in range(frames):
        collector.add(np.full((32, 32, 3), number, np.uint8))
    visual = collector.visual()

    assert visual.features.shape == (4, windows)
    shown = np.round((visual.features[:2] + 1.0) * 127.5).astype(int)
    np.testing.assert_array_equal(shown[0], 57 * np.arange(windows))
    np.testing.assert_array_equal(shown[1], np.minimum(shown[0] + 59, frames - 1))
