"""Qualities by name, and a seed that means the same codes on a processor and on CUDA."""

import numpy as np
import pytest
import torch

from d2m_cli.bundles.bundle import load_bundle
from d2m_cli.device import choose_device
from d2m_cli.errors import InputError
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.generation.level_model import LevelModel
from d2m_cli.generation.maker import require_quality
from d2m_cli.generation.styles import Style
from d2m_cli.spec import FRAME_RATE, MOTION_RATE, Level, RenderQuality
from d2m_cli.types import Dance, Motion, Visual

SECONDS = 4.0


def invented_dance() -> Dance:
    random = np.random.default_rng(0)
    steps = int(SECONDS * MOTION_RATE)
    motion = Motion(
        random.standard_normal((53, steps)).astype(np.float32), np.ones(steps, bool), MOTION_RATE
    )
    rate = FRAME_RATE / 16
    visual = Visual(random.standard_normal((256, 8)).astype(np.float32), rate)
    return Dance(motion, visual, estimate_rhythm(motion, bpm=120.0), SECONDS)


def test_a_quality_is_known_by_its_name() -> None:
    assert require_quality("best") is RenderQuality.BEST
    assert [quality.passes for quality in RenderQuality] == sorted(q.passes for q in RenderQuality)
    with pytest.raises(InputError, match="draft, normal, best"):
        require_quality("finest")


def test_music_is_made_without_tf32() -> None:
    torch.backends.cudnn.allow_tf32 = True
    choose_device("cpu")
    assert not torch.backends.cudnn.allow_tf32


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA")
@pytest.mark.parametrize("level", list(Level))
def test_a_seed_means_the_same_codes_on_cuda(level: Level) -> None:
    dance, style = invented_dance(), Style("rock", np.zeros(152, np.float32))
    found = [
        torch.cat(
            [
                codes.cpu()
                for codes in LevelModel(load_bundle(), level, choose_device(name)).sample_codes(
                    dance, style, seed=3
                )
            ]
        )
        for name in ("cpu", "cuda")
    ]
    assert (found[0] == found[1]).float().mean() > 0.999
