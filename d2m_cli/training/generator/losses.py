"""What the generator is trained on: the terms of equation 8 (paper 3.5)."""

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

from d2m_cli.codec.codebook import code_logits, straight_through
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.losses.adversarial import Judge, adversarial_terms
from d2m_cli.losses.reconstruction import mel_loss
from d2m_cli.models.vq_generator import Latents
from d2m_cli.spec import Level


@dataclass(frozen=True)
class LossWeights:
    """Lambdas of equation 8; the paper's values."""

    adversarial: float = 1.0
    feature_matching: float = 3.0
    code: float = 15.0
    wave: float = 40.0
    mel: float = 15.0
    likelihood: float = 0.0
    """Beyond the paper: cross-entropy of the true codes around the uncertain latents."""


@dataclass(frozen=True)
class Target:
    """The music that belongs to a batch of dances."""

    wave: Tensor
    """`(B, N)` with `N` a whole number of codes."""
    latents: Tensor
    """phi(x_a) `(B, 64, T)`: what the frozen encoder makes of the music."""
    codes: Tensor
    """`(B, T)` and"""
    entries: Tensor
    """LookUp(phi(x_a)) `(B, 64, T)`."""


@torch.no_grad()
def encode_target(vqvae: VQVAE, wave: Tensor, level: Level) -> Target:
    """Latents and codebook entries of the true music `(B, N)`."""
    wave = wave[:, : wave.shape[1] // level.hop * level.hop]
    latents = vqvae.encode(wave, level)
    return Target(wave, latents, *vqvae.quantise(latents, level))


def generator_losses(
    discriminator: Judge,
    vqvae: VQVAE,
    level: Level,
    target: Target,
    predicted: Latents,
    prior: Tensor | None,
    weights: LossWeights,
    window: slice,
) -> dict[str, Tensor]:
    """Weighted terms (scalars) of eq. 8 for what the generator `predicted`; their sum is the loss.

    Wave and mel losses (eq. 6, 7) cover the codes of `window` only, decoded from the looked-up
    entries; the gradient passes the lookup straight through, so that these terms really reach the
    generator. A term with weight 0 is not computed.
    """
    terms: dict[str, Tensor] = {}
    latents = predicted.mean
    if weights.adversarial or weights.feature_matching:
        terms |= adversarial_terms(discriminator, target.latents, latents)
    if weights.code:
        terms["code"] = functional.l1_loss(latents, target.entries)
    if weights.likelihood:
        assert predicted.std is not None and prior is not None
        logits = code_logits(latents, predicted.std, vqvae.codebook(level), prior)
        terms["likelihood"] = functional.cross_entropy(logits.flatten(0, 1), target.codes.flatten())
    if weights.wave or weights.mel:
        entries = vqvae.quantise(latents[..., window], level)[1]
        wave = vqvae.decode(straight_through(latents[..., window], entries), level)
        true = target.wave[:, window.start * level.hop : window.stop * level.hop]
        terms["wave"] = functional.l1_loss(wave, true)
        terms["mel"] = mel_loss(wave, true)
    return {
        f.name: getattr(weights, f.name) * terms[f.name]
        for f in fields(weights)
        if f.name in terms and getattr(weights, f.name)
    }
