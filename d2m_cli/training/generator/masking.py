"""Which codes a masked generator has to guess in training (MaskGIT, Chang et al. 2022)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from d2m_cli.codec.codebook import code_logits
from d2m_cli.data.pairs.segments import generator
from d2m_cli.models.vq_generator import Latents

WHOLLY_HIDDEN = 4
"""Every so many examples nothing is known: the first pass begins there."""


def draw_hidden(numbers: Sequence[int], codes: int, seed: int) -> Tensor:
    """Whether each of `codes` codes is hidden, `(B, codes)`, for the draws `numbers` `(B,)`.

    The share that is hidden is cos(u pi / 2) for an even u: often most of them.
    """
    rows = np.ones((len(numbers), codes), bool)
    for row, number in zip(rows, numbers, strict=True):
        random = generator(seed, number, "hidden")
        if number % WHOLLY_HIDDEN:
            row[:] = random.random(codes) < np.cos(random.random() * np.pi / 2)
    return torch.from_numpy(rows)


def surprise(
    said: Latents, codebook: Tensor, prior: Tensor, codes: Tensor, hidden: Tensor | None = None
) -> Tensor:
    """Mean cross-entropy (nats) of the true `codes` `(B, T)`, of the `hidden` `(B, T)` ones alone.

    `codebook` `(K, 64)`, `prior` `(K,)`.
    """
    assert said.std is not None
    logits = code_logits(said.mean, said.std, codebook, prior, said.free)
    lost = functional.cross_entropy(logits.flatten(0, 1), codes.flatten(), reduction="none")
    if hidden is None:
        return lost.mean()
    counted = hidden.flatten()
    return (lost * counted).sum() / counted.sum().clamp(min=1)
