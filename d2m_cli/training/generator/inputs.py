"""From the arrays of a batch to what the generator takes: the one way from numpy to torch."""

import torch
from torch import Tensor

from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.pairs.examples import Batch, ConditionArrays
from d2m_cli.models.generator import Conditions
from d2m_cli.spec import Level
from d2m_cli.training.generator.losses import Target, encode_target
from d2m_cli.training.run.launch import on_device


def conditions_on(device: torch.device, arrays: ConditionArrays) -> Conditions:
    """The arrays of a batch as tensors on a device, field by field of the same name."""
    present = {name: part for name, part in arrays._asdict().items() if part is not None}
    return Conditions(**{name: on_device(part, device) for name, part in present.items()})


def heard_by(
    vqvae: VQVAE, batch: Batch, level: Level, device: torch.device
) -> tuple[Conditions, Target, Tensor | None]:
    """What a generator is given of a batch, the true music, and latents of its sketch `(B, 64, T)`.

    The latents are None for a batch without a sketch.
    """
    target = encode_target(vqvae, on_device(batch.audio, device), level)
    given = conditions_on(device, batch.conditions)
    if batch.sketch is None:
        return given, target, None
    sound = on_device(batch.sketch, device)
    with torch.no_grad():
        return given, target, vqvae.encode(sound[:, : target.wave.shape[1]], level)
