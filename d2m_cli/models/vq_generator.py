"""G_vq: fused features to VQ latents (paper tables 8, 9 and 10), time kept as time.

The two strided stages of the tables become the two doublings that lead from a quarter of the code
rate to the code rate. There a sketch of the music (`d2m_cli/sketch`), if there is one, joins as
latents of the codec.
"""

from dataclasses import dataclass
from itertools import accumulate
from operator import mul
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m_cli.models.blocks import (
    SLOPE,
    AlignedConv,
    ResidualStack,
    receptive_radius,
    silent,
    widths,
)
from d2m_cli.spec import CODE_DIM, CODEBOOK_SIZE, SIGMA, Level

UPSAMPLING = 4
"""Codes per fused step: the two stages of stride 2 in tables 8 and 9."""

LOG_STD_RANGE = (-0.5, 2.0)
"""Range of the log-std in `LATENT_SCALE`: a surer generator makes the likelihood unstable."""

INIT_LOG_STD, SKETCH_SHARE = 1.5, 0.7
"""Log-std, and share of a sketch's latents, that training starts from."""

KNOWN_KERNEL = 15
"""Codes around a hidden one whose known neighbours it hears at once."""

LATENT_SCALE = 5.0
"""Standard deviation of a codebook that fits sigma: the unit of std and of what goes into tanh."""


class ConvSpec(NamedTuple):
    """One row of table 8 or 9."""

    kernel: int
    stride: int
    channels: int


HIGH = (
    ConvSpec(6, 2, 32),
    ConvSpec(41, 2, 64),
    *(ConvSpec(41, 1, channels) for channels in (128, 256, 512)),
)
"""Table 8 up to its last convolution (40 x 1 to 64 channels)."""

LOW = (
    ConvSpec(6, 2, 32),
    ConvSpec(4, 1, 64),
    ConvSpec(40, 2, 128),
    *(ConvSpec(40, 1, channels) for channels in (256, 512, 1024, 1024)),
)
"""Table 9 up to its last convolution (40 x 1 to 64 channels)."""

TABLES = {Level.HIGH: HIGH, Level.LOW: LOW}


@dataclass(frozen=True)
class GeneratorSizes:
    """Sizes of a generator that a recipe is free to choose."""

    width: float = 1.0
    """Multiplier on the channels of tables 8 and 9."""
    min_channels: int = 32
    """Fewest channels of a stage: a fused step holds in channels what theirs hold in length."""
    motion_width: float = 0.25
    features: int = 64
    """Channels of the motion features, and of the visual features."""
    style_features: int = 32
    predicts_std: bool = False
    """Whether the generator also says how sure it is of each latent (`Latents.std`)."""
    drum_bands: int = 0
    """Bands of the sketch's drum onsets; 0: a generator without a sketch, as in the paper."""
    sigma: float = SIGMA
    """What tanh is multiplied by: the reach of the latents."""
    free: bool = False
    """Whether each code also gets a logit of its own beside its distance (`Latents.free`)."""
    masked: bool = False
    """Whether the generator hears codes that are known already (masked code modelling)."""
    played: bool = False
    """Whether it has learned from scores as `sketch.play` sounds them."""


@dataclass(frozen=True, kw_only=True)
class GeneratorShape(GeneratorSizes):
    """All that shapes one level's generator; kept in a bundle's settings."""

    level: Level
    motion_channels: int
    visual_channels: int
    visual_rate: float
    """I3D vectors per second."""
    style_channels: int
    """Numbers in a style vector (0: no style)."""


class Latents(NamedTuple):
    """What the generator says of the codes."""

    mean: Tensor
    """`(B, 64, T)` the paper's f'_vq = sigma tanh(...)."""
    std: Tensor | None
    """`(B, 64, T)` > 0, standard deviation of each latent; None in the paper's generator."""
    free: Tensor | None = None
    """`(B, K, T)` logits of the codes beside those that their distances give."""

    def part(self, begin: int, end: int) -> "Latents":
        """Codes `begin` to `end - 1`."""
        std, free = (None if x is None else x[..., begin:end] for x in self[1:])
        return Latents(self.mean[..., begin:end], std, free)


class VQGenerator(nn.Module):
    """G_vq (tables 8, 9): fused features `(B, C, T)` to latents `(B, 64, 4 T)` in -sigma..sigma."""

    def __init__(self, settings: GeneratorShape, channels_in: int) -> None:
        super().__init__()
        table = TABLES[settings.level]
        sizes = widths(tuple(s.channels for s in table), settings.width, settings.min_channels)
        self.strides = [s.stride for s in table]
        self.code_stage = list(accumulate(self.strides, mul)).index(UPSAMPLING)
        self.sigma = settings.sigma
        self.convs = nn.ModuleList(
            AlignedConv(c_in, c_out, stage.kernel)
            for c_in, c_out, stage in zip([channels_in, *sizes], sizes, table, strict=False)
        )
        self.stacks = nn.ModuleList(
            ResidualStack(c) for c in sizes[: 5 if settings.level is Level.HIGH else 6]
        )
        self.styles = nn.ModuleList(nn.Linear(settings.style_features, c) for c in sizes)
        self.last = AlignedConv(sizes[-1], CODE_DIM * (2 if settings.predicts_std else 1), 40)
        if settings.predicts_std:
            self._begin_unsure()
        if settings.drum_bands:
            self.sketch = AlignedConv(CODE_DIM, sizes[self.code_stage], 5)
            self.sketch_share = nn.Parameter(torch.full((CODE_DIM, 1), SKETCH_SHARE))
        if settings.masked:
            self.known = nn.ModuleList(
                silent(nn.Conv1d(CODE_DIM + 1, sizes[i], KNOWN_KERNEL, padding=KNOWN_KERNEL // 2))
                for i in (self.code_stage, len(table) - 1)
            )
        if settings.free:
            self.free = silent(nn.Conv1d(sizes[-1], CODEBOOK_SIZE, 1))
        self.settings = settings
        self.act = nn.LeakyReLU(SLOPE)

    @torch.no_grad()
    def _begin_unsure(self) -> None:
        """Start from latents near 0 with a wide std, where the prior alone decides."""
        assert self.last.bias is not None
        self.last.weight_g.fill_(0.1)
        self.last.bias[CODE_DIM:] = INIT_LOG_STD

    @property
    def context(self) -> int:
        """Fused steps on each side that an output can see."""
        return self._reach(0) + 1

    @property
    def code_context(self) -> int:
        """Codes on each side that `finish` sees of what `begin` gives, and of known codes."""
        return UPSAMPLING * self._reach(self.code_stage) + KNOWN_KERNEL // 2

    def _reach(self, first: int) -> int:
        """Fused steps on each side that the layers from stage `first` on see."""
        radius, rate = 0.0, 1
        for i, (conv, stride) in enumerate(zip(self.convs, self.strides, strict=True)):
            rate *= stride
            if i >= first:
                radius += (receptive_radius(conv) + 1) / rate
                if i < len(self.stacks):
                    radius += receptive_radius(self.stacks[i]) / rate
        return int(radius + receptive_radius(self.last) / rate) + 1

    def forward(
        self,
        fused: Tensor,
        style: Tensor,
        sketch: Tensor | None = None,
        known: Tensor | None = None,
    ) -> Latents:
        """`fused` `(B, C, T)` and style features `(B, S)` to latents `(B, 64, 4 T)`.

        `sketch` `(B, 64, 4 T)`: latents of the sketch's sound, for a generator that takes one.
        `known` `(B, 65, 4 T)`: for a masked one the codes that are known already (`known_codes`).
        """
        return self.finish(self.begin(fused, style, sketch), style, sketch, known)

    def begin(self, fused: Tensor, style: Tensor, sketch: Tensor | None = None) -> Tensor:
        """What comes before known codes are heard, `(B, C, 4 T)`: the same in every pass."""
        x = fused
        for i in range(self.code_stage):
            x = self.stacks[i](self._activated(i, self._conv(i, x), style))
        x = self._conv(self.code_stage, x)
        return x if sketch is None else x + self.sketch(sketch / LATENT_SCALE)

    def finish(
        self, begun: Tensor, style: Tensor, sketch: Tensor | None, known: Tensor | None
    ) -> Latents:
        """Latents from what `begin` gave, and known codes."""
        return self.latents(*self.last_layer(begun, style, known), sketch)

    def last_layer(
        self, begun: Tensor, style: Tensor, known: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """The last layer's input `(B, C, T)` and output, from what `begin` gave and known codes."""
        if self.settings.masked and known is None:
            known = begun.new_zeros(len(begun), CODE_DIM + 1, begun.shape[-1])
        x, last = begun, len(self.convs) - 1
        for i in range(self.code_stage, len(self.convs)):
            if i > self.code_stage:
                x = self._conv(i, x)
            if known is not None and i in (self.code_stage, last):
                x = x + self.known[i == last](known)
            x = self._activated(i, x, style)
            if i < len(self.stacks):
                x = self.stacks[i](x)
        hidden = self.act(x)
        return hidden, self.last(hidden)

    def latents(self, hidden: Tensor, numbers: Tensor, sketch: Tensor | None) -> Latents:
        """Latents of any codes `(..., T)` of what `last_layer` gave, each by itself."""
        mean, *log_std = numbers.split(CODE_DIM, dim=1)
        if sketch is not None:
            mean = mean + self.sketch_share * sketch / LATENT_SCALE
        std = LATENT_SCALE * log_std[0].clamp(*LOG_STD_RANGE).exp() if log_std else None
        free = None
        if self.settings.free:  # one code's logits side by side in memory, as they are used
            free = functional.linear(hidden.mT, self.free.weight[..., 0], self.free.bias).mT
        return Latents(self.sigma * torch.tanh(mean * (LATENT_SCALE / SIGMA)), std, free)

    def _conv(self, stage: int, x: Tensor) -> Tensor:
        stride = self.strides[stage]
        y: Tensor = self.convs[stage](x.repeat_interleave(stride, dim=-1) if stride > 1 else x)
        return y

    def _activated(self, stage: int, x: Tensor, style: Tensor) -> Tensor:
        y: Tensor = self.act(x + self.styles[stage](style)[..., None])
        return y
