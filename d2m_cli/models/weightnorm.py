"""Weight-normalised convolution under the parameter names of the published checkpoints."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WeightNormConv1d(nn.Conv1d):
    """`Conv1d` whose weight is `g * v / |v|`, the norm taken per output channel.

    Salimans and Kingma 2016. The parameters are called `weight_g` `(out, 1, 1)`, `weight_v`
    `(out, in / groups, kernel)` and `bias`, as in state dicts written with the old
    `torch.nn.utils.weight_norm`, which is deprecated; its successor stores other names.
    """

    weight_g: nn.Parameter
    weight_v: nn.Parameter

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups)
        start = self.weight.detach()
        del self.weight
        self.weight_g = nn.Parameter(start.norm(dim=(1, 2), keepdim=True))
        self.weight_v = nn.Parameter(start.clone())

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, T)` to `(B, out, T')`, as `Conv1d`."""
        weight = torch._weight_norm(self.weight_v, self.weight_g, 0)
        return self._conv_forward(x, weight, self.bias)
