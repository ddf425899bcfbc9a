"""Adversarial losses (paper 3.5): the hinge GAN objective and feature matching.

A discriminator's answer is, for each scale, the list of its feature maps; the last map holds the
window-based logits. Where equations 2 and 3 leave the sign open, the hinge loss of Lim and Ye
(Geometric GAN), which the paper cites, is meant: both losses are minimised.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Maps = Sequence[Sequence[Tensor]]
"""Feature maps `(B, C, T)` by scale and layer."""

Judge = Callable[[Tensor], Maps]
"""Discriminators: a sequence `(B, C, T)` to its feature maps (`MultiScaleDiscriminator`)."""


def hinge_discriminator(real: Maps, fake: Maps) -> Tensor:
    """Eq. 2: sum over scales of E[max(0, 1 - D(real))] + E[max(0, 1 + D(fake))]."""
    scales = [
        (1 - r[-1]).relu().mean() + (1 + f[-1]).relu().mean()
        for r, f in zip(real, fake, strict=True)
    ]
    return torch.stack(scales).sum()


def hinge_generator(fake: Maps) -> Tensor:
    """Eq. 3, a scalar: sum over scales of -E[D(fake)]."""
    return torch.stack([-f[-1].mean() for f in fake]).sum()


def feature_matching(real: Maps, fake: Maps) -> Tensor:
    """Eq. 4: L1 between the maps of real and generated features, summed over layers.

    Each map's norm is divided by its number of elements (1 / N_i); the logits are left out, and the
    scales are averaged, as in MelGAN, which the paper follows.
    """
    scales = [
        torch.stack(
            [(r.detach() - f).abs().mean() for r, f in zip(rs[:-1], fs[:-1], strict=True)]
        ).sum()
        for rs, fs in zip(real, fake, strict=True)
    ]
    return torch.stack(scales).mean()


def adversarial_terms(judge: Judge, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
    """What discriminators add to a generator's loss: `adversarial` (eq. 3), `feature_matching`.

    `real` and `fake` are `(B, C, T)`; the gradient reaches `fake` alone.
    """
    judged = judge(fake)
    with torch.no_grad():
        target = judge(real)
    return {
        "adversarial": hinge_generator(judged),
        "feature_matching": feature_matching(target, judged),
    }
