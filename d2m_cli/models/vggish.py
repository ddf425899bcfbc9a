"""VGGish: the network whose embeddings the paper's genre accuracy and the Frechet audio distance
use.

Hershey et al., "CNN Architectures for Large-Scale Audio Classification" (ICASSP 2017), as published
with AudioSet: log-mel examples of 0.96 s into a VGG with 72,141,184 parameters, 128 numbers out.
Names and shapes are those of the public PyTorch port of the weights (`vggish-10086976.pth`:
`features.N`, `embeddings.N`). That port ends in a ReLU; the published network does not, and neither
does this one.

Letters: `N` samples, `F` examples of 0.96 s.
"""

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

RATE = 16000
"""Hz of the sound that VGGish hears."""

WINDOW, HOP, FFT = 400, 160, 512
"""Samples: 25 ms, 10 ms, and the transform that holds a window."""

BANDS, LOWEST, HIGHEST = 64, 125.0, 7500.0
EXAMPLE = 96
"""Frames in one example."""

_OFFSET = 0.01
_WIDTHS = ((1, 64), (64, 128), (128, 256, 256), (256, 512, 512))


class VGGish(nn.Module):
    """The network; load `features.*` and `embeddings.*` with `load_state_dict`."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for widths in _WIDTHS:
            for before, after in pairwise(widths):
                layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.embeddings = nn.Sequential(
            nn.Linear(EXAMPLE // 16 * BANDS // 16 * 512, 4096),
            nn.ReLU(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, 128),
        )

    def forward(self, examples: Tensor) -> Tensor:
        """Embeddings `(F, 128)` of log-mel examples `(F, 96, 64)`."""
        maps = self.features(examples[:, None])
        # The published weights were trained with the channels last.
        return self.embeddings(maps.permute(0, 2, 3, 1).flatten(1))

    @torch.inference_mode()
    def embed(self, samples: FloatArray) -> FloatArray:
        """Embeddings `(F, 128)` of music `(N,)` at `SAMPLE_RATE`, one per whole 0.96 s."""
        device = next(self.parameters()).device
        examples = torch.from_numpy(log_mel_examples(samples)).to(device)
        return np.concatenate([self(part).cpu().numpy() for part in examples.split(32)])


def log_mel_examples(samples: FloatArray) -> FloatArray:
    """Log-mel examples `(F, 96, 64)` of music `(N,)` at `SAMPLE_RATE`.

    A rest shorter than 0.96 s is dropped; a piece shorter than that is filled with silence.
    """
    from scipy.signal import resample_poly

    common = np.gcd(RATE, SAMPLE_RATE)
    wave = resample_poly(samples.astype(np.float64), RATE // common, SAMPLE_RATE // common)
    shortest = (EXAMPLE - 1) * HOP + WINDOW
    wave = np.pad(wave, (0, max(0, shortest - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(wave, WINDOW)[::HOP]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    magnitude = np.abs(np.fft.rfft(frames * hann, FFT))
    log_mel = np.log(magnitude @ mel_weights() + _OFFSET).astype(np.float32)
    count = len(log_mel) // EXAMPLE
    return log_mel[: count * EXAMPLE].reshape(count, EXAMPLE, BANDS)


def mel_weights() -> NDArray[np.float64]:
    """Weights `(257, 64)` from magnitudes to bands: triangles on the mel scale, peak 1, no DC."""
    mel = _hertz_to_mel(np.linspace(0.0, RATE / 2, FFT // 2 + 1))[:, np.newaxis]
    edges = np.linspace(_hertz_to_mel(LOWEST), _hertz_to_mel(HIGHEST), BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (mel - lower) / (centre - lower), (upper - mel) / (upper - centre)
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    return weights


def _hertz_to_mel(hertz: float | NDArray[np.float64]) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)
