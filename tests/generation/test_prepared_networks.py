"""Networks that load beside the look at the video make the music that networks at hand make."""

from pathlib import Path

import numpy as np

from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.progress import silent
from d2m_cli.spec import Level, RenderQuality


def test_networks_that_load_meanwhile_give_the_same_codes(dance_clips: dict[str, Path]) -> None:
    made = []
    for beside in (False, True):
        maker = Dance2Music.from_bundle().maker
        if beside:
            maker.prepare(Level.HIGH)
        dance = Dance2Music(maker).analyze(dance_clips["first"]).dance
        style = maker.choose_style("rock", None, 0)
        codes = maker.sample_codes(dance, Level.HIGH, style, 0, silent, RenderQuality.DRAFT)
        made.append((dance, codes))
    (plain, plain_codes), (early, early_codes) = made
    np.testing.assert_array_equal(early.visual.features, plain.visual.features)
    np.testing.assert_array_equal(early_codes.indices, plain_codes.indices)
