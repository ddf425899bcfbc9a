"""A few small pictures along the clip, kept for the plot while the video is decoded once."""

import numpy as np

from d2m_cli.opencv import resized
from d2m_cli.spec import FRAME_RATE
from d2m_cli.types import FloatArray, FrameArray, Landmarks

PICTURES = 12
HEIGHT = 120
"""Pixels."""
MARK = (255, 64, 0)
"""Colour of the frame around the dancer."""


class Thumbnails:
    """Keeps `PICTURES` of the frames that it takes, evenly spread over the expected `frames`."""

    def __init__(self, frames: int) -> None:
        centres = (np.arange(PICTURES) + 0.5) * frames / PICTURES
        # The first frame is kept too, in case that fewer frames come than expected.
        self._wanted = {0, *centres.astype(int).tolist()}
        self._seen = 0
        self._kept: dict[int, FrameArray] = {}

    def add(self, frame: FrameArray) -> None:
        """Take the next frame, RGB `(H, W, 3)`."""
        if self._seen in self._wanted:
            width = max(1, round(frame.shape[1] * HEIGHT / frame.shape[0]))
            self._kept[self._seen] = resized(frame, width, HEIGHT)
        self._seen += 1

    def pictures(self, landmarks: Landmarks | None = None) -> FrameArray:
        """The kept pictures `(S, HEIGHT, W, 3)`.

        Where `landmarks` are of one of several people, a frame is drawn around that one.
        """
        kept = list(self._kept)
        kept = kept[1:] or kept
        if landmarks and landmarks.followed and len(landmarks.followed.shares) > 1:
            for number in kept:
                step = round(number / FRAME_RATE * landmarks.rate)
                _mark(self._kept[number], landmarks.points[min(step, len(landmarks.points) - 1)])
        return np.stack([self._kept[number] for number in kept])


def _mark(picture: FrameArray, body: FloatArray) -> None:
    """Draw a frame of two pixels around a body `(33, 4)` in a picture `(HEIGHT, W, 3)`."""
    if not np.isfinite(body).all():
        return
    places = np.rint(body[:, :2] * HEIGHT).astype(int)
    left, top = (places.min(axis=0) - 2).clip(0)
    right, bottom = places.max(axis=0) + 3
    inside = picture[top + 2 : max(bottom - 2, 0), left + 2 : max(right - 2, 0)].copy()
    picture[top : max(bottom, 0), left : max(right, 0)] = MARK
    picture[top + 2 : top + 2 + inside.shape[0], left + 2 : left + 2 + inside.shape[1]] = inside
