"""Adam as every stage uses it: warm-up, a constant stretch, a cosine decay, clipped gradients."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from lightning.fabric import Fabric
from torch import Tensor, nn


@dataclass(frozen=True)
class OptimiserConfig:
    """Learning rate over a run, and how gradients are used; the defaults are the paper's (4.1)."""

    rate: float = 1e-4
    betas: tuple[float, ...] = (0.5, 0.9)
    warm_up_steps: int = 100
    constant_until: float = 0.0
    """Share of the schedule after which a cosine decay begins."""
    final: float = 1.0
    """Share of `rate` left at the end."""
    clip: float = 10.0
    """Largest norm of the gradient."""

    def rate_at(self, step: int, progress: float) -> float:
        """Learning rate of a step (from 0), at `progress` 0..1 of the schedule."""
        warm = self.rate * min(1.0, (step + 1) / self.warm_up_steps)
        if progress < self.constant_until:
            return warm
        angle = math.pi * (progress - self.constant_until) / (1 - self.constant_until)
        return warm * (self.final + (1 - self.final) * (1 + math.cos(angle)) / 2)


class Optimiser:
    """A network, set up on the run's processes, with Adam on those of its weights that train.

    Args:
        network: its parameters that require no gradient now are never trained.
        config: rates and clipping.
        fabric: processes, device and precision.
    """

    def __init__(self, network: nn.Module, config: OptimiserConfig, fabric: Fabric) -> None:
        self.config, self._fabric = config, fabric
        trained = [p for p in network.parameters() if p.requires_grad]
        betas = (config.betas[0], config.betas[1])
        adam = torch.optim.Adam(trained, config.rate, betas=betas, fused=True)
        self.network, self._adam = fabric.setup(network, adam)
        """The network as steps call it: gradients are shared between processes."""

    def update(self, loss: Tensor, step: int, progress: float) -> None:
        """Move the weights down the gradient of a scalar `loss`, at the rate of the step."""
        for group in self._adam.param_groups:
            group["lr"] = self.config.rate_at(step, progress)
        self._adam.zero_grad()
        self._fabric.backward(loss)
        self._fabric.clip_gradients(self.network, self._adam, max_norm=self.config.clip)
        self._adam.step()

    def state(self) -> dict[str, Any]:
        """Adam's moments, as a checkpoint holds them."""
        return dict(self._adam.state_dict())

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        self._adam.load_state_dict(state)
