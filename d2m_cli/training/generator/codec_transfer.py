"""A trained generator carried over to another codec, so that it need not begin again.

Two codecs of one level say the same with other numbers: the latents of one follow from those of the
other almost linearly. The generator's layers that touch latents (the last convolution, the first of
the sketch, the codes' prior) are turned by that map, fitted on music; all others stay.

Letters: `M` latents, `D` numbers of each (64), `C` channels, `K` codebook entries.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from d2m_cli.codec.codebook import nearest_entries
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.spec import CODE_DIM, Level

RIDGE = 1e-3
"""Of the least squares, as a share of the latents' mean power: some directions are never used."""

State = dict[str, Tensor]


class LatentMap(NamedTuple):
    """Latents `(M, D)` of the old codec times `forth` are those of the new; `back` leads back."""

    forth: Tensor
    back: Tensor


@torch.no_grad()
def fit_latent_map(old: VQVAE, new: VQVAE, level: Level, waves: Tensor) -> LatentMap:
    """Map between the latents of two codecs, by least squares on music `(B, N)`."""
    own, other = (_vectors(vqvae.encode(waves, level)) for vqvae in (old, new))
    return LatentMap(_least_squares(own, other), _least_squares(other, own))


@torch.no_grad()
def transfer_weights(state: State, turn: LatentMap, old: Tensor, new: Tensor) -> State:
    """Weights of a generator for the codebook `new` `(K, D)`, from those for `old` `(K, D)`."""
    moved = dict(state)
    last = _kernel(state, "vq.last")
    bias = state["vq.last.bias"]
    kernels = [torch.einsum("de,dck->eck", turn.forth, last[:CODE_DIM])]
    biases = [bias[:CODE_DIM] @ turn.forth]
    if len(last) > CODE_DIM:
        power = turn.forth.T**2
        shares = power / power.sum(1, keepdim=True)
        kernels.append(torch.einsum("ed,dck->eck", shares, last[CODE_DIM:]))
        biases.append(shares @ bias[CODE_DIM:] + 0.5 * power.sum(1).log())
        # A code's prior is that of the old code which meant the same.
        moved["prior"] = state["prior"][nearest_entries(new, old @ turn.forth)]
    moved |= _weight_norm("vq.last", torch.cat(kernels)) | {"vq.last.bias": torch.cat(biases)}
    if "vq.sketch_share" in state:
        sketch = torch.einsum("cdk,ed->cek", _kernel(state, "vq.sketch"), turn.back)
        moved |= _weight_norm("vq.sketch", sketch)
        share = state["vq.sketch_share"]
        moved["vq.sketch_share"] = torch.full_like(share, float(share.mean()))
    return moved


def _vectors(latents: Tensor) -> Tensor:
    return latents.transpose(1, 2).flatten(0, 1)


def _least_squares(given: Tensor, wanted: Tensor) -> Tensor:
    square = given.T @ given
    ridge = RIDGE * square.diagonal().mean() * torch.eye(len(square), device=square.device)
    return torch.linalg.solve(square + ridge, given.T @ wanted)


def _kernel(state: State, layer: str) -> Tensor:
    """The kernel `(C_out, C_in, k)` that a weight-normalised convolution computes with."""
    return torch._weight_norm(state[f"{layer}.weight_v"], state[f"{layer}.weight_g"], 0)


def _weight_norm(layer: str, kernel: Tensor) -> State:
    length = kernel.norm(dim=(1, 2), keepdim=True)
    return {f"{layer}.weight_v": kernel, f"{layer}.weight_g": length}
