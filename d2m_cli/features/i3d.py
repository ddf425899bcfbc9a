"""Frames to a sequence of I3D vectors, window by window, with the network given as a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from d2m_cli.errors import InputError
from d2m_cli.opencv import resized
from d2m_cli.spec import FRAME_RATE
from d2m_cli.types import FloatArray, FrameArray, Visual

if TYPE_CHECKING:
    from torch import Tensor

BATCH = 8
"""Windows that go through the network together."""


@dataclass(frozen=True)
class VisualSettings:
    """How pictures become visual features. The public I3D weights want size 224 and width 1."""

    size: int = 64
    """Side in pixels of the square that the network sees."""
    window: int = 16
    """Pictures in a window."""
    stride: int = 8
    """Pictures from window to window."""
    frame_step: int = 2
    """Of the frames at `FRAME_RATE`, every `frame_step`-th is a picture."""
    width: float = 0.25
    """Factor on the network's channels."""

    @property
    def channels(self) -> int:
        """Numbers in a vector, `C_v`."""
        return round(1024 * self.width)

    @property
    def rate(self) -> float:
        """Vectors per second."""
        return FRAME_RATE / (self.frame_step * self.stride)


class I3DExtractor:
    """Takes the frames of a clip one by one and keeps no more than a few windows of them.

    Vector `i` belongs to the window whose middle is picture `i * stride`. The first and the last
    picture stand for what lies before and after the clip.

    Args:
        settings: sizes and rates.
        network: `(B, 3, window, size, size)`, values -1..1, to `(B, C_v)`.
        ready: whether the network is loaded; until then pictures wait.
    """

    def __init__(
        self,
        settings: VisualSettings,
        network: Callable[[Tensor], Tensor],
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self.settings = settings
        self.step = settings.frame_step
        """Only every `step`-th frame is looked at."""
        self.shrink = partial(square, size=settings.size)
        """What is kept of a frame."""
        self._network, self._ready = network, ready
        self._frames = 0
        self._pictures: list[FrameArray] = []
        self._vectors: list[FloatArray] = []

    def add(self, frame: FrameArray) -> None:
        """Take the next frame, RGB `(H, W, 3)`, of the clip at `FRAME_RATE`."""
        if self._frames % self.settings.frame_step == 0:
            picture = self.shrink(frame)
            if not self._pictures:
                self._pictures = [picture] * (self.settings.window // 2)
            self._pictures.append(picture)
            while self._windows_ready() >= BATCH and self._ready():
                self._run(BATCH)
        self._frames += 1

    def visual(self) -> Visual:
        """The vectors `(C_v, T_v)` of all frames so far; ends the stream.

        Raises `InputError` when there was no frame.
        """
        if not self._pictures:
            raise InputError("The video shows no picture: use another file.")
        window = self.settings.window
        self._pictures += self._pictures[-1:] * (window - window // 2 - 1)
        while windows := min(BATCH, self._windows_ready()):
            self._run(windows)
        features = np.concatenate(self._vectors).T
        return Visual(np.ascontiguousarray(features), self.settings.rate)

    def _windows_ready(self) -> int:
        return max(0, 1 + (len(self._pictures) - self.settings.window) // self.settings.stride)

    def _run(self, count: int) -> None:
        """Send the first `count` windows through the network, and forget their pictures."""
        window, stride = self.settings.window, self.settings.stride
        windows = [self._pictures[i * stride : i * stride + window] for i in range(count)]
        self._vectors.append(self._network(to_clip(np.array(windows))).float().numpy())
        del self._pictures[: count * stride]


def square(frame: FrameArray, size: int) -> FrameArray:
    """The middle square of a frame `(H, W, 3)`, scaled to `(size, size, 3)`."""
    height, width = frame.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    middle = frame[top : top + side, left : left + side]
    return resized(middle, size, size)


def to_clip(pictures: FrameArray) -> Tensor:
    """Pictures `(B, T, H, W, 3)` to what I3D sees: `(B, 3, T, H, W)` with values -1..1."""
    import torch

    return torch.from_numpy(pictures).permute(0, 4, 1, 2, 3).float() / 127.5 - 1.0
