"""Codes that a bundle's generator makes of music's own sketches, beside that music.

`d2m train synthesizer` learns from them what the generator's codes should sound like.

python examples/recipes/generate_codes.py BUNDLE LEVEL -o cache/codes_high.safetensors
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from d2m_cli.codec.codebook import code_logits, draw_codes
from d2m_cli.data.pairs.examples import Batch, Pairs
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.generation.level_model import LevelModel
from d2m_cli.generation.open import open_maker
from d2m_cli.models.generator import Conditions
from d2m_cli.spec import Level, code_count
from d2m_cli.training.generator.config import GeneratorConfig
from d2m_cli.training.run.settings import read_settings

RECIPE = Path(__file__).parent / "generator_high.toml"
"""Tells which music is left out."""
HIDEABLE = ("no_motion", "no_visual", "no_style", "no_sketch", "no_drums")
EVERYTHING: dict[str, Any] = dict.fromkeys(HIDEABLE, 0.0)
"""Nothing is hidden from the generator."""


@torch.inference_mode()
def played(performer: LevelModel, batch: Batch, seed: int) -> tuple[Tensor, Tensor]:
    """Codes `(1, T)` that the generator makes of a batch of one, and its music `(1, N)`."""
    music, *given, sound, drum_onsets = (torch.from_numpy(part) for part in batch)
    level, generator = performer.level, performer.generator
    count = music.shape[1] // level.hop
    music, sound = music[:, : count * level.hop], sound[:, : count * level.hop]
    sketch = performer.vqvae.encode(sound, level)
    latents = generator(Conditions(*given)._replace(drum_onsets=drum_onsets), count, sketch)
    codebook = performer.vqvae.codebook(level)
    logits = code_logits(latents.mean, latents.std, codebook, generator.prior)
    return draw_codes(logits, torch.Generator().manual_seed(seed)), music


def main() -> None:
    """Draw pieces of each split and write their codes and music; see --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("level", type=Level, choices=list(Level))
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--music", type=Path, default=Path("cache/music"))
    parser.add_argument("--dances", type=Path, default=Path("cache/dances"))
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--pieces", type=int, default=240, help="for training; validation: a tenth")
    options = parser.parse_args()
    maker = open_maker(options.bundle)
    assert isinstance(maker, D2MMaker)
    performer = maker.level_model(options.level)
    recipe = read_settings(RECIPE, GeneratorConfig).pairs
    settings = replace(recipe, music=options.music, dances=options.dances, **EVERYTHING)
    tensors: dict[str, Tensor] = {}
    for split, count in (("train", options.pieces), ("validation", -(-options.pieces // 10))):
        pairs = Pairs(settings, maker.visual_settings, split, options.seconds, 0, sketched=True)
        length = code_count(options.seconds, options.level)
        codes = torch.empty(count, length, dtype=torch.int16)
        music = torch.empty(count, length * options.level.hop, dtype=torch.int16)
        for number in range(count):
            made, its_music = played(performer, pairs.draw([number]), number)
            codes[number], music[number] = made[0], its_music[0] * 32767
        tensors.update({split: codes, f"{split}_music": music})
        print(f"{split}: {count} pieces of {options.seconds:g} s")
    options.out.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, options.out)


if __name__ == "__main__":
    main()
