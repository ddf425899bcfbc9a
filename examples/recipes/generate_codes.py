"""Codes of a bundle's generator, for `d2m train synthesizer` to learn what they sound like.

python examples/recipes/generate_codes.py BUNDLE LEVEL -o cache/codes_high.safetensors
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from d2m_cli.pipeline import Dance2Music
from d2m_cli.spec import MOTION_RATE, Level
from d2m_cli.training.pairs import Pairs, PairSettings
from d2m_cli.types import Dance, Motion, Rhythm, Style, Visual

WITHOUT = ("*__hedgewars-data__*", "*__noiz2sa-data__*", "*__zaz-data__*")
"""As in the generators' recipes."""


def main() -> None:
    """Dances on the beats of prepared music, in its styles; see --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("level", type=Level, choices=list(Level))
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--music", type=Path, default=Path("cache/music"))
    parser.add_argument("--dances", type=Path, default=Path("cache/dances"))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--pieces", type=int, default=80, help="for training; validation: a fifth")
    options = parser.parse_args()
    music = Dance2Music.from_bundle(options.bundle)
    shown = {"no_motion": 0.0, "no_visual": 0.0, "no_style": 0.0}
    settings = PairSettings(options.music, options.dances, WITHOUT, **shown)
    codes = {}
    for split, count in (("train", options.pieces), ("validation", -(-options.pieces // 5))):
        pairs = Pairs(settings, music.visual_settings, split, options.seconds, seed=0)
        pieces = []
        for number in range(count):
            batch = pairs.draw([number])
            found = np.ones(batch.motion.shape[-1], np.bool_)
            dance = Dance(
                Motion(batch.motion[0], found, MOTION_RATE),
                Visual(batch.visual[0], music.visual_settings.rate),
                Rhythm(batch.phase[0], batch.strength[0], MOTION_RATE),
                options.seconds,
                np.zeros((0, 1, 1, 3), np.uint8),
            )
            made = music.compose(dance, options.level, Style("", batch.style[0]), seed=number)
            pieces.append(torch.from_numpy(made.indices.astype(np.int16)))
        codes[split] = torch.stack(pieces)
        print(f"{split}: {count} pieces of {options.seconds:g} s")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_file(codes, options.out)


if __name__ == "__main__":
    main()
