"""G_m: the motion encoder (paper table 7), arranged so that time stays time."""

from torch import Tensor, nn

from d2m_cli.models.blocks import SLOPE, AlignedConv, ResidualStack, widths

CHANNELS = (256, 512, 1024, 1024)
"""Table 7's channels; its last convolution (to one channel) gives `features_out` here."""


class MotionEncoder(nn.Sequential):
    """Motion `(B, C_m, T_m)` to motion features `(B, features_out, T_m)`.

    In the authors' network time is a channel axis and the kernels slide over features
    (`models.official`); here the same kernels slide over time.
    """

    def __init__(self, channels_in: int, features_out: int, width: float) -> None:
        a, b, c, d = widths(CHANNELS, width, floor=8)
        act = nn.LeakyReLU(SLOPE)
        super().__init__(
            *(AlignedConv(channels_in, a, 6), act, ResidualStack(a)),
            *(AlignedConv(a, b, 3), act, ResidualStack(b)),
            *(AlignedConv(b, c, 3), act, ResidualStack(c)),
            *(AlignedConv(c, d, 3), act),
            AlignedConv(d, features_out, 4),
        )

    def forward(self, motion: Tensor) -> Tensor:
        """`(B, C_m, T_m)` to `(B, features_out, T_m)`."""
        features: Tensor = super().forward(motion)
        return features
