"""Puts parts of a new piece in the place of an old one's: sketch, notes, sections and chords.

Both pieces lie on the same beats. `spans` are the parts, in seconds, apart and in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from d2m_cli.sketch.arrange import Sketch
from d2m_cli.sketch.arrangement import Arrangement, Stretch, joined
from d2m_cli.sketch.notes import Note, Part
from d2m_cli.spec import DRUM_RATE, SIXTEENTHS_PER_BEAT
from d2m_cli.studio.settings import phase_at
from d2m_cli.studio.spans import ALWAYS, Span, without
from d2m_cli.studio.takes import Score
from d2m_cli.types import Rhythm


def joined_sketch(
    old: Sketch, new: Sketch, spans: Sequence[Span], arrangement: Arrangement
) -> Sketch:
    """The old sketch, with the sixteenths and drum onsets of the new one in the spans."""
    inside = _inside(old.partials.times, spans)[:, None]
    partials = replace(
        old.partials,
        pitch=np.where(inside, new.partials.pitch, old.partials.pitch),
        level=np.where(inside, new.partials.level, old.partials.level),
        phase=np.where(inside, new.partials.phase, old.partials.phase),
    )
    steps = np.arange(old.drum_onsets.shape[1]) / DRUM_RATE
    onsets = np.where(_inside(steps, spans), new.drum_onsets, old.drum_onsets)
    notes = None
    if old.notes is not None and new.notes is not None:
        kept, added = old.notes[0], new.notes[0]
        both = old.notes[:, ~_inside(kept, spans)], new.notes[:, _inside(added, spans)]
        notes = np.concatenate(both, axis=1)
    return Sketch(partials, onsets, arrangement, notes)


def joined_notes(old: Score, new: Score, rhythm: Rhythm, spans: Sequence[Span]) -> Score:
    """The old notes outside the spans and the new ones in them, cut where they cross an edge."""
    bounds = phase_at(rhythm, np.array(spans)) * SIXTEENTHS_PER_BEAT - old.first
    parts = [Span(start, end) for start, end in bounds.tolist()]
    notes = [*_cut(old.notes, rest_of(parts)), *_cut(new.notes, parts)]
    notes.sort(key=lambda note: (note.start, note.part, note.pitch))
    return old._replace(notes=tuple(notes))


def joined_arrangement(old: Arrangement, new: Arrangement, spans: Sequence[Span]) -> Arrangement:
    """The old one, with sections, chords and pauses of the new one in the spans."""
    rest = rest_of(spans)

    def mixed(kept: Sequence[Stretch], other: Sequence[Stretch]) -> tuple[Stretch, ...]:
        return joined(sorted([*_clipped(kept, rest), *_clipped(other, spans)]))

    pauses = mixed(_stretches(old.pauses), _stretches(new.pauses))
    return replace(
        old,
        sections=mixed(old.sections, new.sections),
        chords=mixed(old.chords, new.chords),
        pauses=tuple((pause.start, pause.end) for pause in pauses),
    )


def rest_of(spans: Sequence[Span]) -> list[Span]:
    """All that lies outside of spans."""
    return without([ALWAYS], *spans)


def _inside(times: NDArray[np.float64], spans: Sequence[Span]) -> NDArray[np.bool_]:
    found = np.zeros(len(times), bool)
    for span in spans:
        found |= (times >= span.start) & (times < span.end)
    return found


def _stretches(pauses: Sequence[tuple[float, float]]) -> list[Stretch]:
    return [Stretch(start, end, "") for start, end in pauses]


def _clipped(stretches: Sequence[Stretch], spans: Sequence[Span]) -> list[Stretch]:
    """The parts of stretches that lie in spans."""
    parts = [
        Stretch(max(one.start, span.start), min(one.end, span.end), one.name)
        for one in stretches
        for span in spans
    ]
    return [part for part in parts if part.end > part.start]


def _cut(notes: Sequence[Note], spans: Sequence[Span]) -> list[Note]:
    """The parts of notes that lie in spans (sixteenths); a stroke lies where it begins."""
    found = []
    for note in notes:
        for span in spans:
            start, end = max(note.start, span.start), min(note.start + note.length, span.end)
            begins = span.start <= note.start < span.end
            if begins and (note.part is Part.DRUMS or end == note.start + note.length):
                found.append(note)
            elif note.part is not Part.DRUMS and end > start:
                found.append(note._replace(start=start, length=end - start))
    return found
