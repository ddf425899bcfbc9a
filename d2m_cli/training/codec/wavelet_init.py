"""A VQ-VAE that starts as a perfect-reconstruction wavelet-packet tree.

A randomly initialised JukeBox encoder needs hours before its latents carry a signal. Daubechies'
four-tap wavelet (db2) fits its kernel-4, stride-2 convolutions exactly: the encoder then splits the
signal into bands, the decoder's transposed convolutions are the exact inverse, and training has
only to learn what quantisation needs. Unused channels keep small random weights to grow from.

Letters: `B` batch, `C` channels or bands, `T` time, `k` number of a halving from the waveform in.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from d2m_cli.codec.layers import Conv, ConvTranspose, ResBlock, ResStack
from d2m_cli.codec.vqvae import Decoder, Encoder

ROOT3 = 3**0.5
LOW_PASS = torch.tensor([1 + ROOT3, 3 + ROOT3, 3 - ROOT3, 1 - ROOT3]) / (4 * 2**0.5)
HIGH_PASS = torch.stack([LOW_PASS[3], -LOW_PASS[2], LOW_PASS[1], -LOW_PASS[0]])
SPARE_SCALE = 0.5
"""Of the random weights kept in channels that carry no band at the start."""
SPARE_LATENT_SCALE = 0.025
"""The same for latents without a band: the codebook should hardly see them at first."""


def packet_filters(bands: int) -> Tensor:
    """Kernels `(2 bands, bands, 4)` that split every band into its lower and upper half."""
    filters = torch.zeros(2 * bands, bands, 4)
    for band in range(bands):
        filters[2 * band, band] = LOW_PASS
        filters[2 * band + 1, band] = HIGH_PASS
    return filters


def analyse(x: Tensor, stages: int) -> Tensor:
    """Wavelet packets `(B, C 2^stages, 1, T / 2^stages)` of `x (B, C, 1, T)`."""
    for _ in range(stages):
        filters = packet_filters(x.shape[1]).to(x)
        x = F.conv2d(x, filters[:, :, None], None, (1, 2), (0, 1))
    return x


def synthesise(x: Tensor, stages: int) -> Tensor:
    """The inverse of `analyse`, away from the signal's ends: `(B, C, 1, T)` to `(B, 1, 1, N)`."""
    for _ in range(stages):
        filters = packet_filters(x.shape[1] // 2).to(x)
        x = F.conv_transpose2d(x, filters[:, :, None], None, (1, 2), (0, 1))
    return x


@dataclass
class _Bands:
    """The bands that enter a stage, for a probe signal."""

    signal: Tensor
    """`(B, C, 1, T)`, as the plain wavelet tree gives it."""
    gain: Tensor
    """`(C,)` factor that the network's bands have over the plain ones."""

    def levels(self) -> Tensor:
        """`(C,)` RMS of the plain bands."""
        return self.signal.pow(2).mean((0, 2, 3)).sqrt().clamp(min=1e-9)


@torch.no_grad()
def wavelet_start(
    encoder: Encoder, decoder: Decoder, probe: Tensor, whiten_at: int, exponent: float
) -> None:
    """Overwrite freshly initialised networks with the wavelet tree.

    `probe (B, N)` is music on which the bands' levels are measured. From stage `whiten_at` (the
    first one trained) inwards all bands have RMS 1 inside the network. A latent's RMS follows its
    band's true level to the power of `exponent` (0: all equal, 1: as in the music); all latents
    together have mean square 1. Where more bands would be needed than channels exist, the loudest
    are kept.
    """
    inwards, outwards = encoder.stages(), decoder.stages()[::-1]
    bands = _Bands(probe[:, None, None], torch.ones(1))
    for k, (down, up) in enumerate(zip(inwards, outwards, strict=True)):
        _silence_residual(down.residual)
        _silence_residual(up.residual)
        assert isinstance(down.resample, Conv) and isinstance(up.resample, ConvTranspose)
        bands = _start_stage(down.resample, up.resample, bands, whiten=k == whiten_at)
        if down.mix is not None and up.mix is not None:
            last = k == len(inwards) - 1
            gain = _latent_gain(bands, exponent) if last else torch.ones(len(bands.gain))
            _start_mix(down.mix, up.mix, gain, last)
    _zero(decoder.out)
    decoder.out.weight[0, 0, 1] = 1


def _start_stage(down: Conv, up: ConvTranspose, bands: _Bands, whiten: bool) -> _Bands:
    """Set one halving and the doubling that undoes it; returns the bands behind the halving."""
    count = len(bands.gain)
    filters = packet_filters(count)
    halves = _Bands(analyse(bands.signal, 1), bands.gain.repeat_interleave(2))
    levels = halves.levels()
    step = 1 / (levels * halves.gain) if whiten else torch.ones_like(levels)
    kept = torch.argsort(levels, descending=True)[: down.out_channels].sort().values
    filters, step = filters[kept], step[kept]
    used = len(kept)

    down.weight[:used] = 0
    down.weight[:used, :count] = filters * step[:, None, None]
    down.weight[used:, :count] *= SPARE_SCALE
    down.weight[used:, count:] = 0
    up.weight[:used, :count] = filters / step[:, None, None]
    up.weight[:used, count:] *= SPARE_SCALE
    up.weight[used:] = 0
    _zero_bias(down)
    _zero_bias(up)
    return _Bands(halves.signal[:, kept], halves.gain[kept] * step)


def _latent_gain(bands: _Bands, exponent: float) -> Tensor:
    """Factors `(C,)` that give each band its wanted RMS among the latents."""
    wanted = bands.levels() ** exponent
    return wanted / wanted.pow(2).mean().sqrt() / (bands.levels() * bands.gain)


def _start_mix(to_latent: Conv, from_latent: Conv, gain: Tensor, innermost: bool) -> None:
    """Set a block's last encoder and first decoder convolution to `gain` and its inverse."""
    used = len(gain)
    to_latent.weight[:used] = 0
    to_latent.weight[used:] *= SPARE_LATENT_SCALE if innermost else SPARE_SCALE
    from_latent.weight[:used] = 0
    from_latent.weight[used:] *= SPARE_SCALE
    diagonal = torch.arange(used)
    to_latent.weight[diagonal, diagonal, 1] = gain
    from_latent.weight[diagonal, diagonal, 1] = 1 / gain
    _zero_bias(to_latent)
    _zero_bias(from_latent)


def _silence_residual(stack: ResStack) -> None:
    """Make every residual block start as the identity."""
    for block in stack.model:
        assert isinstance(block, ResBlock)
        _zero(block.closing)


def _zero(layer: Conv | ConvTranspose) -> None:
    layer.weight.zero_()
    _zero_bias(layer)


def _zero_bias(layer: Conv | ConvTranspose) -> None:
    assert layer.bias is not None
    layer.bias.zero_()
