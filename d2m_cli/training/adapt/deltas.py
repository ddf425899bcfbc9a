"""Small deltas of a generator: of low rank for kernels, whole for biases (Hu et al., "LoRA", 2021).

The layers behind the sketch learn; what reads the dance stays as it is, and no gradient runs there.
A delta that is merged into its kernel leaves a generator like any other.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.func import functional_call

from d2m_cli.models.generator import Conditions, Generator
from d2m_cli.models.vq_generator import Latents

KERNELS = (".weight", ".weight_v")
NORM = ".weight_g"


class Deltas(nn.Module):
    """What is learnt beside a frozen generator.

    Args:
        generator: the trained one, with a prior; it is not changed.
        rank: of a kernel's delta.
    """

    def __init__(self, generator: Generator, rank: int) -> None:
        super().__init__()
        self._base = [generator.requires_grad_(False)]  # in a list: no part of this module's state
        self.up, self.down, self.whole = (nn.ParameterDict() for _ in range(3))
        for name, value in _learning(generator):
            key = name.replace(".", "/")
            if value.dim() > 1 and name.endswith(KERNELS):
                rows, columns = len(value), value[0].numel()
                self.up[key] = nn.Parameter(torch.zeros(rows, min(rank, rows)))
                start = torch.randn(min(rank, rows), columns) / columns**0.5
                self.down[key] = nn.Parameter(start)
            else:
                self.whole[key] = nn.Parameter(torch.zeros_like(value))

    def merged(self) -> dict[str, Tensor]:
        """State of a generator with the deltas in its weights, with gradients of the deltas."""
        state = dict(self._base[0].state_dict())
        for key, change in self.whole.items():
            state[key.replace("/", ".")] = state[key.replace("/", ".")] + change
        for key, up in self.up.items():
            name = key.replace("/", ".")
            kernel = state[name]
            change = (up @ self.down[key]).view_as(kernel)
            norm = name.removesuffix("_v") + "_g"
            if norm not in state:
                state[name] = kernel + change
                continue
            state[name] = torch._weight_norm(kernel, state[norm], 0) + change
            state[norm] = state[name].norm(dim=(1, 2), keepdim=True)
        return state

    def forward(
        self, given: Conditions, codes: int, sketch: Tensor | None, known: Tensor | None
    ) -> tuple[Latents, Tensor]:
        """Latents of `codes` codes by the generator with its deltas, and its prior `(K,)`.

        `sketch` `(B, 64, codes)`, `known` `(B, 65, codes)`, as `Generator.forward` takes them.
        """
        state = self.merged()
        said: Latents = functional_call(self._base[0], state, (given, codes, sketch, known))
        return said, state["prior"]


def _learning(generator: Generator) -> Iterator[tuple[str, Tensor]]:
    """Weights behind the sketch, but for the norms, which follow from their kernels."""
    vq = generator.vq
    stages = range(vq.code_stage, len(vq.convs))
    behind = ("vq.last.", "vq.free.", "vq.known.", "vq.sketch", "prior")
    late = tuple(f"vq.{part}.{i}." for part in ("stacks", "styles") for i in stages)
    convs = tuple(f"vq.convs.{i}." for i in stages)
    for name, value in generator.state_dict().items():
        if name.startswith((*behind, *late, *convs)) and not name.endswith(NORM):
            yield name, value
