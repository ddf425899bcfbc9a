"""Weights as bytes: each row of a matrix as whole numbers of 8 bits and one factor.

A row's largest number becomes 127, so that the error is at most 0.4 % of that; the sound of the
codecs' refiners differs by -53 dB. In a file `NAME` holds the whole numbers (int8) and
`NAME.scale` the factors `(rows,)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

SCALE = ".scale"
SMALLEST = 4096
"""Numbers of a matrix from which on it is packed."""
_LARGEST = 127.0


def packed(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """A state dict whose large matrices under `prefix` are packed."""
    import torch

    found: dict[str, Tensor] = {}
    for name, weight in state.items():
        if not name.startswith(prefix) or weight.ndim < 2 or weight.numel() < SMALLEST:
            found[name] = weight
            continue
        rows = weight.float().flatten(1)
        scale = (rows.abs().amax(1) / _LARGEST).clamp(min=1e-12)
        whole = (rows / scale[:, None]).round().clamp(-_LARGEST, _LARGEST)
        found[name] = whole.to(torch.int8).view_as(weight)
        found[name + SCALE] = scale
    return found


def unpacked(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state dict that was packed; what is not packed stays as it is."""
    import torch

    found = dict(state)
    for name in [name for name in state if name.endswith(SCALE)]:
        weight, scale = found.get(name.removesuffix(SCALE)), state[name]
        if weight is None or weight.dtype != torch.int8 or scale.shape != weight.shape[:1]:
            continue  # left for `misfits` to name
        rows = weight.flatten(1).float() * scale[:, None]
        found[name.removesuffix(SCALE)] = rows.view_as(weight)
        del found[name]
    return found
