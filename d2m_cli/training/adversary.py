"""The adversarial step that generator and synthesizer share (paper 3.5, equations 2 to 4)."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from lightning.fabric import Fabric
from torch import Tensor

from d2m_cli.losses.adversarial import Maps, hinge_discriminator
from d2m_cli.models.discriminator import MultiScaleDiscriminator
from d2m_cli.training.run.kept import KeepsParts
from d2m_cli.training.run.optimiser import Optimiser, OptimiserConfig


class Adversary(KeepsParts):
    """Discriminators that are trained against a generator, one update before each of its own.

    Letters: `B` batch, `C` channels, `T` time of the sequences that are judged.
    """

    def __init__(
        self, critic: MultiScaleDiscriminator, config: OptimiserConfig, fabric: Fabric
    ) -> None:
        self.critic, self._fabric = critic, fabric
        self.optimiser = Optimiser(critic, config, fabric)
        self.parts = {"critic": critic, "optimiser": self.optimiser}

    def learn(self, real: Tensor, fake: Tensor, step: int, progress: float) -> float:
        """Update on `real` and `fake` `(B, C, T)` (eq. 2); returns the loss before the update."""
        judged = self.optimiser.network(torch.cat([real, fake.detach()]))
        loss = hinge_discriminator(
            [[layer[: len(real)] for layer in maps] for maps in judged],
            [[layer[len(real) :] for layer in maps] for maps in judged],
        )
        self.optimiser.update(loss, step, progress)
        return float(loss.detach())

    def judge(self, sequence: Tensor) -> Maps:
        """Feature maps of `sequence` `(B, C, T)`, for the generator's losses (eq. 3 and 4).

        Bypasses DDP: the discriminator's gradients are not needed here.
        """
        with self._fabric.autocast():
            return [[layer.float() for layer in maps] for maps in self.critic(sequence)]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Within the block nothing computes gradients of the discriminators' weights."""
        self.critic.requires_grad_(False)
        try:
            yield
        finally:
            self.critic.requires_grad_(True)
