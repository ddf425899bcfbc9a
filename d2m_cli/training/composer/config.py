"""Settings of the stage "composer"."""

from dataclasses import dataclass, field

from d2m_cli.data.pairs.music_crops import MusicSettings
from d2m_cli.training.run.loop import LoopSettings
from d2m_cli.training.run.optimiser import OptimiserConfig

FROM_SCRATCH = OptimiserConfig(
    rate=1e-3, betas=(0.9, 0.98), constant_until=0.3, final=0.05, clip=1.0
)


@dataclass(frozen=True)
class ComposerSizes:
    """Sizes of the network that a recipe may choose."""

    embedded: int = 128
    hidden: int = 320
    chained: int = 64
    copied: int = 16


@dataclass(frozen=True)
class ComposerConfig:
    """Everything that decides the outcome of the stage."""

    seed: int = 0
    music: MusicSettings = field(default_factory=MusicSettings)
    batch: int = 16
    """Of each process."""
    sixteenths: int = 128
    """Length of a training crop."""
    style_noise: float = 0.5
    """Standard deviation of what is added to the normalised style, so that it names no piece."""
    dropout: float = 0.1
    """Share of a frame's numbers that are hidden from the network."""
    validation_crops: int = 64
    sizes: ComposerSizes = field(default_factory=ComposerSizes)
    optimiser: OptimiserConfig = FROM_SCRATCH
    loop: LoopSettings = field(default_factory=LoopSettings)
