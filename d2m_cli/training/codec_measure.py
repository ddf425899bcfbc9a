"""What a codec keeps of held-out music.

python -m d2m_cli.training.codec_measure WEIGHTS.safetensors --level high --music cache/music
"""

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.evaluation.codec import mel_distance, score
from d2m_cli.spec import CODEBOOK_SIZE, Level
from d2m_cli.training.music import MusicCrops, MusicSettings
from d2m_cli.types import FloatArray

SPLITS = ("validation", "test")
CROPS = 24
SAMPLES = 44032
"""Length of a crop: 2 s in whole codes of either level."""
PEAK = 0.7
QUIET = 0.1
"""Gain of the quiet copy of the crops."""
SEED = 1234
BATCH = 8
HEARD = 2
"""Crops to listen to."""


def measure(vqvae: VQVAE, level: Level, music: MusicCrops, count: int = CROPS) -> dict[str, float]:
    """`CodecScore` of `count` crops, always the same ones of `music`, and `mel_quiet`.

    `mel_quiet` is the mel distance of the same crops at a tenth of their level: a codec trained on
    loud music alone fails there.
    """
    crops = music.draw(count, SAMPLES, (PEAK, PEAK), np.random.default_rng(SEED))
    decoded, codes = _reconstruct(vqvae, level, torch.from_numpy(crops))
    quiet, _ = _reconstruct(vqvae, level, torch.from_numpy(crops * QUIET))
    distances = [
        mel_distance(after.numpy(), before * QUIET)
        for after, before in zip(quiet, crops, strict=True)
    ]
    scores = score(crops, decoded.numpy(), codes.numpy(), CODEBOOK_SIZE)
    return asdict(scores) | {"mel_quiet": float(np.mean(distances))}


def listen(vqvae: VQVAE, level: Level, music: MusicCrops, count: int) -> dict[str, FloatArray]:
    """The first of the `count` crops that `measure` takes and what the codec makes of them."""
    crops = music.draw(min(count, HEARD), SAMPLES, (PEAK, PEAK), np.random.default_rng(SEED))
    decoded, _ = _reconstruct(vqvae, level, torch.from_numpy(crops))
    pairs = enumerate(zip(crops, decoded.numpy(), strict=True))
    return {
        f"{number}_{name}": wave
        for number, pair in pairs
        for name, wave in zip(("true", "decoded"), pair, strict=True)
    }


@torch.no_grad()
def _reconstruct(vqvae: VQVAE, level: Level, waves: Tensor) -> tuple[Tensor, Tensor]:
    """Decoded waves `(B, N)` and codes `(B, T)`, on the CPU."""
    device = vqvae.codebook(level).device
    decoded, codes = [], []
    for part in waves.to(device).split(BATCH):
        indices, entries = vqvae.quantise(vqvae.encode(part, level), level)
        decoded.append(vqvae.decode(entries, level).cpu())
        codes.append(indices.cpu())
    return torch.cat(decoded), torch.cat(codes)


def main() -> None:
    """Print the figures of a weights file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--level", type=Level, choices=list(Level), required=True)
    parser.add_argument("--music", type=Path, required=True, help="cache of prepared music")
    parser.add_argument(
        "--without", nargs="*", default=[], help="pieces to leave out, as in recipes"
    )
    options = parser.parse_args()
    vqvae = VQVAE((options.level.number,)).eval()
    vqvae.load_state_dict(load_file(options.weights))
    music = MusicCrops(MusicSettings(options.music, tuple(options.without)), SPLITS)
    for name, value in measure(vqvae, options.level, music).items():
        print(f"{name:12s} {value:8.4g}")


if __name__ == "__main__":
    main()
