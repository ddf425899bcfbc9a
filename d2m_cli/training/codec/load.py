"""A trained codec taken up again: read, checked and scaled.

Letters: `B` batch, `N` audio samples.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from d2m_cli.bundles.bundle import misfits
from d2m_cli.bundles.packing import unpacked
from d2m_cli.bundles.places import bundle_folder
from d2m_cli.codec.vqvae import VQVAE, Decoder, Encoder
from d2m_cli.errors import DataError
from d2m_cli.spec import Level
from d2m_cli.training.codec.trainable import CodecNet

TREE_ERROR = 0.02
"""Relative error up to which the frozen outer stages count as the wavelet tree they started as."""


def codec_file(path: Path, level: Level) -> Path:
    """Weights of a codec: a file, or the level's in a bundle's folder or the bundle "embedded"."""
    if path.suffix == ".safetensors":
        return path
    return bundle_folder(path) / f"codec_{level}.safetensors"


def load_codec(path: Path, level: Level) -> VQVAE:
    """The codec of one level from its weights (`codec_file`), in single precision.

    Raises `DataError` when the file cannot be read or is not that level's.
    """
    path = codec_file(path, level)
    try:
        state = unpacked(load_file(path))
    except (OSError, SafetensorError) as error:
        raise DataError(
            f"{path} cannot be read as codec weights ({error}): train a codec first."
        ) from error
    vqvae = VQVAE.fitting(state, level)
    wrong = misfits(state, vqvae)
    if wrong:
        raise DataError(f"{path} does not hold a codec of level '{level}': {'; '.join(wrong[:3])}.")
    vqvae.load_state_dict(state)
    return vqvae


@torch.no_grad()
def check_outer_stages(net: CodecNet, vqvae: VQVAE, wave: Tensor, path: Path) -> None:
    """Raise `DataError` unless a decoder without outer stages gives the same `wave (B, N)`."""
    entries = vqvae.quantise(vqvae.encode(wave, net.level), net.level)[1]
    whole = vqvae.decode(entries, net.level)
    inner = slice(net.level.hop, -net.level.hop)
    error = (net.decode(entries) - whole)[:, inner].norm() / whole[:, inner].norm()
    if error > TREE_ERROR:
        raise DataError(
            f"The outer {net.first_stage} stages of {path} differ from the wavelet "
            f"filters by {100 * float(error):.0f} %: set a smaller first_stage."
        )


@torch.no_grad()
def scale_latents(vqvae: VQVAE, level: Level, scale: float) -> None:
    """Multiply a level's latents by `scale`; codes and audio stay the same.

    The encoder's last convolution and the codebook are multiplied, what reads entries is divided.
    """
    encoder, decoder = vqvae.encoders[str(level.number)], vqvae.decoders[str(level.number)]
    assert isinstance(encoder, Encoder) and isinstance(decoder, Decoder)
    last, first = encoder.stages()[-1].mix, decoder.stages()[0].mix
    assert last is not None and last.bias is not None and first is not None
    last.weight *= scale
    last.bias *= scale
    vqvae.codebook(level).mul_(scale)
    first.weight /= scale
    refiner = vqvae.refiner(level)
    if refiner is not None:
        refiner.read.weight /= scale
