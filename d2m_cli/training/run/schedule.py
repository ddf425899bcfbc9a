"""Learning rates over a run: warm-up, a constant stretch, a cosine decay."""

import math
from dataclasses import dataclass


def rate_share(
    step: int, progress: float, warm_up_steps: int, constant_until: float = 0.0, final: float = 1.0
) -> float:
    """Share of the full rate in a step, at `progress` 0..1 of the schedule.

    `constant_until` is the `progress` at which a cosine begins, `final` the share left at its end.
    """
    warm = min(1.0, (step + 1) / warm_up_steps)
    if progress < constant_until:
        return warm
    turn = math.pi * (progress - constant_until) / (1 - constant_until)
    return warm * (final + (1 - final) * (1 + math.cos(turn)) / 2)


@dataclass(frozen=True)
class OptimiserSettings:
    """Adam with warm-up, a constant stretch and a cosine decay."""

    rate: float = 2e-3
    betas: tuple[float, ...] = (0.9, 0.98)
    warm_up_steps: int = 100
    constant_until: float = 0.3
    """Share of the schedule."""
    final: float = 0.05
    """Share of `rate` left at the end."""
    clip: float = 1.0

    def rate_at(self, step: int, progress: float) -> float:
        """Learning rate of a step, at `progress` 0..1 of the schedule."""
        share = rate_share(step, progress, self.warm_up_steps, self.constant_until, self.final)
        return self.rate * share
