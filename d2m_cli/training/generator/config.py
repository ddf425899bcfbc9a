"""Settings of the stage "generator"; the defaults are the paper's (4.1)."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from d2m_cli.data.pairs.examples import PairSettings
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.motion import channel_names
from d2m_cli.features.style import CHANNELS as STYLE_CHANNELS
from d2m_cli.models.discriminator import PAPER_CHANNELS
from d2m_cli.models.vq_generator import GeneratorShape, GeneratorSizes
from d2m_cli.spec import SEGMENT_SECONDS, Level
from d2m_cli.training.generator.losses import LossWeights
from d2m_cli.training.run.loop import LoopSettings
from d2m_cli.training.run.optimiser import OptimiserConfig


@dataclass(frozen=True)
class DiscriminatorSettings:
    """Shape of the discriminators (table 11), and how they are trained."""

    channels: tuple[int, ...] = PAPER_CHANNELS
    scales: int = 3
    reshape: bool = True
    """Lay the VQ features end to end in time on one channel (figure 3)."""
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)


@dataclass(frozen=True)
class GeneratorConfig:
    """Everything that decides the outcome of the stage."""

    codec: Path
    """Weights of the codec's level, from the codec stage."""
    level: Level = Level.HIGH
    seed: int = 0
    start: Path | None = None
    """Weights of a trained generator to go on from, and"""
    start_codec: Path | None = None
    """the codec that it was trained on, if that was another (`generator.new_codec`)."""
    pairs: PairSettings = field(default_factory=PairSettings)
    visual: VisualSettings = field(default_factory=VisualSettings)
    batch: int = 16
    """Of each process."""
    seconds: float = SEGMENT_SECONDS
    heard_seconds: float = SEGMENT_SECONDS
    """Length of the random part of each segment that wave and mel losses are computed on."""
    adversary_from: float = 0.0
    """Share of the schedule before which the generator learns without discriminators."""
    average: float = 0.999
    """Decay of the moving average of the generator's weights, which is what is exported."""
    validation_segments: int = 16
    losses: LossWeights = field(default_factory=LossWeights)
    sizes: GeneratorSizes = field(default_factory=GeneratorSizes)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    discriminator: DiscriminatorSettings = field(default_factory=DiscriminatorSettings)
    loop: LoopSettings = field(default_factory=LoopSettings)


def generator_shape(training: GeneratorConfig) -> GeneratorShape:
    """Settings of the generator that the stage trains, as a bundle keeps them."""
    return GeneratorShape(
        level=training.level,
        motion_channels=len(channel_names()),
        visual_channels=training.visual.channels,
        visual_rate=training.visual.rate,
        style_channels=STYLE_CHANNELS,
        **asdict(training.sizes),
    )
