"""Inception-I3D (Carreira and Zisserman, "Quo vadis, action recognition?", CVPR 2017).

Layers carry the key names of pytorch-i3d, so that its `rgb_imagenet.pt` and `flow_imagenet.pt` load
by key. As in the TensorFlow original, convolutions and poolings pad "SAME": by just what the output
`ceil(size / stride)` needs, the odd one behind. Letters: `B` clips, `C` channels, `T` pictures, `H`
and `W` their height and width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from d2m_cli.models.blocks import widths

MIXED = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}
"""Channels of each Inception module: branch 0, branches 1 and 2 (inside, out), pooled branch."""

CHANNELS = 1024
"""Channels of the last feature volume at full width."""

WIDTH_STEP = 16
"""Widths are multiples of 1/16, so that every branch scales exactly in the last volume."""


class InceptionI3d(nn.Module):
    """The network; of pictures with values -1..1 (RGB), or of optical flow.

    Args:
        num_classes: of the classifier `logits`; None leaves it out (features need none).
        in_channels: 3 for RGB, 2 for flow.
        width: factor on all channels, a multiple of 1/16 (below 1 for the embedded bundle).
    """

    def __init__(
        self, num_classes: int | None = None, in_channels: int = 3, width: float = 1.0
    ) -> None:
        super().__init__()
        if width <= 0 or (width * WIDTH_STEP) % 1:
            raise ValueError(f"I3D width {width} is not a multiple of 1/{WIDTH_STEP}.")
        stem, second, third = widths((64, 64, 192), width, 8)
        self.Conv3d_1a_7x7 = Unit3d(in_channels, stem, 7, 2)
        self.MaxPool3d_2a_3x3 = SamePool3d((1, 3, 3), (1, 2, 2))
        self.Conv3d_2b_1x1 = Unit3d(stem, second, 1)
        self.Conv3d_2c_3x3 = Unit3d(second, third, 3)
        self.MaxPool3d_3a_3x3 = SamePool3d((1, 3, 3), (1, 2, 2))
        channels = third
        for name, table in MIXED.items():
            if name == "Mixed_4b":
                self.MaxPool3d_4a_3x3 = SamePool3d((3, 3, 3), (2, 2, 2))
            if name == "Mixed_5b":
                self.MaxPool3d_5a_2x2 = SamePool3d((2, 2, 2), (2, 2, 2))
            mixed = InceptionModule(channels, widths(table, width, 8))
            self.add_module(name, mixed)
            channels = mixed.channels
        self._path = list(self.children())
        self.channels = channels
        self.logits = (
            Unit3d(channels, num_classes, 1, plain=True) if num_classes is not None else None
        )
        # A fifth faster on a CPU; folding the batch norms into the convolutions gains nothing.
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def volume(self, clip: Tensor) -> Tensor:
        """Clip `(B, C, T, H, W)` to the last feature volume `(B, 1024 width, T/8, H/32, W/32)`."""
        clip = clip.contiguous(memory_format=torch.channels_last_3d)
        for layer in self._path:
            clip = layer(clip)
        return clip

    def features(self, clip: Tensor) -> Tensor:
        """Clip `(B, C, T, H, W)` to `(B, 1024 width)`: the mean over the last feature volume.

        On 16 x 224 x 224 pictures that is the original's average pool of 2 x 7 x 7.
        """
        return self.volume(clip).mean(dim=(2, 3, 4))

    def forward(self, clip: Tensor) -> Tensor:
        """Clip `(B, C, T, H, W)`, at least 9 x 193 x 193, to class scores `(B, K, T')`.

        As in the original, one score for each step of the (2, 7, 7) average pool. Raises
        `ValueError` for a network without `logits`.
        """
        if self.logits is None:
            raise ValueError("This I3D has no classifier: give num_classes.")
        pooled = functional.avg_pool3d(self.volume(clip), (2, 7, 7), stride=1)
        scores: Tensor = self.logits(pooled)
        return scores.flatten(3).mean(dim=3)


class Unit3d(nn.Module):
    """Convolution, batch norm and ReLU; a `plain` one is a convolution with a bias and no more."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: int,
        stride: int = 1,
        plain: bool = False,
    ) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(channels_in, channels_out, kernel, stride, bias=plain)
        self.bn = None if plain else nn.BatchNorm3d(channels_out, eps=0.001, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C_in, T, H, W)` to `(B, C_out, T/stride, H/stride, W/stride)`, rounded up."""
        conv = self.conv3d
        x, margin = _pad_same(x, conv.kernel_size, conv.stride)
        x = functional.conv3d(x, conv.weight, conv.bias, conv.stride, margin)
        return x if self.bn is None else self.bn(x).relu_()


class SamePool3d(nn.Module):
    """Maximum over a neighbourhood, "SAME"; its input is never negative, so zeros pad it."""

    def __init__(self, kernel: tuple[int, int, int], stride: tuple[int, int, int]) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, T, H, W)` to as many channels, each axis divided by its stride, rounded up."""
        x, margin = _pad_same(x, self.kernel, self.stride)
        return functional.max_pool3d(x, self.kernel, self.stride, margin)


class InceptionModule(nn.Module):
    """Four branches side by side; `table` as in `MIXED`."""

    def __init__(self, channels_in: int, table: list[int]) -> None:
        super().__init__()
        whole, inside_1, out_1, inside_2, out_2, pooled = table
        self.b0 = Unit3d(channels_in, whole, 1)
        self.b1a = Unit3d(channels_in, inside_1, 1)
        self.b1b = Unit3d(inside_1, out_1, 3)
        self.b2a = Unit3d(channels_in, inside_2, 1)
        self.b2b = Unit3d(inside_2, out_2, 3)
        self.b3a = SamePool3d((3, 3, 3), (1, 1, 1))
        self.b3b = Unit3d(channels_in, pooled, 1)
        self.channels = whole + out_1 + out_2 + pooled

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C_in, T, H, W)` to `(B, channels, T, H, W)`."""
        branches = self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x))
        return torch.cat(branches, dim=1)


def _pad_same(
    x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]
) -> tuple[Tensor, tuple[int, ...]]:
    """Zeros round `x` for "SAME", and the margin `(T, H, W)` that the operation itself can add.

    Equal margins at both ends are left to the operation, which adds them without a copy.
    """
    ends = []
    for size, width, step in zip(x.shape[2:], kernel, stride, strict=True):
        missing = max(0, (-(-size // step) - 1) * step + width - size)
        ends.append((missing // 2, missing - missing // 2))
    if all(before == after for before, after in ends):
        return x, tuple(before for before, _ in ends)
    flat = [margin for pair in reversed(ends) for margin in pair]
    return functional.pad(x, flat), (0,) * len(ends)
