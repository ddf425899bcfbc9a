"""What a stage keeps in a checkpoint, and the weights that it writes at the end."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from d2m_cli.files import whole_file


class Resumable(Protocol):
    """A part of a stage that is no network: an optimiser, an average, an adversary."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint holds of it."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        ...


class KeepsParts:
    """`state` and `restore` of a stage: those of its `parts`, by name."""

    parts: Mapping[str, nn.Module | Resumable]

    def state(self) -> dict[str, Any]:
        """States of all parts."""
        return {
            name: part.state_dict() if isinstance(part, nn.Module) else part.state()
            for name, part in self.parts.items()
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        for name, part in self.parts.items():
            take_up = part.load_state_dict if isinstance(part, nn.Module) else part.restore
            take_up(state[name])


def write_weights(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Write a state dict as safetensors, whole or not at all."""
    state = {name: tensor.cpu().contiguous() for name, tensor in weights.items()}
    with whole_file(path, SafetensorError) as draft:
        save_file(state, draft)
