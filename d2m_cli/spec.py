"""Every rate and length of the system, from a few constants (paper 3.2, 4.1, app. B).

Convention for every sequence in the project: sample `i` of a sequence with rate `r` (1/s) lies at
time `i / r` seconds from the start of the clip.
"""

from enum import StrEnum

SAMPLE_RATE = 22050
"""Hz, mono, of all music inside the system (paper 4.1 and app. B)."""

CODE_DIM = 64
"""Numbers in one codebook entry, and channels of a VQ latent (paper app. B)."""

CODEBOOK_SIZE = 2048
"""Entries of each level's codebook (JukeBox)."""

SIGMA = 100.0
"""Scale of the generator's tanh output (paper 3.2)."""

SEGMENT_SECONDS = 2.0
"""Length of a training segment (paper 4.1)."""

FRAME_RATE = 30.0
"""Pictures per second that leave `ingest`, whatever the rate of the video."""

MOTION_RATE = 30.0
"""Motion samples per second (`Motion.rate`)."""

NOISE_CHANNELS = 8
NOISE_RATE = 20.0
"""Noise vectors per second: fast enough for the texture of a single stroke, slow against codes."""

DRUM_HOP = 256
DRUM_RATE = SAMPLE_RATE / DRUM_HOP
"""Steps per second of the curves of drum onsets in a sketch."""

BEATS_PER_BAR = 4
METERS = (3, BEATS_PER_BAR)
"""Beats that a bar may have."""

SIXTEENTHS_PER_BEAT = 4


class Level(StrEnum):
    """Abstraction level of the music codes (paper 3, app. B)."""

    HIGH = "high"
    LOW = "low"

    @property
    def number(self) -> int:
        """JukeBox's number of the level: 0 bottom (hop 8), 1 middle, 2 top."""
        return 2 if self is Level.HIGH else 1

    @property
    def hop(self) -> int:
        """Audio samples per code."""
        return HOPS[self.number]

    @property
    def code_rate(self) -> float:
        """Codes per second (172.3 for high, 689.1 for low)."""
        return SAMPLE_RATE / self.hop


class RenderQuality(StrEnum):
    """How often a masked generator goes over its codes."""

    DRAFT = "draft"
    NORMAL = "normal"
    BEST = "best"

    @property
    def passes(self) -> int:
        """Passes of `generation.masked_sampling`; 1 draws all codes at once."""
        return {RenderQuality.DRAFT: 1, RenderQuality.NORMAL: 4, RenderQuality.BEST: 12}[self]


class Composing(StrEnum):
    """Who writes the sketch of a piece."""

    RULES = "rules"
    """Rules of its style, as data."""
    LEARNED = "learned"
    """A network that has learned from sketches of real music."""


HOPS = (8, 32, 128)
"""Audio samples per code of JukeBox's bottom, middle and top level (paper app. B)."""


def code_count(seconds: float, level: Level) -> int:
    """Whole codes in `seconds` of music: 344 (high) and 1378 (low) for the paper's 2 s."""
    return int(seconds * SAMPLE_RATE) // level.hop
