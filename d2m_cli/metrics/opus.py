"""Opus, the codec that everybody has: what it keeps at a few kbit/s, to compare ours with.

Letters: `B` clips, `N` samples at 22050 Hz.

Metrics
-------
* `through_opus`: clips after Opus, and the rate of its file

>>> noise = np.random.default_rng(0).standard_normal((1, SAMPLE_RATE)).astype(np.float32) / 10
>>> decoded, rate = through_opus(noise, LEVELS[0])
>>> decoded.shape == noise.shape, 4 < rate < 16
(True, True)
"""

import io

import numpy as np
import soundfile

from d2m_cli.librosa_lock import librosa
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

OPUS_RATE = 24_000
"""Hz: the lowest rate of Opus that holds all of our band."""
LEVELS = (0.995, 0.985, 0.975)
"""libsndfile's compression levels of about 8, 10 and 12 kbit/s."""


def through_opus(clips: FloatArray, level: float) -> tuple[FloatArray, float]:
    """What Opus makes of `clips` `(B, N)`, coded as one piece, and the kbit/s of its file."""
    piece = librosa.resample(clips.ravel(), orig_sr=SAMPLE_RATE, target_sr=OPUS_RATE)
    file = io.BytesIO()
    soundfile.write(file, piece, OPUS_RATE, format="OGG", subtype="OPUS", compression_level=level)
    rate = 8e-3 * len(file.getvalue()) / (len(piece) / OPUS_RATE)
    file.seek(0)
    decoded = soundfile.read(file, dtype="float32")[0]
    back = librosa.resample(decoded, orig_sr=OPUS_RATE, target_sr=SAMPLE_RATE)[: clips.size]
    return np.pad(back, (0, clips.size - len(back))).reshape(clips.shape), rate
