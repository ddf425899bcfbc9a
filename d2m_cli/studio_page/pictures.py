"""What the lanes of the page are drawn from: a strip of pictures, and the heights of a waveform."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from d2m_cli.ingest.video import displayed_size, read_frames
from d2m_cli.studio.takes import Take
from d2m_cli.types import Clip

SIDE = 120
"""Pixels of the longer side of a picture in the strip."""
WIDEST = 16000
"""Pixels of the strip; browsers draw no picture that is much wider."""
PICTURES_PER_SECOND = 4.0

PEAKS_PER_SECOND = 200


def count_pictures(clip: Clip) -> int:
    """How many pictures lie in the strip of a clip."""
    width, _ = displayed_size(clip, SIDE)
    return max(1, min(round(clip.seconds * PICTURES_PER_SECOND), WIDEST // width))


def film_strip(clip: Clip) -> bytes:
    """JPEG of `count_pictures` pictures side by side; each stands for an equal part of the clip.

    Raises `InputError` where the video cannot be decoded.
    """
    count = count_pictures(clip)
    width, height = displayed_size(clip, SIDE)
    strip = Image.new("RGB", (count * width, height))
    pictures = read_frames(clip, count / clip.seconds, SIDE)
    for number, picture in zip(range(count), pictures, strict=False):
        strip.paste(Image.fromarray(picture), (number * width, 0))
    data = io.BytesIO()
    strip.save(data, "JPEG", quality=80)
    return data.getvalue()


def peaks(take: Take) -> bytes:
    """Waveform of a take, `PEAKS_PER_SECOND`: all highest samples, then all lowest, 0..255 each."""
    heights = take.peaks(max(1, round(take.seconds * PEAKS_PER_SECOND)))
    away = np.stack([heights[:, 1], -heights[:, 0]]).clip(0.0, 1.0)
    return np.rint(away * 255).astype(np.uint8).tobytes()
