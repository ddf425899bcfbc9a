"""What crosses the rooms: small frozen records with shapes and units.

Letters: `T` time steps, `C` channels, `J` joints, `H` and `W` picture height and width in pixels.
Sample `i` of a sequence with rate `r` lies at `i / r` seconds from the start of the clip.
"""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2m_cli.spec import BEATS_PER_BAR, Level
from d2m_cli.timeline import beat_times

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
FrameArray = NDArray[np.uint8]


def file_state(path: Path) -> tuple[int, int] | None:
    """Bytes of a file and when it was last written, ns; None when it is not there."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns


@dataclass(frozen=True)
class Clip:
    """A probed video, or the part of it between `start` and `end` seconds."""

    path: Path
    duration: float
    """Seconds of picture in the whole file."""
    fps: float
    """Mean pictures per second."""
    width: int
    """Pixels, as displayed (after rotation)."""
    height: int
    rotation: int
    """Degrees clockwise that a player turns the stored picture: 0, 90, 180 or 270."""
    has_audio: bool
    start: float = 0.0
    end: float | None = None
    state: tuple[int, int] | None = None
    """What `file_state` said when the video was probed; None where nobody asked."""

    @property
    def seconds(self) -> float:
        """Length of the part in use."""
        return (self.duration if self.end is None else min(self.end, self.duration)) - self.start


@dataclass(frozen=True)
class Followed:
    """Who of the people in a video was followed."""

    shares: tuple[float, ...]
    """Share 0..1 of the pictures looked at in which each of the people was seen, from left to
    right."""
    dancer: int
    """Index of the one who was followed."""


@dataclass(frozen=True)
class Landmarks:
    """Pose of one person over time, as the estimator gave it."""

    points: FloatArray = field(repr=False)
    """`(T, 33, 4)`: x and y (right, down) and z in units of the picture's height, visibility 0..1;
    NaN in every number of a step where no person was found."""
    rate: float
    followed: Followed | None = None
    """Whose pose this is; None where no picture was looked at."""


@dataclass(frozen=True)
class Motion:
    """The dancer's movement, free of the dancer's size and place in the picture."""

    features: FloatArray = field(repr=False)
    """`(C_m, T)`, see `features.motion` for the meaning of each channel; body units, no NaN."""
    found: BoolArray = field(repr=False)
    """`(T,)`: a person was seen at this step (elsewhere the features are filled in)."""
    rate: float
    followed: Followed | None = None
    """Whose motion this is; None where no picture was looked at."""

    @property
    def share_found(self) -> float:
        """Share of steps in which a person was seen, 0..1."""
        return float(self.found.mean())


@dataclass(frozen=True)
class Visual:
    """What the pictures show: one vector per sliding window (I3D)."""

    features: FloatArray = field(repr=False)
    """`(C_v, T_v)`; vector `i` belongs to the window centred on `i / rate` seconds."""
    rate: float


@dataclass(frozen=True)
class Rhythm:
    """Tempo and beat of a dance (or of a piece of music) over time."""

    phase: FloatArray = field(repr=False)
    """`(T,)` beats since the first beat, unwrapped and rising: a beat lies at each whole number."""
    confidence: FloatArray = field(repr=False)
    """`(T,)` 0..1: how clearly the dance shows this pulse."""
    rate: float
    meter: int = BEATS_PER_BAR
    """Beats in a bar, 3 or 4; beat 0 opens one."""
    certainty: float = 1.0
    """0..1: how sure the tempo is, or its half or double; above 0.5 nine in ten are right."""

    @property
    def bpm(self) -> float:
        """Mean tempo in beats per minute."""
        return float((self.phase[-1] - self.phase[0]) / (len(self.phase) - 1) * self.rate * 60.0)

    @property
    def beats(self) -> NDArray[np.float64]:
        """`(B,)` seconds at which the phase passes a whole number."""
        return beat_times(self.phase, self.rate)


class Freeze(NamedTuple):
    """A dancer who stands still between two movements."""

    start: float
    """Seconds."""
    end: float


STRONG_ACCENT = 0.5
"""Strength from which on a viewer expects an accent to be answered."""


class Accent(NamedTuple):
    """A sudden stop or start of a dancer."""

    time: float
    """Seconds."""
    strength: float
    """0..1: change of the joints' speed against the dance's own."""


class Jump(NamedTuple):
    """A dancer whose feet leave the floor."""

    time: float
    """Seconds at which they land."""
    height: float
    """Torso lengths."""


class Drop(NamedTuple):
    """A dancer who goes down all at once."""

    time: float
    """Seconds."""


class Turn(NamedTuple):
    """A dancer who turns round, until they face the camera as before."""

    start: float
    """Seconds."""
    end: float


class DanceSection(NamedTuple):
    """A stretch of a dance, of whole phrases, in which it moves in one way."""

    start: float
    """Seconds."""
    end: float
    name: str
    """A, B, C ...: sections of one letter are alike."""


@dataclass(frozen=True)
class Events:
    """What happens in a dance besides its pulse, in the order of time."""

    freezes: tuple[Freeze, ...] = ()
    accents: tuple[Accent, ...] = ()
    jumps: tuple[Jump, ...] = ()
    drops: tuple[Drop, ...] = ()
    turns: tuple[Turn, ...] = ()
    sections: tuple[DanceSection, ...] = ()
    """Without a gap; none where the dance is one and the same throughout."""

    def record(self) -> dict[str, list[dict[str, Any]]]:
        """As plain data for JSON; milliseconds are exact enough for a camera."""
        return {
            kind.name: [
                {
                    key: value if isinstance(value, str) else round(value, 3)
                    for key, value in one._asdict().items()
                }
                for one in getattr(self, kind.name)
            ]
            for kind in fields(self)
        }


@dataclass(frozen=True)
class Dance:
    """Everything that the generator takes of a dance."""

    motion: Motion
    visual: Visual
    rhythm: Rhythm
    seconds: float
    events: Events = field(default=Events(), kw_only=True, repr=False)


@dataclass(frozen=True)
class Analysis:
    """What one look at a video gives; music for it can be made as often as is wished."""

    dance: Dance
    clip: Clip | None = None
    """The video, or the part of it; None for a prepared dance without one."""
    thumbnails: FrameArray | None = field(default=None, repr=False)
    """`(S, H, W, 3)` a few small pictures at even distances, for the plot."""
    elapsed: float = field(default=0.0, repr=False)
    """Seconds that the analysis took."""


@dataclass(frozen=True)
class Codes:
    """Music as codebook indices."""

    indices: IntArray = field(repr=False)
    """`(T,)` 0..2047."""
    level: Level
