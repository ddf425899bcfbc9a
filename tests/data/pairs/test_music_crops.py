import dataclasses
from pathlib import Path

import numpy as np
import pytest
from synthetic_music import make_cache

from d2m_cli.data.pairs.music_crops import MusicCrops
from d2m_cli.errors import DataError
from d2m_cli.spec import SAMPLE_RATE


def test_crops_have_the_asked_peaks_and_come_again_with_the_seed(tmp_path: Path) -> None:
    crops = MusicCrops(make_cache(tmp_path), ("train",))
    assert len(crops) == 3
    drawn = crops.draw(40, 2048, (0.1, 0.8), np.random.default_rng(1))
    peaks = np.abs(drawn).max(1)
    assert drawn.shape == (40, 2048)
    assert 0.1 <= peaks.min() < 0.2 and 0.6 < peaks.max() <= 0.8
    np.testing.assert_array_equal(drawn, crops.draw(40, 2048, (0.1, 0.8), np.random.default_rng(1)))


def test_pieces_can_be_left_out_by_name(tmp_path: Path) -> None:
    settings = make_cache(tmp_path)
    left = MusicCrops(dataclasses.replace(settings, without=("*0", "piece1")), ("train",))
    assert len(left) == 1
    with pytest.raises(DataError, match="leave out less"):
        MusicCrops(dataclasses.replace(settings, without=("piece*",)), ("train",))


def test_too_long_a_crop_is_refused(tmp_path: Path) -> None:
    crops = MusicCrops(make_cache(tmp_path), ("train",))
    with pytest.raises(DataError, match=r"shorter than 6\.0 s"):
        crops.draw(1, 6 * SAMPLE_RATE, (0.5, 0.5), np.random.default_rng(0))
