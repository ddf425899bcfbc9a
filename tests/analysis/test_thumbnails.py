"""The plot's pictures: evenly spread, small, and there for any length of video."""

import numpy as np
import pytest

from d2m_cli.analysis.thumbnails import HEIGHT, PICTURES, Thumbnails


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
