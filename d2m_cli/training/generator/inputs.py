"""From the arrays of a batch to what the generator takes: the one way from numpy to torch."""

import torch

from d2m_cli.data.pairs.examples import ConditionArrays
from d2m_cli.models.generator import Conditions
from d2m_cli.training.run.launch import on_device


def conditions_on(device: torch.device, arrays: ConditionArrays) -> Conditions:
    """The arrays of a batch as tensors on a device, field by field of the same name."""
    present = {name: part for name, part in arrays._asdict().items() if part is not None}
    return Conditions(**{name: on_device(part, device) for name, part in present.items()})
