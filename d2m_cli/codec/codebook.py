"""Vector quantisation against one codebook: nearest entry, look-up, straight-through gradient.

Letters: `B` batch, `D` numbers in an entry (64), `T` time in codes, `K` entries (2048).
"""

import torch
from torch import Tensor

CHUNK = 8192
"""Vectors compared with the codebook at once: bounds the distance matrix to 64 MiB."""

TEMPERATURE = 0.5
"""Of drawn codes: below 1 they keep nearer to what is likely."""


def nearest_entries(vectors: Tensor, codebook: Tensor) -> Tensor:
    """Indices `(N,)` of the entries of `codebook (K, D)` nearest to `vectors (N, D)`.

    Half the squared distance without the vector's own norm, |k|²/2 - x·k, has the same minimum,
    costs one matrix product, and is formed `CHUNK` vectors at a time.
    """
    half_norms = codebook.pow(2).sum(1).div(2)
    return torch.cat(
        [
            torch.addmm(half_norms, chunk, codebook.t(), alpha=-1).argmin(1)
            for chunk in vectors.split(CHUNK)
        ]
    )


def look_up(codes: Tensor, codebook: Tensor) -> Tensor:
    """Entries `(B, D, T)` of `codes (B, T)`."""
    return codebook[codes].transpose(1, 2)


def quantise(latents: Tensor, codebook: Tensor) -> tuple[Tensor, Tensor]:
    """Codes `(B, T)` and entries `(B, D, T)` nearest to `latents (B, D, T)`; no gradient."""
    batch, dim, time = latents.shape
    vectors = latents.detach().transpose(1, 2).reshape(-1, dim)
    codes = nearest_entries(vectors, codebook).view(batch, time)
    return codes, look_up(codes, codebook)


def straight_through(latents: Tensor, entries: Tensor) -> Tensor:
    """`entries` in value, with the gradient handed to `latents` unchanged (VQ-VAE, section 3.2)."""
    return latents + (entries - latents).detach()


def code_logits(
    mean: Tensor, std: Tensor, codebook: Tensor, prior: Tensor, free: Tensor | None = None
) -> Tensor:
    """Unnormalised log-probabilities `(B, T, K)` of the codes around uncertain latents.

    An entry's probability falls with its distance from `mean (B, D, T)`, each number measured in
    its own `std (B, D, T)`, and grows with its `prior (K,)`: a lookup that knows how sure the
    generator is. With equal spreads the likeliest code is the nearest entry.
    """
    precision = std.pow(-2).transpose(1, 2)
    told = torch.cat([mean.transpose(1, 2) * precision, precision], dim=-1)
    entries = torch.cat([codebook, -0.5 * codebook.pow(2)], dim=-1)
    logits = torch.addmm(prior, told.flatten(0, 1), entries.t()).unflatten(0, told.shape[:2])
    return logits if free is None else logits + free.transpose(1, 2)


def draw_codes(
    logits: Tensor, generator: torch.Generator, temperature: float = TEMPERATURE
) -> Tensor:
    """Codes `(B, T)` drawn from `logits (B, T, K)`.

    `generator` is a CPU generator, so that a seed gives the same codes on every device.
    """
    uniform = torch.rand(logits.shape[:-1], generator=generator).to(logits.device)
    return codes_at(logits, uniform, temperature)[0]


def codes_at(logits: Tensor, uniform: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """The codes that `logits (B, T, K)` have at random numbers 0..1 `(B, T)`, and their chances."""
    chances = (logits / temperature).softmax(-1)
    below = chances.cumsum(-1)
    places = torch.searchsorted(below, (uniform[..., None] * below[..., -1:]))
    codes = places.clamp(max=logits.shape[-1] - 1)
    return codes[..., 0], chances.gather(-1, codes)[..., 0]
