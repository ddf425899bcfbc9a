"""Settings of the stage "codec"."""

from dataclasses import dataclass, field
from pathlib import Path

from d2m_cli.data.pairs.music_crops import MusicSettings
from d2m_cli.losses.reconstruction import SpectralWeights
from d2m_cli.spec import Level
from d2m_cli.training.codec.validation import CROPS
from d2m_cli.training.run.loop import LoopSettings
from d2m_cli.training.run.optimiser import OptimiserConfig

FROM_SCRATCH = OptimiserConfig(
    rate=2e-3, betas=(0.9, 0.98), constant_until=0.3, final=0.05, clip=1.0
)


@dataclass(frozen=True)
class CodecConfig:
    """Everything that decides the outcome of the stage."""

    level: Level = Level.HIGH
    seed: int = 0
    start: Path | None = None
    """Weights of a trained codec to go on from, in place of the wavelet tree."""
    music: MusicSettings = field(default_factory=MusicSettings)
    batch: int = 4
    """Of each process."""
    samples: int = 16384
    """Length of a training crop."""
    peaks: tuple[float, ...] = (0.06, 0.9)
    """Crops are brought to a peak in this range, more often to a loud one (`MusicCrops`)."""
    first_stage: int = 3
    """First halving that is trained; those outside stay the wavelet tree."""
    unfreeze_at: tuple[float, ...] = ()
    """Shares of the schedule at which one further outer stage is trained."""
    gain_exponent: float = 0.5
    probe_crops: int = 48
    probe_samples: int = 32768
    kmeans_vectors: int = 25_000
    codebook_decay: float = 0.99
    commitment: float = 3.0
    validation_crops: int = CROPS
    loss: SpectralWeights = field(default_factory=SpectralWeights)
    optimiser: OptimiserConfig = FROM_SCRATCH
    loop: LoopSettings = field(default_factory=LoopSettings)
