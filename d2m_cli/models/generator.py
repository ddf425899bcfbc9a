"""G = {G_m, G_v, G_vq} (paper 3.2, eq. 1): a dance in, VQ latents of any length out.

The kernels, stages and residual stacks are those of tables 7 to 10. Time stays time: motion,
picture, rhythm and noise are brought to a quarter of the code rate and fused per step, and the two
strided stages of tables 8 and 9 become the two doublings that lead to the code rate.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from d2m_cli.models.blocks import (
    SLOPE,
    AlignedConv,
    ResidualStack,
    at_times,
    in_windows,
    receptive_radius,
    widths,
)
from d2m_cli.models.conditioning import CHANNELS as RHYTHM_CHANNELS
from d2m_cli.models.conditioning import NOISE_CHANNELS, NOISE_RATE, rhythm_channels
from d2m_cli.models.motion import MotionEncoder
from d2m_cli.models.visual import VisualEncoder
from d2m_cli.spec import CODE_DIM, CODEBOOK_SIZE, MOTION_RATE, SIGMA, Level

UPSAMPLING = 4
"""Codes per fused step: the two stages of stride 2 in tables 8 and 9."""

DOUBT = (-0.5, 2.0)
"""Range of the log-spread in `SPREAD`: a surer generator makes the likelihood unstable."""

UNSURE = 1.5
"""Log-spread that training starts from."""

SPREAD = 5.0
"""Standard deviation of a codebook that fits sigma: the unit of the latents' spread, and of what
goes into tanh, so that a step of the optimiser is a small step of the latents."""


class Stage(NamedTuple):
    """One row of table 8 or 9."""

    kernel: int
    stride: int
    channels: int


HIGH = (
    Stage(6, 2, 32),
    Stage(41, 2, 64),
    Stage(41, 1, 128),
    Stage(41, 1, 256),
    Stage(41, 1, 512),
)
"""Table 8 up to its last convolution (40 x 1 to 64 channels)."""

LOW = (
    Stage(6, 2, 32),
    Stage(4, 1, 64),
    Stage(40, 2, 128),
    Stage(40, 1, 256),
    Stage(40, 1, 512),
    Stage(40, 1, 1024),
    Stage(40, 1, 1024),
)
"""Table 9 up to its last convolution (40 x 1 to 64 channels)."""

TABLES = {Level.HIGH: HIGH, Level.LOW: LOW}


@dataclass(frozen=True)
class GeneratorSettings:
    """Sizes of one level's generator; kept in a bundle's settings."""

    level: Level
    motion_channels: int
    visual_channels: int
    visual_rate: float
    """I3D vectors per second."""
    style_channels: int
    """Numbers in a style vector (0: no style)."""
    width: float = 1.0
    """Multiplier on the channels of tables 8 and 9."""
    floor: int = 32
    """Fewest channels of a stage: a fused step holds in channels what theirs hold in length."""
    motion_width: float = 0.25
    features: int = 64
    """Channels of the motion features, and of the visual features."""
    style_features: int = 32
    spread: bool = False
    """Whether the generator also says how sure it is of each latent (`Latents.spread`)."""
    beat_guidance: float = 0.0
    """How much the beat is exaggerated when codes are drawn (0: as the generator says)."""
    sigma: float = SIGMA
    """What tanh is multiplied by: the reach of the latents."""


class Latents(NamedTuple):
    """What the generator says of the codes."""

    mean: Tensor
    """`(B, 64, T)` the paper's f'_vq = sigma tanh(...)."""
    spread: Tensor | None
    """`(B, 64, T)` > 0, standard deviation of each latent; None in the paper's generator."""

    def part(self, begin: int, end: int) -> "Latents":
        """Codes `begin` to `end - 1`."""
        spread = None if self.spread is None else self.spread[..., begin:end]
        return Latents(self.mean[..., begin:end], spread)


class Conditions(NamedTuple):
    """A batch of dances as the generator takes them; all start at the same moment."""

    motion: Tensor
    """`(B, C_m, T_m)` at `MOTION_RATE`."""
    visual: Tensor
    """`(B, C_v, T_v)` at the settings' visual rate; zeros when there is no picture."""
    phase: Tensor
    """`(B, T_m)` beats, float64, at `MOTION_RATE`."""
    strength: Tensor
    """`(B, T_m)` 0..1."""
    noise: Tensor
    """`(B, NOISE_CHANNELS, T_z)` at `NOISE_RATE`."""
    style: Tensor
    """`(B, C_s)`."""


class VQGenerator(nn.Module):
    """G_vq (tables 8, 9): fused features `(B, C, T)` to latents `(B, 64, 4 T)` in -sigma..sigma."""

    def __init__(self, settings: GeneratorSettings, channels_in: int) -> None:
        super().__init__()
        table = TABLES[settings.level]
        sizes = widths(tuple(s.channels for s in table), settings.width, settings.floor)
        self.strides = [s.stride for s in table]
        self.sigma = settings.sigma
        self.convs = nn.ModuleList(
            AlignedConv(c_in, c_out, stage.kernel)
            for c_in, c_out, stage in zip([channels_in, *sizes], sizes, table, strict=False)
        )
        self.stacks = nn.ModuleList(
            ResidualStack(c) for c in sizes[: 5 if settings.level is Level.HIGH else 6]
        )
        self.styles = nn.ModuleList(nn.Linear(settings.style_features, c) for c in sizes)
        self.last = AlignedConv(sizes[-1], CODE_DIM * (2 if settings.spread else 1), 40)
        if settings.spread:
            self._begin_unsure()
        self.act = nn.LeakyReLU(SLOPE)

    @torch.no_grad()
    def _begin_unsure(self) -> None:
        """Start from latents near 0 with a wide spread, where the prior alone decides."""
        assert self.last.bias is not None
        self.last.weight_g.fill_(0.1)
        self.last.bias[CODE_DIM:] = UNSURE

    @property
    def context(self) -> int:
        """Fused steps on each side that an output can see."""
        radius, rate = 0.0, 1
        for i, (conv, stride) in enumerate(zip(self.convs, self.strides, strict=True)):
            rate *= stride
            radius += (receptive_radius(conv) + 1) / rate
            if i < len(self.stacks):
                radius += receptive_radius(self.stacks[i]) / rate
        return int(radius + receptive_radius(self.last) / rate) + 1

    def forward(self, fused: Tensor, style: Tensor) -> Latents:
        """`fused` `(B, C, T)` and style features `(B, S)` to latents `(B, 64, 4 T)`."""
        x = fused
        for i, (conv, stride) in enumerate(zip(self.convs, self.strides, strict=True)):
            x = conv(x.repeat_interleave(stride, dim=-1) if stride > 1 else x)
            x = self.act(x + self.styles[i](style)[..., None])
            if i < len(self.stacks):
                x = self.stacks[i](x)
        mean, *doubt = self.last(self.act(x)).split(CODE_DIM, dim=1)
        spread = SPREAD * doubt[0].clamp(*DOUBT).exp() if doubt else None
        return Latents(self.sigma * torch.tanh(mean * (SPREAD / SIGMA)), spread)


class Generator(nn.Module):
    """All generator modules of one level, `f'_vq = sigma G_vq(G_m(x_m), G_v(x_v))` (eq. 1)."""

    def __init__(self, settings: GeneratorSettings) -> None:
        super().__init__()
        self.settings = settings
        size = settings.features
        self.motion = MotionEncoder(settings.motion_channels, size, settings.motion_width)
        self.visual = VisualEncoder(settings.visual_channels, size)
        self.style = nn.Linear(settings.style_channels, settings.style_features)
        self.vq = VQGenerator(settings, 2 * size + RHYTHM_CHANNELS + NOISE_CHANNELS)
        if settings.spread:
            self.prior = nn.Parameter(torch.zeros(CODEBOOK_SIZE))
            """Log-weight of each code beside its distance from the latents."""

    @torch.no_grad()
    def start_prior(self, shares: Tensor, codebook: Tensor) -> None:
        """Make the untrained generator give each code of `codebook` `(K, 64)` its share `(K,)`."""
        spread = SPREAD * math.exp(UNSURE)
        self.prior.copy_(shares.log() + 0.5 * codebook.pow(2).sum(1) / spread**2)

    @property
    def fused_rate(self) -> float:
        """Fused steps per second: a quarter of the code rate."""
        return self.settings.level.code_rate / UPSAMPLING

    def encode(self, given: Conditions) -> tuple[Tensor, Tensor]:
        """Motion features `(B, F, T_m)` and visual features `(B, F, T_v)`, each at its own rate."""
        return self.motion(given.motion), self.visual(given.visual)

    def fuse(
        self, given: Conditions, encoded: tuple[Tensor, Tensor], first: int, last: int
    ) -> Tensor:
        """Everything per fused step, `(B, C, last - first)`, for steps `first` to `last - 1`."""
        device = given.motion.device
        steps = torch.arange(first - 1, last + 1, device=device, dtype=torch.float64)
        padded = steps / self.fused_rate
        times = padded[1:-1]
        motion, visual = encoded
        phase = _straight_on(given.phase, padded * MOTION_RATE)
        strength = at_times(given.strength[:, None], MOTION_RATE, padded)[:, 0]
        rhythm = rhythm_channels(phase, strength, self.fused_rate)[..., 1:-1]
        return torch.cat(
            [
                at_times(motion, MOTION_RATE, times),
                at_times(visual, self.settings.visual_rate, times),
                rhythm.to(motion.dtype),
                at_times(given.noise, NOISE_RATE, times),
            ],
            dim=1,
        )

    def forward(self, given: Conditions, codes: int) -> Latents:
        """Latents of `codes` codes in one pass, with gradients."""
        steps = -(-codes // UPSAMPLING)
        fused = self.fuse(given, self.encode(given), 0, steps)
        latents: Latents = self.vq(fused, self.style(given.style))
        return latents.part(0, codes)

    @torch.no_grad()
    def windows(self, given: Conditions, codes: int, window: int = 512) -> Iterator[Latents]:
        """The latents of `forward` in consecutive pieces of at most `4 window` codes.

        Each piece is computed with all the context that its outputs can see, so joining the pieces
        gives the one-pass result without a seam, in memory that does not grow with `codes`.
        """
        steps = -(-codes // UPSAMPLING)
        encoded = in_windows(self.motion, given.motion), in_windows(self.visual, given.visual)
        style = self.style(given.style)
        context = self.vq.context
        for start in range(0, steps, window):
            end = min(start + window, steps)
            first, last = max(0, start - context), min(steps, end + context)
            latents = self.vq(self.fuse(given, encoded, first, last), style)
            begin = UPSAMPLING * (start - first)
            yield latents.part(
                begin, begin + min(UPSAMPLING * (end - start), codes - UPSAMPLING * start)
            )


def _straight_on(phase: Tensor, steps: Tensor) -> Tensor:
    """Phase `(B, T)` at fractional `steps` `(N,)`; past its ends it goes on at its last pace."""
    left = steps.floor().long().clamp(0, phase.shape[-1] - 2)
    pace = phase[:, left + 1] - phase[:, left]
    return phase[:, left] + pace * (steps - left)
