"""G_v: the visual encoder on I3D vectors (paper 3.2 names it, no table gives its layers)."""

import torch
from torch import Tensor, nn

from d2m_cli.models.blocks import SLOPE, AlignedConv, ResidualStack


class VisualEncoder(nn.Sequential):
    """I3D vectors `(B, C_v, T_v)` to visual features `(B, features_out, T_v)`."""

    def __init__(self, channels_in: int, features_out: int) -> None:
        super().__init__(
            AlignedConv(channels_in, features_out, 1),
            nn.LeakyReLU(SLOPE),
            ResidualStack(features_out),
            nn.LeakyReLU(SLOPE),
            AlignedConv(features_out, features_out, 3),
        )

    @torch.no_grad()
    def disconnect(self) -> None:
        """Give every input the output of zeros, until a gradient changes that: for data without
        pictures, whose zeros would leave the first weights at random."""
        assert isinstance(self[0], AlignedConv)
        self[0].weight_g.zero_()

    def forward(self, visual: Tensor) -> Tensor:
        """`(B, C_v, T_v)` to `(B, features_out, T_v)`."""
        features: Tensor = super().forward(visual)
        return features
