"""Multi-scale window-based discriminator (paper 3.3, figure 3, table 11).

Letters: `B` batch, `N` numbers of the sequence on one channel, `C` channels, `T` time steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from d2m_cli.models.weightnorm import WeightNormConv1d

PAPER_CHANNELS = (16, 64, 256, 1024, 1024, 1024)
"""Widths of table 11, first layer to the one before the logits."""

RELEASED_CHANNELS = (32, 128, 512, 1024, 1024, 512)
"""Widths of the authors' released networks."""

CHANNELS_PER_GROUP = 4
SLOPE = 0.2


def one_channel(latents: Tensor) -> Tensor:
    """VQ features `(B, 64, T)` laid end to end in time on one channel, `(B, 1, 64 * T)`."""
    return latents.reshape(latents.shape[0], 1, -1)


class MultiScaleDiscriminator(nn.Module):
    """The same network on a sequence and on its averages over 2, 4, ... numbers.

    Args:
        channels: widths of the first layer, the strided grouped layers and the layer before the
            logits; `PAPER_CHANNELS` or `RELEASED_CHANNELS`.
        scales: number of networks; network `i` sees the sequence at `1 / 2**i` of its rate.
        first_kernel: width of the first window (15 in table 11, 16 in the released networks).
        stride: step of each strided layer (its kernel has `10 * stride + 1` taps).
        input_scale: the sequence is multiplied by this first (VQ features span about 100).
        channels_in: 1 lays the VQ features end to end in time (the paper's reshape); `CODE_DIM`
            leaves them side by side.
    """

    def __init__(
        self,
        channels: Sequence[int] = PAPER_CHANNELS,
        scales: int = 3,
        first_kernel: int = 15,
        stride: int = 4,
        input_scale: float = 1.0,
        channels_in: int = 1,
    ) -> None:
        super().__init__()
        self.input_scale, self.channels_in = input_scale, channels_in
        self.model = nn.ModuleDict(
            {
                f"disc_{scale}": WindowDiscriminator(channels, first_kernel, stride, channels_in)
                for scale in range(scales)
            }
        )
        self.halve = nn.AvgPool1d(4, stride=2, padding=1, count_include_pad=False)

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        """Feature maps of each scale for `x` `(B, 1, N)`, or VQ features `(B, 64, T)`.

        The last map of each scale holds the logits `(B, 1, T)`, one for each window of the
        sequence (high above zero: taken for real); the others, `(B, C, T)`, serve feature matching
        (equation 4).
        """
        x = x.reshape(len(x), self.channels_in, -1) * self.input_scale
        maps = []
        for network in self.model.values():
            maps.append(network(x))
            x = self.halve(x)
        return maps


class WindowDiscriminator(nn.Module):
    """One scale: table 11 of the paper."""

    def __init__(
        self, channels: Sequence[int], first_kernel: int, stride: int, channels_in: int = 1
    ) -> None:
        super().__init__()
        *strided, last = channels
        layers: list[nn.Module] = [
            nn.Sequential(
                nn.ReflectionPad1d(7),
                WeightNormConv1d(channels_in, strided[0], first_kernel),
                _activation(),
            )
        ]
        for before, after in pairwise(strided):
            conv = WeightNormConv1d(
                before,
                after,
                kernel_size=10 * stride + 1,
                stride=stride,
                padding=5 * stride,
                groups=before // CHANNELS_PER_GROUP,
            )
            layers.append(nn.Sequential(conv, _activation()))
        layers.append(
            nn.Sequential(WeightNormConv1d(strided[-1], last, 5, padding=2), _activation())
        )
        layers.append(WeightNormConv1d(last, 1, 3, padding=1))
        self.model = nn.ModuleDict({f"layer_{i}": layer for i, layer in enumerate(layers)})

    def forward(self, x: Tensor) -> list[Tensor]:
        """Outputs `(B, C, T)` of each layer for `x` `(B, C_in, N)`; the last are the logits."""
        maps = []
        for layer in self.model.values():
            x = layer(x)
            maps.append(x)
        return maps


def _activation() -> nn.Module:
    return nn.LeakyReLU(SLOPE, inplace=True)
