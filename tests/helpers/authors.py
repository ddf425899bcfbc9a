"""The authors' networks on random weights, and the numbers that their own code gave."""

from __future__ import annotations

import json
import math
import zlib
from functools import cache

import numpy as np
import torch
from project import FIXTURES
from safetensors.torch import load_file
from torch import Tensor

from d2m_cli.codec.vqvae import VQVAE

GAINS = {"aist.motion_encoder": 0.95, "aist.vqEncoder_high": 0.95, "aist.Discriminator": 1.6}
"""Size of `weight_g` in each module whose numbers are recorded."""


@cache
def _all_shapes() -> dict[str, dict[str, list[int]]]:
    tables: dict[str, dict[str, list[int]]]
    tables = json.loads((FIXTURES / "official_keys.json").read_text())
    return tables


def shapes(module: str) -> dict[str, list[int]]:
    """Keys and shapes of one of the authors' modules."""
    return _all_shapes()[module]


def state(module: str) -> dict[str, Tensor]:
    """The random state dict that the recorded numbers were made with, drawn from its keys."""
    return {key: _drawn(module, key, shape) for key, shape in shapes(module).items()}


def _drawn(module: str, key: str, shape: list[int]) -> Tensor:
    seed = zlib.crc32(f"{module}|{key}".encode())
    draw = np.random.RandomState(seed).standard_normal(tuple(shape)).astype(np.float32)
    if key.endswith("weight_g"):
        draw = GAINS[module] * (1 + 0.1 * draw)
    elif key.endswith("bias"):
        draw = draw * 0.05
    elif not key.endswith(("weight_v", "genre_embed.weight")):
        last = (module, key) == ("aist.vqEncoder_high", "model.30.weight")
        gain = 0.3 if last else 1.3 if len(shape) == 3 else 1.0
        draw = draw * np.float32(gain / math.sqrt(math.prod(shape[1:])))
    return torch.from_numpy(np.ascontiguousarray(draw, dtype=np.float32))


def jukebox_state() -> dict[str, Tensor]:
    """A random state dict of JukeBox's VQ-VAE; level 2 is the one of the recorded numbers."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        fresh = VQVAE().state_dict()
    return fresh | load_file(FIXTURES / "jukebox_level_2.safetensors")


def recorded(name: str) -> dict[str, np.ndarray]:
    """Arrays of one recording."""
    with np.load(FIXTURES / name) as archive:
        return dict(archive)
