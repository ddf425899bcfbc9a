"""How far a generated waveform is from the true one: log-mel and multi-resolution spectral losses.

Letters: `B` batch, `N` audio samples at 22050 Hz, `F` frequency bins, `M` mel bands, `T` frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from d2m_cli.spec import SAMPLE_RATE

MEL_FFT, MEL_HOP, MEL_BANDS = 1024, 256, 128
"""The mel spectrum of the paper's mel loss (eq. 7), as the authors' code takes it."""
MEL_FLOOR = 1e-5
"""Magnitudes below this count as silence in every log-mel spectrum."""
POWER_FLOOR = 1e-12
"""Keeps the square root's gradient finite where a spectrum is zero."""
LINEAR_OFFSET = 1e-3
"""Added before the logarithm of the linear spectrum: quieter bins hardly count."""


@dataclass(frozen=True)
class Resolution:
    """One short-time spectrum of the multi-resolution loss (hop is a quarter of `n_fft`)."""

    n_fft: int
    bands: int
    weight: float = 1.0
    """Of the log-mel term."""


RESOLUTIONS = (
    Resolution(2048, 128),
    Resolution(1024, 80, weight=2.0),
    Resolution(512, 48),
    Resolution(256, 24),
)


@dataclass(frozen=True)
class SpectralWeights:
    """Weights of the terms of `multi_resolution_loss`."""

    log_mel: float = 0.5
    log_linear: float = 0.075
    convergence: float = 0.125
    waveform: float = 1.0


def log_mel(wave: Tensor) -> Tensor:
    """Log10-mel spectrum `(B, 128, N // 256)` of `wave (B, N)`, as the paper's mel loss uses it.

    Frames are not centred; reflect padding by (n_fft - hop) / 2 on both sides.
    """
    padded = F.pad(wave[:, None], ((MEL_FFT - MEL_HOP) // 2,) * 2, mode="reflect")[:, 0]
    magnitude = _magnitude(padded, MEL_FFT, MEL_HOP, centred=False)
    return _log10_mel(magnitude, MEL_FFT, MEL_BANDS)


def mel_loss(generated: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of two waves' `log_mel`, both `(B, N)` (paper eq. 7)."""
    with torch.no_grad():
        wanted = log_mel(target)
    return F.l1_loss(log_mel(generated), wanted)


def multi_resolution_loss(
    generated: Tensor,
    target: Tensor,
    weights: SpectralWeights,
    resolutions: Sequence[Resolution] = RESOLUTIONS,
) -> dict[str, Tensor]:
    """Weighted terms (their sum is the loss) between two waves `(B, N)`.

    `log_mel`: L1 of log10 mel bands; `log_linear`: L1 of ln(|S| + 1e-3); `convergence`: spectral
    convergence, ||S' - S|| / ||S||; `waveform`: mean |y - x| / mean |x|. Sums over `resolutions`;
    the relative terms are taken by item, so that quiet items count as much as loud ones.
    """
    terms = {name: generated.new_zeros(()) for name in ("log_mel", "log_linear", "convergence")}
    for resolution in resolutions:
        n_fft, bands = resolution.n_fft, resolution.bands
        with torch.no_grad():
            wanted = _magnitude(target, n_fft, n_fft // 4)
            wanted_mel = _log10_mel(wanted, n_fft, bands)
            wanted_log = (wanted + LINEAR_OFFSET).log()
        given = _magnitude(generated, n_fft, n_fft // 4)
        difference = torch.linalg.vector_norm(given - wanted, dim=(1, 2))
        size = torch.linalg.vector_norm(wanted, dim=(1, 2))
        terms["log_mel"] += resolution.weight * F.l1_loss(
            _log10_mel(given, n_fft, bands), wanted_mel
        )
        terms["log_linear"] += F.l1_loss((given + LINEAR_OFFSET).log(), wanted_log)
        terms["convergence"] += (difference / (size + LINEAR_OFFSET)).mean()
    error = (generated - target).abs().mean(1)
    terms["waveform"] = (error / (target.abs().mean(1) + LINEAR_OFFSET)).mean()
    return {name: getattr(weights, name) * term for name, term in terms.items()}


def _magnitude(wave: Tensor, n_fft: int, hop: int, centred: bool = True) -> Tensor:
    """`(B, F, T)` absolute short-time spectrum with a Hann window."""
    window = _window(n_fft, wave.device)
    spectrum = torch.stft(wave, n_fft, hop, n_fft, window, center=centred, return_complex=True)
    power = torch.view_as_real(spectrum).pow(2).sum(-1)
    return power.clamp(min=POWER_FLOOR).sqrt()


def _log10_mel(magnitude: Tensor, n_fft: int, bands: int) -> Tensor:
    return (_mel_filters(n_fft, bands, magnitude.device) @ magnitude).clamp(min=MEL_FLOOR).log10()


@lru_cache(maxsize=32)
def _window(n_fft: int, device: torch.device) -> Tensor:
    return torch.hann_window(n_fft, device=device)


@lru_cache(maxsize=32)
def _mel_filters(n_fft: int, bands: int, device: torch.device) -> Tensor:
    """`(M, F)` Slaney mel bands over the whole spectrum."""
    from d2m_cli.librosa_lock import librosa  # takes a second to import: only when needed

    filters = librosa.filters.mel(sr=SAMPLE_RATE, n_fft=n_fft, n_mels=bands)
    return torch.from_numpy(filters).to(device)
