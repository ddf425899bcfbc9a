"""Discriminators that hear a waveform as short-time spectra of several resolutions.

Beside the paper's window-based ones (`models.discriminator`), which hear the wave itself: what the
treble sounds like is easier to see in a spectrum (EnCodec, Defossez et al. 2022).

Letters: `B` batch, `N` audio samples, `C` channels, `T` frames, `F` bins.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

SLOPE = 0.2


class SpectralDiscriminators(nn.Module):
    """The same network on spectra with windows of several lengths."""

    def __init__(self, channels: int = 32, windows: Sequence[int] = (2048, 1024, 512)) -> None:
        super().__init__()
        self.networks = nn.ModuleList(_Network(channels, window) for window in windows)

    def forward(self, wave: Tensor) -> list[list[Tensor]]:
        """Feature maps `(B, C, T, F)` of each resolution for `wave` `(B, N)`; last the logits."""
        return [network(wave) for network in self.networks]


class _Network(nn.Module):
    window: Tensor

    def __init__(self, channels: int, n_fft: int) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        self.layers = nn.ModuleList([_conv(2, channels, (3, 9))])
        self.layers.extend(
            _conv(channels, channels, (3, 9), (1, 2), (dilation, 1)) for dilation in (1, 2, 4)
        )
        self.layers.append(_conv(channels, channels, (3, 3)))
        self.last = _conv(channels, 1, (3, 3))
        self.act = nn.LeakyReLU(SLOPE)

    def forward(self, wave: Tensor) -> list[Tensor]:
        spectrum = torch.stft(
            wave.float(), self.n_fft, self.n_fft // 4, window=self.window,
            normalized=True, return_complex=True,
        )  # fmt: skip
        x = torch.view_as_real(spectrum).permute(0, 3, 2, 1)
        maps = []
        for layer in self.layers:
            x = self.act(layer(x))
            maps.append(x)
        return [*maps, self.last(x)]


def _conv(
    channels_in: int,
    channels_out: int,
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    dilation: tuple[int, int] = (1, 1),
) -> nn.Conv2d:
    padding = (kernel[0] // 2 * dilation[0], kernel[1] // 2)
    conv: nn.Conv2d = weight_norm(
        nn.Conv2d(channels_in, channels_out, kernel, stride, padding, dilation)
    )
    return conv
