"""Terms of a decoder's loss, and the figures of its validation.

Letters: `B` batch, `N` audio samples, `T` frames.
"""

from functools import lru_cache
from itertools import pairwise

import torch
from bank import Bank
from torch import Tensor

from d2m_cli.losses import reconstruction
from d2m_cli.spec import SAMPLE_RATE

TONAL_EDGES = (100.0, 400.0, 1000.0, 2500.0, 5000.0, 11025.0)


def relative_matching(real: list[list[Tensor]], fake: list[list[Tensor]]) -> Tensor:
    """Feature matching whose maps are measured in their own mean size."""
    shares = [
        (r - f).abs().mean() / r.abs().mean().clamp(min=1e-4)
        for rs, fs in zip(real, fake, strict=True)
        for r, f in zip(rs[:-1], fs[:-1], strict=True)
    ]
    return torch.stack(shares).mean()


def flatness(wave: Tensor) -> Tensor:
    """log10 spectral flatness `(B, 5, T)` of the bands of `TONAL_EDGES`."""
    n_fft = 2048
    window = reconstruction._window(n_fft, wave.device)
    spectrum = torch.stft(wave, n_fft, n_fft // 4, window=window, return_complex=True)
    power = torch.view_as_real(spectrum).square().sum(-1) + 1e-6
    edges = [round(edge * n_fft / SAMPLE_RATE) for edge in TONAL_EDGES]
    parts = [power[:, a:b] for a, b in pairwise(edges)]
    return torch.stack([p.log10().mean(1) - p.mean(1).log10() for p in parts], dim=1)


def tonality_loss(wave: Tensor, music: Tensor) -> Tensor:
    """How far the bands' flatness is from the music's: noise between the tones, or tones in it."""
    with torch.no_grad():
        wanted = flatness(music)
    return (flatness(wave) - wanted).abs().mean()


def use_filters(bank: Bank) -> None:
    """Take the mel filters from the packed file: librosa is not needed."""

    @lru_cache(maxsize=32)
    def filters(n_fft: int, bands: int, device: torch.device) -> Tensor:
        return torch.from_numpy(bank.arrays[f"mel_{n_fft}_{bands}"]).to(device)

    reconstruction._mel_filters = filters
