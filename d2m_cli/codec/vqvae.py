"""JukeBox's VQ-VAE: waveform -> latents -> codes -> waveform, at three time resolutions.

The network of "Jukebox: A Generative Model for Music" (Dhariwal et al. 2020, sections 3 and app.
B.1) with the settings D2M-GAN uses (paper app. B), under JukeBox's parameter names, so that its
published state and the authors' fine-tuned ones load by key. The levels share nothing, so a bundle
may hold only those it needs.

Letters: `B` batch, `N` audio samples, `T` time in codes (`N / hop`), `C` channels.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from d2m_cli.codec.codebook import quantise
from d2m_cli.codec.layers import Conv, ConvTranspose, ResStack, doubling, halving
from d2m_cli.codec.refiner import Refiner
from d2m_cli.spec import CODE_DIM, CODEBOOK_SIZE, HOPS, Level

DOWNS = (3, 2, 2)
"""Halvings of the time resolution in each level's own block."""
WIDTH, DEPTH = 32, 4
"""Channels inside a block and residual blocks a stage, before the level's multiplier."""
MULTIPLIERS = (2, 1, 1)
"""Of `WIDTH` and `DEPTH`, by level."""


class ResampleBlock(NamedTuple):
    """One change of the time resolution by two, as training walks through them."""

    resample: Conv | ConvTranspose
    residual: ResStack
    mix: Conv | None
    """The block's kernel-3 convolution at this stage: last of the encoder's, first of the
    decoder's block; None inside a block."""


class EncoderBlock(nn.Module):
    """`down` halvings, each followed by a residual stack, then a convolution to 64 channels."""

    def __init__(self, channels_in: int, width: int, depth: int, down: int) -> None:
        super().__init__()
        mix = Conv(width, CODE_DIM, 3, 1, 1)
        self.stages = [
            ResampleBlock(
                halving(channels_in if i == 0 else width, width),
                ResStack(width, depth),
                mix if i == down - 1 else None,
            )
            for i in range(down)
        ]
        self.model = nn.Sequential(
            *(nn.Sequential(stage.resample, stage.residual) for stage in self.stages), mix
        )

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C_in, 1, T)` -> `(B, 64, 1, T / 2^down)`."""
        return self.model(x)


class DecoderBlock(nn.Module):
    """A convolution from 64 channels, then `down` residual stacks, each followed by a doubling."""

    def __init__(self, width: int, depth: int, down: int) -> None:
        super().__init__()
        mix = Conv(CODE_DIM, width, 3, 1, 1)
        self.stages = [
            ResampleBlock(
                doubling(width, CODE_DIM if i == down - 1 else width),
                ResStack(width, depth, reverse=True),
                mix if i == 0 else None,
            )
            for i in range(down)
        ]
        self.model = nn.Sequential(
            mix, *(nn.Sequential(stage.residual, stage.resample) for stage in self.stages)
        )

    def forward(self, x: Tensor) -> Tensor:
        """`(B, 64, 1, T)` -> `(B, 64, 1, T 2^down)`."""
        return self.model(x)


def _sizes(index: int) -> tuple[int, int]:
    return WIDTH * MULTIPLIERS[index], DEPTH * MULTIPLIERS[index]


class Encoder(nn.Module):
    """Waveform to the latents of JukeBox's level `index`."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.level_blocks = nn.ModuleList(
            EncoderBlock(1 if i == 0 else CODE_DIM, *_sizes(index), DOWNS[i])
            for i in range(index + 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """`(B, 1, 1, N)` -> `(B, 64, 1, T)`."""
        for block in self.level_blocks:
            x = block(x)
        return x

    def stages(self) -> list[ResampleBlock]:
        """The halvings, from the waveform to the latents."""
        return [stage for block in self.level_blocks for stage in _block_stages(block)]


class Decoder(nn.Module):
    """Latents (or codebook entries) of JukeBox's level `index` to waveform."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self.level_blocks = nn.ModuleList(
            DecoderBlock(*_sizes(index), DOWNS[i]) for i in range(index + 1)
        )
        self.out = Conv(CODE_DIM, 1, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, 64, 1, T)` -> `(B, 1, 1, N)`."""
        for block in reversed(self.level_blocks):
            x = block(x)
        return self.out(x)

    def stages(self) -> list[ResampleBlock]:
        """The doublings, from the latents to the waveform."""
        return [stage for block in reversed(self.level_blocks) for stage in _block_stages(block)]


def _block_stages(block: nn.Module) -> list[ResampleBlock]:
    assert isinstance(block, EncoderBlock | DecoderBlock)
    return block.stages


class Codebook(nn.Module):
    """The entries of one level, under JukeBox's name `k`."""

    k: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("k", torch.zeros(CODEBOOK_SIZE, CODE_DIM))


class Bottleneck(nn.Module):
    """The codebooks of the levels at hand."""

    def __init__(self, levels: Sequence[int]) -> None:
        super().__init__()
        self.level_blocks = nn.ModuleDict({str(i): Codebook() for i in levels})

    def entries(self, level: Level) -> Tensor:
        """All entries `(2048, 64)` of a level."""
        block = self.level_blocks[str(level.number)]
        assert isinstance(block, Codebook)
        return block.k


class VQVAE(nn.Module):
    """Encoders, codebooks and decoders of some of JukeBox's levels (2 is `high`, 1 is `low`)."""

    def __init__(self, levels: Sequence[int] = (0, 1, 2), refined: bool = False) -> None:
        """`refined`: with a refiner behind each decoder, which JukeBox's have not."""
        super().__init__()
        self.levels = tuple(levels)
        self.encoders = nn.ModuleDict({str(i): Encoder(i) for i in levels})
        self.decoders = nn.ModuleDict({str(i): Decoder(i) for i in levels})
        self.refiners = nn.ModuleDict({str(i): Refiner(HOPS[i]) for i in levels if refined})
        self.bottleneck = Bottleneck(levels)

    @classmethod
    def fitting(cls, state: Mapping[str, Tensor], level: Level) -> "VQVAE":
        """An untrained one of `level`, refined where `state` holds a refiner's weights."""
        return cls((level.number,), any(key.startswith("refiners.") for key in state))

    def encode(self, wave: Tensor, level: Level) -> Tensor:
        """Latents `(B, 64, T)` of `wave (B, N)`, -1..1 at 22050 Hz, with `T = N // hop`."""
        return self.encoders[str(level.number)](_to_2d(wave[:, None]))[:, :, 0]

    def quantise(self, latents: Tensor, level: Level) -> tuple[Tensor, Tensor]:
        """Codes `(B, T)` and nearest entries `(B, 64, T)` of `latents (B, 64, T)`."""
        return quantise(latents, self.codebook(level))

    def codebook(self, level: Level) -> Tensor:
        """All entries `(2048, 64)` of a level."""
        return self.bottleneck.entries(level)

    def decode(self, entries: Tensor, level: Level) -> Tensor:
        """Waveform `(B, T hop)` of codebook entries (or free latents) `(B, 64, T)`."""
        number = str(level.number)
        wave: Tensor = self.decoders[number](_to_2d(entries))[:, 0, 0]
        refiner = self.refiner(level)
        return wave if refiner is None else refiner(wave, entries)

    def refiner(self, level: Level) -> Refiner | None:
        """What changes the decoder's sound, where the level has one."""
        found = dict(self.refiners.items()).get(str(level.number))
        assert found is None or isinstance(found, Refiner)
        return found

    def decoder_context(self, level: Level) -> int:
        """Codes on each side that the waveform of one code depends on.

        A window decoded with so many codes more on either side equals that part of the whole, if it
        begins on a whole frame (`codes_per_frame`).
        """
        context, refiner = self.encoder_context(level), self.refiner(level)
        if refiner is None:
            return context
        frame = refiner.codes_per_frame
        return -(-(context + refiner.context) // frame) * frame

    def codes_per_frame(self, level: Level) -> int:
        """Codes that the last step of decoding works on at once."""
        refiner = self.refiner(level)
        return 1 if refiner is None else refiner.codes_per_frame

    def encoder_context(self, level: Level) -> int:
        """Codes on each side whose samples a latent can depend on: encoder mirrors decoder."""
        first, last = 0, HOPS[level.number] - 1
        decoder = self.decoders[str(level.number)]
        assert isinstance(decoder, Decoder)
        for layer in reversed(_in_order(decoder)):
            if isinstance(layer, ConvTranspose):
                # Sample j of the doubled signal reads samples i with 2 i - 1 <= j <= 2 i + 2.
                first, last = -((2 - first) // 2), (last + 1) // 2
            else:
                reach = (layer.kernel_size[0] - 1) // 2 * layer.dilation[0]
                first, last = first - reach, last + reach
        return max(-first, last)


def _in_order(decoder: Decoder) -> list[Conv | ConvTranspose]:
    """Every convolution of a decoder as the signal meets them."""
    layers: list[Conv | ConvTranspose] = []
    for stage in decoder.stages():
        layers += [stage.mix] if stage.mix else []
        layers += [m for m in stage.residual.modules() if isinstance(m, Conv)]
        layers.append(stage.resample)
    return [*layers, decoder.out]


def _to_2d(x: Tensor) -> Tensor:
    return x[:, :, None].contiguous(memory_format=torch.channels_last)
