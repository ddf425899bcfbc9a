"""What a take is to be, and the grid of beats that follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import InputError
from d2m_cli.generation.maker import TEMPO_RANGE, require_quality
from d2m_cli.spec import METERS, Level, RenderQuality
from d2m_cli.timeline import extrapolate
from d2m_cli.types import Dance, Rhythm

TEMPO_FACTORS = {"half": 0.5, "x2": 2.0}
"""Words that a tempo may be: multiples of the dance's own."""

MOST_ENERGY = 2.0

_NUMBERS = {"seed": int, "beat_offset": float, "energy": float}


@dataclass(frozen=True)
class TakeSettings:
    """What a take is to be; what is not said, the dance decides."""

    style: str | None = None
    """A style of the bundle; None: one that fits the dance's tempo."""
    level: Level = Level.LOW
    """`low` (finer sound) or `high` (coarser codes, faster)."""
    quality: RenderQuality = RenderQuality.NORMAL
    """`draft`, `normal` or `best`."""
    seed: int = 0
    """Another seed gives another piece, the same one the same piece again."""
    tempo: float | str | None = None
    """Beats per minute (40 to 240), exactly steady; `x2` or `half`: the dance's own beats counted
    twice or half as fast; None: the dance's own."""
    beat_offset: float = 0.0
    """Seconds by which the beats lie later than the dance's own (negative: earlier). A whole beat
    more moves the "one" to the next beat."""
    meter: int | None = None
    """Beats in a bar of the dance, 3 or 4; None: the dance's own count."""
    energy: float = 1.0
    """0..2: how lively the score takes the dance to be, against what it is; 0 is calm."""

    def __post_init__(self) -> None:
        """Take plain words for levels and qualities; refuse what is out of range."""
        for name, kind in _NUMBERS.items():
            object.__setattr__(self, name, _number(name, getattr(self, name), kind))
        if str(self.level) not in [str(one) for one in Level]:
            raise InputError(f"Unknown level '{self.level}': choose {' or '.join(Level)}.")
        object.__setattr__(self, "level", Level(self.level))
        object.__setattr__(self, "quality", require_quality(self.quality))
        if self.seed < 0:
            raise InputError(f"Seed {self.seed} is negative: give 0 or more.")
        if self.tempo is not None and self.tempo not in TEMPO_FACTORS:
            object.__setattr__(self, "tempo", _number("tempo", self.tempo, float))
            _require_tempo(float(self.tempo))
        if self.meter is not None and self.meter not in METERS:
            raise InputError(f"A bar of {self.meter} beats is unknown here: choose 3 or 4.")
        if not 0.0 <= self.energy <= MOST_ENERGY:
            raise InputError(f"Energy {self.energy:g} is not in 0 to {MOST_ENERGY:g}.")
        if not isinstance(self.style, str | None):
            raise InputError("The style is not a word: give one of the bundle's styles.")

    def record(self) -> dict[str, Any]:
        """As plain data for JSON; `of` reads it."""
        return asdict(self)

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> TakeSettings:
        """Settings of plain data; what is missing is the default.

        Raises `InputError` for a key that is unknown or a value out of its range.
        """
        unknown = set(record) - {field.name for field in fields(cls)}
        if unknown:
            raise InputError(f"Unknown setting '{min(unknown)}': see TakeSettings for all of them.")
        return cls(**record)

    @property
    def grid(self) -> tuple[Any, ...]:
        """What decides where the beats lie: takes of one grid can share stretches."""
        return self.tempo, self.beat_offset, self.meter


def rhythm_for(dance: Dance, settings: TakeSettings) -> Rhythm:
    """The grid of beats that a take with `settings` has for a dance.

    Raises `InputError` where its tempo would be out of range.
    """
    from d2m_cli.features.rhythm import estimate_rhythm, multiplied

    rhythm = dance.rhythm
    bpm = settings.tempo if isinstance(settings.tempo, float) else None
    if bpm is not None or settings.meter is not None:
        rhythm = estimate_rhythm(dance.motion, bpm, None, settings.meter)
    if isinstance(settings.tempo, str):
        rhythm = multiplied(rhythm, TEMPO_FACTORS[settings.tempo])
        _require_tempo(rhythm.bpm)
    return moved(rhythm, settings.beat_offset)


def moved(rhythm: Rhythm, seconds: float) -> Rhythm:
    """The same pulse, `seconds` later; bars open on the same beats, which are later, too."""
    if not seconds:
        return rhythm
    found = phase_at(rhythm, np.arange(len(rhythm.phase)) / rhythm.rate - seconds)
    found -= rhythm.meter * np.ceil(found[0] / rhythm.meter)
    return replace(rhythm, phase=found.astype(np.float32))


def phase_at(rhythm: Rhythm, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Beats `(N,)` at `times` `(N,)` seconds; beyond its ends the pulse keeps its last pace."""
    phase = rhythm.phase.astype(np.float64)
    known = np.arange(len(phase)) / rhythm.rate
    ends = (1.0 / rhythm.rate / (phase[i + 1] - phase[i]) for i in (0, len(phase) - 2))
    return extrapolate(times, known, phase, *ends)


def seconds_at(rhythm: Rhythm, beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds `(N,)` at which the pulse reaches `beats` `(N,)`: the other way round."""
    phase = rhythm.phase.astype(np.float64)
    ends = phase[1] - phase[0], phase[-1] - phase[-2]
    return extrapolate(beats, phase, np.arange(len(phase)), *ends) / rhythm.rate


def _require_tempo(bpm: float) -> None:
    low, high = TEMPO_RANGE
    if not low <= bpm <= high:
        raise InputError(f"Tempo {bpm:g} is not in {low:g} to {high:g} beats per minute.")


def _number(name: str, value: Any, kind: type[int] | type[float]) -> int | float:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or not np.isfinite(value) or kind(value) != value:
        word = "a whole number" if kind is int else "a number"
        raise InputError(f"The setting {name} is '{value}': give {word}.")
    return kind(value)
