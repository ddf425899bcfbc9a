"""The plot's pictures: evenly spread, small, and there for any length of video."""

import numpy as np
import pytest

from d2m_cli.analysis.thumbnails import HEIGHT, MARK, PICTURES, Thumbnails
from d2m_cli.types import Followed, Landmarks


@pytest.mark.parametrize(("frames", "kept"), [(1, 1), (5, 4), (300, PICTURES), (18000, PICTURES)])
def test_pictures_are_kept_for_any_length(frames: int, kept: int) -> None:
    strip = Thumbnails(frames)
    for number in range(frames):
        strip.add(np.full((60, 40, 3), number * 255 // max(1, frames), np.uint8))
    pictures = strip.pictures()
    assert pictures.shape == (kept, HEIGHT, 80, 3)
    assert (np.diff(pictures[:, 0, 0, 0].astype(int)) >= 0).all()


def test_fewer_frames_than_expected_still_give_a_picture() -> None:
    strip = Thumbnails(3000)
    strip.add(np.zeros((60, 40, 3), np.uint8))
    assert len(strip.pictures()) == 1


def test_one_of_several_dancers_is_framed() -> None:
    strip = Thumbnails(30)
    for _ in range(30):
        strip.add(np.zeros((60, 80, 3), np.uint8))
    points = np.full((15, 33, 4), 0.5, np.float32)
    points[:, 0, :2], points[:, 32, :2] = (0.25, 0.25), (0.75, 0.75)
    points[7:] = np.nan
    alone, group = (Followed(shares, 0) for shares in ((1.0,), (1.0, 0.9)))
    assert not strip.pictures(Landmarks(points, 15.0, alone)).any()
    pictures = strip.pictures(Landmarks(points, 15.0, group))
    assert tuple(pictures[0, 30, 28]) == tuple(pictures[0, 28, 60]) == MARK
    assert not pictures[0, 60, 60].any() and not pictures[0, :20].any()
    assert not pictures[-1].any(), "a picture in which the dancer is not seen has no frame"
