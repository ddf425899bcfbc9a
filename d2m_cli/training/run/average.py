"""Moving average of a network's weights: what is measured and exported of a GAN."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class MovingAverage:
    """Follows a module; young averages forget faster, so that the first weights do not stay.

    Args:
        module: network that is followed; its weights now are the first average.
        decay: share that an old average keeps in each update.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.weights = {name: t.detach().clone() for name, t in module.state_dict().items()}
        """State dict of the average."""

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move towards the module's weights after step `step` (from 0)."""
        decay = min(self.decay, (1 + step) / (10 + step))
        for name, value in module.state_dict().items():
            if value.is_floating_point():
                self.weights[name].lerp_(value, 1 - decay)
            else:
                self.weights[name].copy_(value)

    def state(self) -> dict[str, Tensor]:
        """The weights, as a checkpoint holds them."""
        return self.weights

    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """Take up the `weights` of an earlier run."""
        for name, value in weights.items():
            self.weights[name].copy_(value)
