"""Stretches of a take: joined, cut out of one another, checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from d2m_cli.errors import InputError

if TYPE_CHECKING:
    from d2m_cli.studio.takes import Take


class Span(NamedTuple):
    """A stretch of a take."""

    start: float
    """Seconds."""
    end: float


ALWAYS = Span(-1e9, 1e9)
"""All of a piece, with what begins before it or ends after it."""


def within(take: Take, start: float, end: float | None) -> Span:
    """The stretch from `start` to `end` seconds of a take; None means its end.

    Raises `InputError` for one that is empty or outside the take.
    """
    last = take.seconds if end is None else end
    if not (math.isfinite(start) and math.isfinite(last)):
        raise InputError("A stretch has no end or no start: give seconds.")
    found = Span(max(start, 0.0), min(last, take.seconds))
    if found.start >= found.end:
        raise InputError(
            f"From {start:g} to {last:g} s there is nothing of {take.id}, which lasts "
            f"{take.seconds:.2f} s: give another stretch."
        )
    return found


def joined(spans: Sequence[Span], new: Span) -> list[Span]:
    """Spans that lie apart, with one more: those that it meets become one with it."""
    apart = [one for one in spans if one.end < new.start or new.end < one.start]
    met = [one for one in spans if one not in apart] + [new]
    whole = Span(min(one.start for one in met), max(one.end for one in met))
    return sorted([*apart, whole])


def without(spans: Sequence[Span], *cuts: Span) -> list[Span]:
    """What is left of spans when `cuts` are taken out of them."""
    left = list(spans)
    for cut in cuts:
        parts = [
            Span(max(one.start, start), min(one.end, end))
            for one in left
            for start, end in ((one.start, cut.start), (cut.end, one.end))
        ]
        left = [one for one in parts if one.end > one.start]
    return left
