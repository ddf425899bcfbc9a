"""The grid of sixteenths on which a dance's music is written, and what of the dance lies where.

Letters: `S` sixteenths of the piece, `T` steps of the rhythm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.answer import LANDING, Heard
from d2m_cli.sketch.plan import Plan, plan_piece
from d2m_cli.spec import SIXTEENTHS_PER_BEAT
from d2m_cli.timeline import extrapolate
from d2m_cli.types import Events, FloatArray, Rhythm

RINGING_SECONDS = 0.5
"""The closing chord is struck on the last beat that leaves it so long to ring."""


@dataclass(frozen=True)
class Grid:
    """Where the sixteenths of a piece lie."""

    rhythm: Rhythm
    meter: int
    first: int
    """Sixteenths from beat 0 of the rhythm to the first of the piece."""
    count: int
    close: int
    """Sixteenth of the piece on which its closing chord is struck."""

    @classmethod
    def of(cls, rhythm: Rhythm, meter: int) -> Grid:
        """The grid of a dance with `rhythm`, for music of `meter` beats in a bar."""
        first = int(np.floor(rhythm.phase[0])) * SIXTEENTHS_PER_BEAT
        last = int(np.ceil(rhythm.phase[-1])) * SIXTEENTHS_PER_BEAT
        closing = max(len(rhythm.phase) - 1 - round(RINGING_SECONDS * rhythm.rate), 0)
        close = int(np.floor(rhythm.phase[closing])) * SIXTEENTHS_PER_BEAT - first
        return cls(rhythm, meter, first, last - first, max(0, close))

    @property
    def bar(self) -> int:
        """Sixteenths of a bar."""
        return self.meter * SIXTEENTHS_PER_BEAT

    def seconds(self, steps: NDArray[np.floating | np.integer]) -> NDArray[np.float64]:
        """Times `(N,)` of places `(N,)` in sixteenths of the piece; the dance begins at 0.

        Beyond the ends of the rhythm its phase goes on at its last pace.
        """
        phase = self.rhythm.phase.astype(np.float64)
        ends = phase[1] - phase[0], phase[-1] - phase[-2]
        beats = (self.first + steps) / SIXTEENTHS_PER_BEAT
        return extrapolate(beats, phase, np.arange(len(phase)), *ends) / self.rhythm.rate

    def place(self, seconds: float) -> float:
        """Sixteenth of the piece at a time of the dance."""
        phase = self.rhythm.phase
        step = np.interp(seconds * self.rhythm.rate, np.arange(len(phase)), phase)
        return float(step) * SIXTEENTHS_PER_BEAT - self.first

    def curve(self, values: FloatArray) -> NDArray[np.float64]:
        """A curve of the dance `(T,)` at the middles of the sixteenths, `(S,)`."""
        middles = self.seconds(np.arange(self.count) + 0.5)
        return np.interp(middles, np.arange(len(values)) / self.rhythm.rate, values)

    def plan(self, events: Events) -> Plan:
        """The plan of a piece whose sections are the dance's."""
        sections = [
            ((self.first + self.place(section.start)) / self.bar, section.name)
            for section in events.sections
        ]
        return plan_piece(
            sections, self.first // self.bar, -(-(self.first + self.close) // self.bar)
        )

    def heard(self, events: Events, lively: NDArray[np.float64], limbs: FloatArray | None) -> Heard:
        """The dance's events in sixteenths; `limbs` `(2, T)` is the energy of arms and legs."""
        arms, legs = (
            (lively, lively)
            if limbs is None
            else ((lively + self.curve(limb)) / 2 for limb in limbs)
        )
        place = self.place
        return Heard(
            arms,
            legs,
            [(place(freeze.start), place(freeze.end)) for freeze in events.freezes],
            [(place(accent.time), accent.strength) for accent in events.accents]
            + [(place(jump.time), LANDING) for jump in events.jumps]
            + [(place(drop.time), LANDING) for drop in events.drops],
            [(place(turn.start), place(turn.end)) for turn in events.turns],
        )
