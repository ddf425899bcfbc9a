"""Building blocks of the generator: time-aligned convolutions and the residual stack (table 10)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m_cli.models.weightnorm import WeightNormConv1d

SLOPE = 0.2
"""Negative slope of every LeakyReLU, as in the authors' networks."""

GAIN = (2.0 / (1.0 + SLOPE**2)) ** 0.5
"""Norm that weights start with: keeps the variance through LeakyReLU (He et al., 2015). With
smaller ones, what enters a deep stack is lost against its biases."""

RESIDUAL_GAIN = 0.3
"""The same for the last convolution of a residual block: the block starts near identity."""

DILATIONS = (1, 3, 9)
"""Dilations of a residual stack (table 10)."""


class AlignedConv(WeightNormConv1d):
    """Convolution that keeps the length, with an even kernel too: step i stays step i."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, dilation: int = 1) -> None:
        super().__init__(channels_in, channels_out, kernel, dilation=dilation)
        span = dilation * (kernel - 1)
        self.margins = (span // 2, span - span // 2)
        nn.init.constant_(self.weight_g, GAIN)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C_in, T)` to `(B, C_out, T)`; zeros beyond both ends."""
        return super().forward(functional.pad(x, self.margins))


class ResidualBlock(nn.Module):
    """One row of table 10: two activated convolutions beside a 1x1 shortcut."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        last = AlignedConv(channels, channels, 1)
        nn.init.constant_(last.weight_g, RESIDUAL_GAIN)
        self.block = nn.Sequential(
            nn.LeakyReLU(SLOPE),
            AlignedConv(channels, channels, 3, dilation),
            nn.LeakyReLU(SLOPE),
            last,
        )
        self.shortcut = AlignedConv(channels, channels, 1)
        nn.init.dirac_(self.shortcut.weight_v)
        nn.init.ones_(self.shortcut.weight_g)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, T)` to `(B, C, T)`."""
        y: Tensor = self.shortcut(x) + self.block(x)
        return y


class ResidualStack(nn.Sequential):
    """Table 10: residual blocks with dilations 1, 3 and 9; `(B, C, T)` to `(B, C, T)`."""

    def __init__(self, channels: int) -> None:
        super().__init__(*(ResidualBlock(channels, d) for d in DILATIONS))


def widths(table: tuple[int, ...], width: float, floor: int) -> list[int]:
    """The paper's channel counts times `width`, never below `floor`, in multiples of 8."""
    return [max(floor, round(c * width / 8) * 8) for c in table]


def receptive_radius(module: nn.Module) -> int:
    """Steps on each side that an output of stacked aligned convolutions can see.

    Sums over every convolution but the 1x1 shortcuts, which add nothing.
    """
    return sum(
        (conv.kernel_size[0] // 2) * conv.dilation[0]
        for conv in module.modules()
        if isinstance(conv, nn.Conv1d)
    )


def in_windows(module: nn.Module, x: Tensor, window: int = 1024) -> Tensor:
    """`module(x)` of stacked aligned convolutions on `(B, C, T)`, in memory for one window.

    Each window is computed with all the steps that its outputs can see.
    """
    radius, length = receptive_radius(module), x.shape[-1]
    pieces = []
    for start in range(0, length, window):
        end = min(start + window, length)
        first = max(0, start - radius)
        piece = module(x[..., first : min(length, end + radius)])
        pieces.append(piece[..., start - first : end - first])
    return torch.cat(pieces, dim=-1)


def at_times(sequence: Tensor, rate: float, times: Tensor) -> Tensor:
    """Linear interpolation of `(B, C, T)`, sampled at `rate` per second, at `times` `(N,)` seconds.

    Before the first and after the last step the end values hold. Returns `(B, C, N)`.
    """
    steps = (times * rate).clamp(0, sequence.shape[-1] - 1)
    left = steps.floor().long()
    right = (left + 1).clamp(max=sequence.shape[-1] - 1)
    share = (steps - left).to(sequence.dtype)
    return torch.lerp(sequence[..., left], sequence[..., right], share)


def phase_at(phase: Tensor, steps: Tensor) -> Tensor:
    """Phase `(B, T)` at fractional `steps` `(N,)`; past its ends it goes on at its last pace."""
    left = steps.floor().long().clamp(0, phase.shape[-1] - 2)
    pace = phase[:, left + 1] - phase[:, left]
    return phase[:, left] + pace * (steps - left)
