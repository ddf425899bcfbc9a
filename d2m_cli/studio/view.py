"""A dance as a timeline shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from d2m_cli.features.motion import dance_energy, resample
from d2m_cli.output.beats import Beat, count_beats
from d2m_cli.sketch.arrangement import Stretch
from d2m_cli.types import Analysis, Events, FloatArray, FrameArray

PHRASE = 8
"""Beats of a phrase, as dancers count."""
ENERGY_RATE = 10.0
"""Steps of the energy curve a second."""


@dataclass(frozen=True)
class DanceView:
    """What a timeline shows of a dance; all times in seconds from its start."""

    seconds: float
    beats: list[Beat] = field(repr=False)
    """Each with `time`, `bar` and `beat`; beat 1 is the "one"."""
    meter: int
    """Beats in a bar."""
    tempo: float
    """Mean beats per minute."""
    candidates: list[tuple[float, float]]
    """Tempos that it may have, likeliest first: beats per minute, probability 0..1."""
    certainty: float
    """0..1: how sure the tempo is, or its half or double."""
    energy: FloatArray = field(repr=False)
    """`(T,)` 0..1 at `energy_rate`: how lively the dance is."""
    energy_rate: float
    """Steps of `energy` a second."""
    events: Events = field(repr=False)
    """Freezes and accents."""
    sections: list[Stretch] = field(repr=False)
    """Stretches without a gap: those of one letter are alike; of a dance that is one and the same
    throughout, its phrases of eight beats by number."""
    thumbnails: FrameArray | None = field(repr=False)
    """`(S, H, W, 3)` small pictures at even distances; None for a dance without a video."""

    def record(self) -> dict[str, Any]:
        """As plain data for JSON, without the pictures."""
        return {
            "seconds": self.seconds,
            "beats": [beat._asdict() for beat in self.beats],
            "meter": self.meter,
            "tempo": round(self.tempo, 3),
            "candidates": [[round(bpm, 1), round(share, 3)] for bpm, share in self.candidates],
            "certainty": round(self.certainty, 3),
            "energy": [round(float(value), 3) for value in self.energy],
            "energy_rate": self.energy_rate,
            "events": self.events.record(),
            "sections": [section.record() for section in self.sections],
        }


def view_of(analysis: Analysis) -> DanceView:
    """What a timeline shows of an analyzed dance."""
    from d2m_cli.features.rhythm import tempo_candidates

    dance, rhythm = analysis.dance, analysis.dance.rhythm
    energy = resample(dance_energy(dance.motion), dance.motion.rate, ENERGY_RATE)
    first = int(np.ceil(rhythm.phase[0]))
    beats = count_beats(rhythm.beats.tolist(), first, rhythm.meter)
    sections = [Stretch(*section) for section in dance.events.sections]
    return DanceView(
        seconds=dance.seconds,
        beats=beats,
        meter=rhythm.meter,
        tempo=rhythm.bpm,
        candidates=tempo_candidates(dance.motion),
        certainty=rhythm.certainty,
        energy=energy,
        energy_rate=ENERGY_RATE,
        events=dance.events,
        sections=sections or phrases(rhythm.beats.tolist(), first, dance.seconds),
        thumbnails=analysis.thumbnails,
    )


def phrases(beats: Sequence[float], first: int, seconds: float) -> list[Stretch]:
    """Stretches of `PHRASE` beats over a dance; beat number 0 opens one, `first` is the first's."""
    edges = [time for number, time in enumerate(beats, first) if number % PHRASE == 0]
    inner = [time for time in edges if 0.0 < time < seconds]
    bounds = [0.0, *inner, seconds]
    return [
        Stretch(start, end, str(number)) for number, (start, end) in enumerate(pairwise(bounds), 1)
    ]
