"""Settings of the stage "synthesizer"; the defaults are the paper's (3.4, 4.1)."""

from dataclasses import dataclass, field
from pathlib import Path

from d2m_cli.data.pairs.music_crops import MusicSettings
from d2m_cli.losses.reconstruction import SpectralWeights
from d2m_cli.spec import SEGMENT_SECONDS, Level
from d2m_cli.training.codec.validation import CROPS
from d2m_cli.training.generator.config import DiscriminatorSettings
from d2m_cli.training.run.loop import LoopSettings
from d2m_cli.training.run.optimiser import OptimiserConfig
from d2m_cli.training.synthesizer.generated_codes import CodesSettings

FINE_TUNING = OptimiserConfig(rate=1e-5)


@dataclass(frozen=True)
class SynthesizerWeights:
    """Weights of the terms; the paper gives none for this stage: these are equation 8's."""

    adversarial: float = 1.0
    feature_matching: float = 3.0
    wave: float = 40.0
    mel: float = 15.0
    spectral: float = 0.0
    """Beyond the paper: the codec stage's multi-resolution loss."""


@dataclass(frozen=True)
class SynthesizerConfig:
    """Everything that decides the outcome of the stage; the defaults are the paper's (4.1)."""

    codec: Path
    """Weights of the codec's level, from the codec stage (or JukeBox's, converted)."""
    level: Level = Level.HIGH
    seed: int = 0
    music: MusicSettings = field(default_factory=MusicSettings)
    generated: CodesSettings = field(default_factory=CodesSettings)
    batch: int = 16
    """Of each process."""
    seconds: float = SEGMENT_SECONDS
    peaks: tuple[float, ...] = (0.06, 0.9)
    """Crops are brought to a peak in this range, more often to a loud one (`MusicCrops`)."""
    first_stage: int = 0
    """Outermost halving whose decoder is trained: a codec of this project keeps the outer ones as a
    plain wavelet tree, which costs next to nothing while it stays that."""
    average: float = 0.999
    """Decay of the moving average of the decoder's weights, which is what is exported."""
    validation_crops: int = CROPS
    losses: SynthesizerWeights = field(default_factory=SynthesizerWeights)
    spectrum: SpectralWeights = field(default_factory=SpectralWeights)
    """Of the parts of the spectral term."""
    optimiser: OptimiserConfig = FINE_TUNING
    discriminator: DiscriminatorSettings = field(
        default_factory=lambda: DiscriminatorSettings(optimiser=FINE_TUNING)
    )
    loop: LoopSettings = field(default_factory=LoopSettings)
