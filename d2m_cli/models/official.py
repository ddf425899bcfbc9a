"""The authors' released networks to the letter, so that their checkpoints run.

They work on windows of exactly 2 s. The frames of the motion are the channels of the first
convolution and all kernels slide over features: time is not a time axis in here. Parameter names
and shapes are those of the published state dicts. What the paper's text says otherwise is listed in
docs/fidelity.md.

Letters: `B` windows, `T` codes of a window (344 high, 1378 low).
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import torch
from torch import Tensor, nn

from d2m_cli.models.blocks import SLOPE
from d2m_cli.models.discriminator import RELEASED_CHANNELS, MultiScaleDiscriminator
from d2m_cli.models.weightnorm import WeightNormConv1d
from d2m_cli.spec import CODE_DIM, SEGMENT_SECONDS, SIGMA, Level, code_count

MOTION_FEATURES = 1024
VISUAL_FEATURES = 2048
"""One I3D vector per window: 1024 of the pictures, then 1024 of the optical flow."""
GENRE_FEATURES = 256
DILATIONS = (1, 3, 9, 27)


class Corpus(StrEnum):
    """Data set that a released model was trained on; it decides the motion that the model takes."""

    AIST = "aist"
    TIKTOK = "tiktok"

    @property
    def frames(self) -> int:
        """Poses in a window: 2 s at 60 or 30 per second."""
        return 120 if self is Corpus.AIST else 60

    @property
    def pose_numbers(self) -> int:
        """AIST++: root translation 3 + 24 joints x 3 x 3 rotation. TikTok: 25 joints x 3."""
        return 219 if self is Corpus.AIST else 75

    @property
    def genres(self) -> int:
        """Genres that the generator is told (AIST++ has 10, TikTok none)."""
        return 10 if self is Corpus.AIST else 0


class Row(NamedTuple):
    """One convolution of a table, with the reflected margin before it."""

    channels: int
    kernel: int
    stride: int = 1
    reflect: int = 0


HIGH_ROWS = (Row(32, 6, 2), Row(64, 41, 2), Row(128, 41), Row(256, 41), Row(512, 41))
"""Table 8 as released; the last convolution (40 taps) follows."""

LOW_ROWS = (
    Row(32, 6, 2, reflect=3),
    Row(64, 4, reflect=32),
    Row(128, 40, 2, reflect=64),
    Row(256, 40, reflect=64),
    Row(512, 40, reflect=64),
    Row(1024, 40, reflect=64),
)
"""Table 9 as released; two more convolutions of 40 taps follow, without residual blocks."""


class ReleasedResidualBlock(nn.Module):
    """One row of table 10, with reflected ends: `(B, C, N)` to `(B, C, N)`."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.LeakyReLU(SLOPE),
            nn.ReflectionPad1d(dilation),
            WeightNormConv1d(channels, channels, 3, dilation=dilation),
            nn.LeakyReLU(SLOPE),
            WeightNormConv1d(channels, channels, 1),
        )
        self.shortcut = WeightNormConv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """`(B, C, N)` to `(B, C, N)`."""
        y: Tensor = self.shortcut(x) + self.block(x)
        return y


class ReleasedMotionEncoder(nn.Module):
    """Table 7 as released: a window of poses to one vector of 1024 numbers."""

    def __init__(self, corpus: Corpus) -> None:
        super().__init__()
        self.lin1 = nn.Linear(corpus.pose_numbers, 800)
        self.model = nn.Sequential(
            nn.Conv1d(corpus.frames, 256, 6),
            nn.ReLU(),
            *_residual_blocks(256),
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(256, 512, 4),
            *_residual_blocks(512),
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(512, 1024, 4),
            *_residual_blocks(1024),
            nn.LeakyReLU(SLOPE),
            nn.Conv1d(1024, 1, 4),
        )
        self.lin2 = nn.Linear(786, MOTION_FEATURES)

    def forward(self, motion: Tensor) -> Tensor:
        """Poses `(B, frames, pose_numbers)` to features `(B, 1, 1024)`."""
        features: Tensor = self.lin2(self.model(self.lin1(motion)))
        return features


class ReleasedGenerator(nn.Module):
    """Table 8 or 9 as released: one fused vector per window to the VQ latents of 2 s."""

    def __init__(self, corpus: Corpus, level: Level) -> None:
        super().__init__()
        # The released TikTok low model has no layer that takes the motion: it hears only pictures.
        self.takes_motion = not (corpus is Corpus.TIKTOK and level is Level.LOW)
        if corpus.genres:
            self.genre_embed = nn.Embedding(corpus.genres, GENRE_FEATURES)
        if self.takes_motion:
            fused = MOTION_FEATURES + VISUAL_FEATURES + (GENRE_FEATURES if corpus.genres else 0)
            self.lin = nn.Linear(fused, 2058 if level is Level.HIGH else 2048)
        self.model = nn.Sequential(*(_high_layers() if level is Level.HIGH else _low_layers()))
        if level is Level.LOW:
            self.fc = nn.Linear(1045, code_count(SEGMENT_SECONDS, level))

    def forward(self, fused: Tensor, genre: Tensor | None = None) -> Tensor:
        """Latents `(B, 64, T)`, about -100..100.

        `fused` `(B, 1, 3072)` holds motion features, then visual features (only the 2048 visual
        numbers where `takes_motion` is false); `genre` `(B,)` is the number of the AIST++ genre.
        """
        if genre is not None:
            fused = torch.cat([fused, self.genre_embed(genre)[:, None]], dim=2)
        if self.takes_motion:
            fused = self.lin(fused)
        latents: Tensor = self.model(fused)
        if hasattr(self, "fc"):
            latents = self.fc(latents)
        return SIGMA * latents


class ReleasedD2MGAN(nn.Module):
    """Motion encoder and generator of one released model."""

    def __init__(self, corpus: Corpus, level: Level) -> None:
        super().__init__()
        self.corpus, self.level = corpus, level
        self.motion = ReleasedMotionEncoder(corpus)
        self.generator = ReleasedGenerator(corpus, level)

    def forward(self, motion: Tensor, visual: Tensor, genre: Tensor | None = None) -> Tensor:
        """Latents `(B, 64, T)` of `B` windows of 2 s.

        Poses `(B, frames, pose_numbers)`, I3D vectors `(B, 2048)`, AIST++ genre numbers `(B,)`.
        """
        fused = visual[:, None]
        if self.generator.takes_motion:
            fused = torch.cat([self.motion(motion), fused], dim=2)
        latents: Tensor = self.generator(fused, genre)
        return latents


def released_discriminator() -> MultiScaleDiscriminator:
    """The discriminator of the released training code, for AIST++ and TikTok alike."""
    return MultiScaleDiscriminator(RELEASED_CHANNELS, first_kernel=16)


def _residual_blocks(channels: int) -> list[nn.Module]:
    return [ReleasedResidualBlock(channels, dilation) for dilation in DILATIONS]


def _conv(channels_in: int, row: Row) -> list[nn.Module]:
    conv = nn.Conv1d(channels_in, row.channels, row.kernel, row.stride, padding=1)
    return [nn.ReflectionPad1d(row.reflect), conv] if row.reflect else [conv]


def _stages(rows: tuple[Row, ...]) -> list[nn.Module]:
    layers: list[nn.Module] = []
    channels = 1
    for row in rows:
        layers += [*_conv(channels, row), *_residual_blocks(row.channels), nn.LeakyReLU(SLOPE)]
        channels = row.channels
    return layers


def _high_layers() -> list[nn.Module]:
    return [*_stages(HIGH_ROWS), *_conv(512, Row(CODE_DIM, 40)), nn.Tanh()]


def _low_layers() -> list[nn.Module]:
    return [
        *_stages(LOW_ROWS),
        *_conv(1024, Row(1024, 40, reflect=64)),
        *_conv(1024, Row(CODE_DIM, 40, reflect=64)),
        nn.Tanh(),
    ]
