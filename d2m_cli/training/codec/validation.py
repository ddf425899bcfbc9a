"""What a codec keeps of held-out music, while it is trained."""

from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor

from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.pairs.music_crops import MusicCrops
from d2m_cli.metrics.codec import mel_distance, score
from d2m_cli.spec import CODEBOOK_SIZE, Level
from d2m_cli.types import FloatArray

SPLITS = ("validation", "test")
CROPS = 24
CROP_SAMPLES = 44032
"""Length of a crop: 2 s in whole codes of either level."""
PEAK = 0.7
QUIET = 0.1
"""Gain of the quiet copy of the crops."""
SEED = 1234
BATCH = 8
AUDIO_EXAMPLES = 2
"""Crops to listen to."""


def measure(vqvae: VQVAE, level: Level, music: MusicCrops, count: int = CROPS) -> dict[str, float]:
    """`CodecScore` of `count` crops, always the same ones of `music`, and `mel_quiet`.

    `mel_quiet` is the mel distance of the same crops at a tenth of their level: a codec trained on
    loud music alone fails there.
    """
    crops = draw_crops(music, count)
    decoded, codes = _reconstruct(vqvae, level, torch.from_numpy(crops))
    quiet, _ = _reconstruct(vqvae, level, torch.from_numpy(crops * QUIET))
    scores = score(crops, decoded.numpy(), codes.numpy(), CODEBOOK_SIZE)
    return asdict(scores) | {"mel_quiet": mean_mel_distance(quiet.numpy(), crops * QUIET)}


def listen(vqvae: VQVAE, level: Level, music: MusicCrops, count: int) -> dict[str, FloatArray]:
    """The first of the `count` crops that `measure` takes and what the codec makes of them."""
    crops = draw_crops(music, min(count, AUDIO_EXAMPLES))
    decoded, _ = _reconstruct(vqvae, level, torch.from_numpy(crops))
    pairs = enumerate(zip(crops, decoded.numpy(), strict=True))
    return {
        f"{number}_{name}": wave
        for number, pair in pairs
        for name, wave in zip(("true", "decoded"), pair, strict=True)
    }


def draw_crops(music: MusicCrops, count: int) -> FloatArray:
    """The first `count` of the crops `(B, N)` that every measurement takes."""
    return music.draw(count, CROP_SAMPLES, (PEAK, PEAK), np.random.default_rng(SEED))


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


def mean_mel_distance(decoded: FloatArray, crops: FloatArray) -> float:
    """Mean log-mel distance of decoded clips `(B, N)` from the crops."""
    return float(np.mean([mel_distance(*pair) for pair in zip(decoded, crops, strict=True)]))
