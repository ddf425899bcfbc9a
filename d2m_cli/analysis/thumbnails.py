"""A few small pictures along the clip, kept for the plot while the video is decoded once."""

import numpy as np

from d2m_cli.opencv import resized
from d2m_cli.types import FrameArray

PICTURES = 12
HEIGHT = 120
"""Pixels."""


class Thumbnails:
    """Keeps `PICTURES` of the frames that it takes, evenly spread over the expected `frames`."""

    def __init__(self, frames: int) -> None:
        centres = (np.arange(PICTURES) + 0.5) * frames / PICTURES
        # The first frame is kept too, in case that fewer frames come than expected.
        self._wanted = {0, *centres.astype(int).tolist()}
        self._seen = 0
        self._kept: list[FrameArray] = []

    def add(self, frame: FrameArray) -> None:
        """Take the next frame, RGB `(H, W, 3)`."""
        if self._seen in self._wanted:
            width = max(1, round(frame.shape[1] * HEIGHT / frame.shape[0]))
            self._kept.append(resized(frame, width, HEIGHT))
        self._seen += 1

    def pictures(self) -> FrameArray:
        """The kept pictures `(S, HEIGHT, W, 3)`."""
        return np.stack(self._kept[1:] or self._kept)
