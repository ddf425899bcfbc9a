import numpy as np

from d2m_cli.metrics.codec import mel_distance
from d2m_cli.metrics.opus import LEVELS, through_opus
from d2m_cli.spec import SAMPLE_RATE


def test_opus_keeps_more_with_more_bits() -> None:
    random = np.random.default_rng(0)
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    tones = np.sin(2 * np.pi * np.array([[220.0], [330.0], [3000.0]]) * time)
    clips = 0.2 * tones + 0.01 * random.standard_normal((3, len(time)))
    heard = [through_opus(clips.astype(np.float32), level) for level in LEVELS]
    rates = [rate for _, rate in heard]
    assert rates == sorted(rates) and 5 < rates[0] < 12 < rates[-1] < 20
    far = [
        np.mean([mel_distance(after, before) for after, before in zip(made, clips, strict=True)])
        for made, _ in heard
    ]
    assert far[-1] < far[0]
    assert all(made.shape == clips.shape for made, _ in heard)
