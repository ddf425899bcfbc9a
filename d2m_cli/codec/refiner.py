"""A second step of decoding: what the decoder's sound lacks, seen from its spectrum and the codes.

The decoder is JukeBox's; at the high level 64 numbers 172 times a second do not hold the treble, so
its sound is grainy there. The refiner hears that sound as a short-time spectrum, together with the
codebook entries of the same moment, and changes every bin: by a complex factor, and by what it adds
in units of the level around the bin. Untrained it changes nothing. It works on frames (ConvNeXt
blocks, as Vocos does), so that it costs a fraction of the decoder.

Letters: `B` batch, `N` audio samples, `T` time in codes, `F` frames, `C` channels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m_cli.spec import CODE_DIM

N_FFT, HOP = 1024, 256
BINS = N_FFT // 2 + 1
MARGIN = (N_FFT - HOP) // 2
"""Samples by which a frame sees further than the ones it stands for, on either side."""
COMPRESSION = 0.3
"""Exponent of the magnitudes that the refiner hears."""
FLOOR = 1e-4
"""Added to magnitudes: full scale is some hundreds."""
AROUND = 9
"""Bins whose mean level is the unit of what is added."""
KERNEL = 7
ENTRY_UNIT = 5.0
WIDTH, INNER = 320, 960
"""Channels of a block, and inside it."""
DILATIONS = (1, 3, 1, 3, 1, 3)


class Refiner(nn.Module):
    """Changes a decoder's sound; an identity until it is trained."""

    window: Tensor

    def __init__(self, hop: int) -> None:
        """`hop`: audio samples per code."""
        super().__init__()
        self.codes_per_frame = HOP // hop
        self.hear = nn.Linear(3 * BINS, WIDTH)
        self.read = nn.Linear(CODE_DIM * self.codes_per_frame, WIDTH, bias=False)
        self.blocks = nn.ModuleList(_Block(dilation) for dilation in DILATIONS)
        self.norm = nn.LayerNorm(WIDTH)
        self.say = nn.Linear(WIDTH, 4 * BINS)
        nn.init.zeros_(self.say.weight)
        nn.init.zeros_(self.say.bias)
        self.register_buffer("window", torch.hann_window(N_FFT), persistent=False)

    @property
    def context(self) -> int:
        """Codes on each side that a sample can depend on beyond what the decoder sees."""
        frames = sum((KERNEL // 2) * d for d in DILATIONS) + N_FFT // HOP
        return frames * self.codes_per_frame

    def forward(self, wave: Tensor, entries: Tensor) -> Tensor:
        """Refined sound `(B, N)` of the decoder's `wave` `(B, N)` for `entries` `(B, 64, T)`."""
        spare = -entries.shape[-1] % self.codes_per_frame
        if spare:
            hop = wave.shape[-1] // entries.shape[-1]
            padded = functional.pad(wave, (0, spare * hop)), functional.pad(entries, (0, spare))
            return self(*padded)[:, : wave.shape[-1]]
        spectrum = self._spectrum(wave)
        size = (spectrum.square().sum(-1) + FLOOR**2).sqrt()
        soft = size.pow(COMPRESSION)
        turned = spectrum * (soft / size)[..., None]
        read = entries.transpose(1, 2).unflatten(1, (-1, self.codes_per_frame)).flatten(2)
        x = self.hear(torch.cat([soft, turned[..., 0], turned[..., 1]], dim=-1))
        x = x + self.read(read / ENTRY_UNIT)
        for block in self.blocks:
            x = block(x)
        factor, added = self.say(self.norm(x)).float().unflatten(-1, (2, 2, BINS)).unbind(2)
        factor, added = factor.transpose(2, 3), added.transpose(2, 3)
        around = functional.avg_pool1d(size, AROUND, 1, AROUND // 2, count_include_pad=False)
        return self._sound(spectrum + _product(spectrum, factor) + added * around[..., None])

    def _spectrum(self, wave: Tensor) -> Tensor:
        """`(B, F, BINS, 2)` of sound `(B, N)`; zeros beyond both ends."""
        frames = functional.pad(wave.float(), (MARGIN, MARGIN)).unfold(-1, N_FFT, HOP)
        return torch.view_as_real(torch.fft.rfft(frames * self.window))

    def _sound(self, spectrum: Tensor) -> Tensor:
        """The inverse of `_spectrum`."""
        frames = torch.fft.irfft(torch.view_as_complex(spectrum.contiguous()), N_FFT) * self.window
        weight = self.window.square().expand(1, frames.shape[1], N_FFT)
        return _overlapped(frames) / _overlapped(weight)


class _Block(nn.Module):
    """ConvNeXt: a convolution over time for each channel, then two layers over the channels."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.time = nn.Conv1d(
            WIDTH, WIDTH, KERNEL, padding=KERNEL // 2 * dilation, dilation=dilation, groups=WIDTH
        )
        self.norm = nn.LayerNorm(WIDTH)
        self.widen = nn.Linear(WIDTH, INNER)
        self.narrow = nn.Linear(INNER, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, F, C)` to `(B, F, C)`."""
        y = self.norm(self.time(x.transpose(1, 2)).transpose(1, 2))
        return x + self.narrow(functional.gelu(self.widen(y)))


def _product(a: Tensor, b: Tensor) -> Tensor:
    """Product of complex numbers that are kept as pairs in the last axis."""
    real = a[..., 0] * b[..., 0] - a[..., 1] * b[..., 1]
    imaginary = a[..., 0] * b[..., 1] + a[..., 1] * b[..., 0]
    return torch.stack([real, imaginary], dim=-1)


def _overlapped(frames: Tensor) -> Tensor:
    """Sum `(B, F HOP)` of frames `(B, F, N_FFT)` laid `HOP` apart, without the outer margins."""
    count = frames.shape[1]
    parts = frames.unflatten(-1, (N_FFT // HOP, HOP)).unbind(2)
    total = sum(functional.pad(part, (0, 0, i, len(parts) - 1 - i)) for i, part in enumerate(parts))
    assert isinstance(total, Tensor)
    return total.flatten(1)[:, MARGIN : MARGIN + count * HOP]
