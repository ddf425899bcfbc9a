"""Convolutions whose weights no longer change, ready to be used again and again.

The norm of their weights is folded in, and long kernels are multiplied as spectra (overlap-save,
Stockham 1966; Oppenheim and Schafer, Discrete-Time Signal Processing, 8.7.3), which on a processor
takes a third of the time.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m_cli.models.blocks import AlignedConv

LONG = 15
"""Fewest steps of a kernel that are multiplied as a spectrum."""


def fold(module: nn.Module) -> None:
    """Put a `FoldedConv` in the place of every `AlignedConv` and long `Conv1d` in a module.

    To be called when the weights are loaded and lie where they are used.
    """
    for name, child in module.named_children():
        if isinstance(child, AlignedConv):
            weight = torch._weight_norm(child.weight_v, child.weight_g, 0)
            setattr(module, name, FoldedConv(child, weight, child.margins))
        elif isinstance(child, nn.Conv1d) and child.kernel_size[0] >= LONG:
            assert not isinstance(child.padding, str) and child.stride == (1,)
            setattr(module, name, FoldedConv(child, child.weight, 2 * child.padding))
        else:
            fold(child)


class FoldedConv(nn.Conv1d):
    """What `conv` computes, within rounding: `(B, C_in, T)` to `(B, C_out, T)`."""

    spectrum: Tensor | None

    def __init__(self, conv: nn.Conv1d, weight: Tensor, margins: tuple[int, ...]) -> None:
        """`weight` `(C_out, C_in, K)` holds its norm; `margins` are the zeros at both ends."""
        kernel = conv.kernel_size[0]
        super().__init__(1, 1, kernel, dilation=conv.dilation[0])
        self.weight = nn.Parameter(weight.detach(), requires_grad=False)
        self.bias = conv.bias
        self.margins = margins
        self.block = 1 << (3 * kernel - 1).bit_length()
        spectrum = None
        if kernel >= LONG and conv.dilation == (1,) and weight.device.type == "cpu":
            spectrum = torch.fft.rfft(weight.detach(), self.block).conj().permute(2, 0, 1)
            spectrum = spectrum.resolve_conj().contiguous()
        self.register_buffer("spectrum", spectrum, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C_in, T)` to `(B, C_out, T)`; zeros beyond both ends."""
        x = functional.pad(x, self.margins)
        if self.spectrum is None:
            return functional.conv1d(x, self.weight, self.bias, dilation=self.dilation)
        count = x.shape[-1] - self.kernel_size[0] + 1
        # Of the sums around the circle of a block, those that no step outside of it enters.
        step = self.block - self.kernel_size[0] + 1
        blocks = -(-count // step)
        x = functional.pad(x, (0, blocks * step + self.kernel_size[0] - 1 - x.shape[-1]))
        parts = torch.fft.rfft(x.unfold(-1, self.block, step)).permute(0, 3, 1, 2)
        sums = torch.matmul(self.spectrum, parts).permute(0, 2, 3, 1)
        y = torch.fft.irfft(sums, self.block)[..., :step].flatten(-2)[..., :count]
        return y if self.bias is None else y + self.bias[:, None]
