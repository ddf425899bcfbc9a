"""What the generator hears beside motion and picture: rhythm at its own rate, style and noise."""

import math

import numpy as np
import torch
from torch import Tensor

from d2m_cli.models.vq_generator import LATENT_SCALE
from d2m_cli.spec import NOISE_CHANNELS

CYCLES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Cycles per beat whose sine and cosine are given: bar, half bar, beat, eighth, sixteenth."""

PULSE_SECONDS = 0.02
"""Width (standard deviation) of the bump that marks a beat."""

CHANNELS = 2 * len(CYCLES) + 3
"""Rhythm channels: the cycles, pulse, confidence, tempo."""


def rhythm_channels(phase: Tensor, confidence: Tensor, rate: float) -> Tensor:
    """Rhythm as the generator's conditioning, `(B, CHANNELS, T)`.

    `phase` `(B, T)` beats (double precision keeps long pieces exact) and `confidence` `(B, T)`
    0..1, both at `rate` steps per second. The convention is the project's own:
    see docs/fidelity.md.
    """
    tempo = torch.gradient(phase, dim=-1)[0] * rate
    seconds_to_beat = (phase - phase.round()) / tempo.clamp(min=0.1)
    angles = [2 * math.pi * c * phase for c in CYCLES]
    waves = [wave for angle in angles for wave in (angle.sin(), angle.cos())]
    pulse = torch.exp(-0.5 * (seconds_to_beat / PULSE_SECONDS) ** 2)
    return torch.stack([*waves, pulse, confidence.to(phase.dtype), tempo / 2.0], dim=1).float()


def noise_sequence(count: int, seed: int) -> Tensor:
    """Standard normal noise `(1, NOISE_CHANNELS, count)` that depends on the seed alone."""
    draws = np.random.default_rng(seed).standard_normal((count, NOISE_CHANNELS), dtype=np.float32)
    return torch.from_numpy(draws.T[None].copy())


def known_codes(entries: Tensor, hidden: Tensor) -> Tensor:
    """What a masked generator hears of `entries` `(B, 64, T)` where not `hidden` `(B, T)`.

    `(B, 65, T)`: the entries in `LATENT_SCALE`, 0 where hidden, and a channel that says where.
    """
    shown = (~hidden)[:, None].to(entries.dtype)
    return torch.cat([entries / LATENT_SCALE * shown, shown], dim=1)
