"""How one piece answers the events and the energy of one dance (`metrics.answers`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from d2m_cli.evaluation.record import DanceAnswers
from d2m_cli.metrics.answers import (
    accent_response,
    busyness,
    correlation_with_energy,
    freeze_contrast,
    loudness,
)
from d2m_cli.metrics.statistics import mean
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import STRONG_ACCENT, Events, FloatArray


@dataclass(frozen=True)
class HeardPiece:
    """A piece, with the curves that are compared with a dance's energy."""

    samples: FloatArray
    busyness: NDArray[np.float64]
    loudness: NDArray[np.float64]

    @classmethod
    def of(cls, samples: FloatArray) -> HeardPiece:
        """Of samples `(N,)` at `SAMPLE_RATE`."""
        return cls(samples, busyness(samples), loudness(samples))


def answers_to(events: Events, energy: FloatArray | None, piece: HeardPiece) -> DanceAnswers:
    """Of a piece to a dance with these events and this energy `(T,)`."""
    strong = [accent.time for accent in events.accents if accent.strength >= STRONG_ACCENT]
    strong += [jump.time for jump in events.jumps]

    def follows(curve: NDArray[np.float64]) -> float | None:
        return None if energy is None else correlation_with_energy(curve, energy, MOTION_RATE)

    return {
        "freeze_contrast": freeze_contrast(piece.samples, events.freezes),
        "accent_response": accent_response(piece.samples, strong),
        "busyness": follows(piece.busyness),
        "loudness": follows(piece.loudness),
    }


def mean_answers(answers: Sequence[DanceAnswers]) -> DanceAnswers:
    """Means over the answers that have a figure."""
    return {
        "freeze_contrast": mean(one["freeze_contrast"] for one in answers),
        "accent_response": mean(one["accent_response"] for one in answers),
        "busyness": mean(one["busyness"] for one in answers),
        "loudness": mean(one["loudness"] for one in answers),
    }
