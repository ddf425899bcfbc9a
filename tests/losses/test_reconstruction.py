import authors
import numpy as np
import pytest
import torch

from d2m_cli.losses.reconstruction import (
    SpectralWeights,
    log_mel,
    mel_loss,
    multi_resolution_loss,
)
from d2m_cli.spec import SAMPLE_RATE


def music(level: float = 0.5) -> torch.Tensor:
    """`(1, 16384)`: two drum hits over a chord, with some noise throughout."""
    time = torch.arange(16384) / SAMPLE_RATE
    noise = torch.randn(len(time), generator=torch.Generator().manual_seed(0))
    chord = torch.stack([torch.sin(2 * torch.pi * f * time) for f in (220.0, 277.2, 329.6)]).mean(0)
    hits = torch.exp(-20 * torch.remainder(time, 0.35))
    return level * (0.5 * chord + (0.3 * hits + 0.01) * noise)[None]


def total(generated: torch.Tensor, target: torch.Tensor) -> float:
    return float(sum(multi_resolution_loss(generated, target, SpectralWeights()).values()))


def test_log_mel_is_that_of_the_authors() -> None:
    recorded = authors.recorded("jukebox_io.npz")
    wave = torch.from_numpy(recorded["wave"])
    np.testing.assert_allclose(log_mel(wave), recorded["log_mel"], atol=1e-4)


def test_equal_waves_cost_nothing_and_silence_costs_most() -> None:
    target = music()
    noisy = target + 0.005 * torch.randn(target.shape, generator=torch.Generator().manual_seed(1))
    assert total(target, target) == 0
    assert 0 < total(noisy, target) < total(torch.zeros_like(target), target)
    assert 0 < mel_loss(noisy, target) < mel_loss(torch.zeros_like(target), target)


def test_quiet_items_count_like_loud_ones_in_the_relative_terms() -> None:
    target = torch.cat([music(0.8), music(0.08)])
    terms = multi_resolution_loss(0.5 * target, target, SpectralWeights(0, 0, 1, 1))
    alone = multi_resolution_loss(0.5 * target[:1], target[:1], SpectralWeights(0, 0, 1, 1))
    for name in ("convergence", "waveform"):
        assert float(terms[name]) == pytest.approx(float(alone[name]), rel=0.06)


def test_gradient_is_finite_at_silence_and_lowers_the_loss() -> None:
    target = music()
    generated = torch.zeros_like(target).requires_grad_()
    mel_loss(generated, target).backward()
    assert torch.isfinite(generated.grad).all()

    generated = (0.3 * music() + 0.001).requires_grad_()
    before = sum(multi_resolution_loss(generated, target, SpectralWeights()).values())
    before.backward()
    assert torch.isfinite(generated.grad).all()
    step = 1e-5 * generated.grad / generated.grad.abs().max()
    assert total(generated.detach() - step, target) < before.item()
