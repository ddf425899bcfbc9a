"""Beats and notes as a standard MIDI file.

A quarter note is a beat, and every beat has a tempo of its own, in microseconds, so that bars
follow the dance. What lies before the first beat is a bar of one quarter, as long as that takes.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import mido

    from d2m_cli.output.beats import Timeline

TICKS = 480
"""Of a quarter note, which is a beat."""
PERCUSSION = 9
"""Number of MIDI's channel of percussion, counted from 0."""

_LONGEST_TEMPO = (1 << 24) - 1
"""Microseconds a quarter that MIDI can say."""
_HIGH, _LOW, _CLICK_SECONDS = 76, 77, 0.1
"""Wood blocks that click on the first beat of a bar and on the others, and how long."""

Event = tuple[int, Any]
"""A tick, and the message of mido that comes then."""
ToTicks = Callable[[NDArray[np.float64]], NDArray[np.int64]]
"""Ticks `(N,)` of seconds `(N,)`."""


class Played(NamedTuple):
    """A note or a drum stroke."""

    start: float
    """Seconds from the start."""
    end: float
    key: int
    """MIDI number."""
    velocity: float
    """0..1."""


class Voice(NamedTuple):
    """Notes of one instrument; a track of its own."""

    name: str
    channel: int
    """0..15."""
    program: int | None
    """General MIDI's instrument; None for percussion."""
    notes: Sequence[Played]


def midi_file(timeline: Timeline, title: str) -> bytes:
    """A MIDI file of one track with a click, or of a track for each voice behind one of tempos."""
    import mido

    ticks = _ticks(timeline)
    voices = list(timeline.voices) or [_click(timeline)]
    tracks = [_events_of(voice, ticks) for voice in voices]
    tempos = [(0, mido.MetaMessage("track_name", name=title)), *_tempos(timeline)]
    tempos += [
        (int(ticks(np.array([stretch.start]))[0]), mido.MetaMessage("marker", text=stretch.name))
        for stretch in timeline.stretches
    ]
    if not timeline.voices:
        tempos, tracks = [*tempos, *tracks[0]], []
    file = mido.MidiFile(type=1 if timeline.voices else 0, ticks_per_beat=TICKS, charset="utf-8")
    file.tracks = [track_of(events) for events in (tempos, *tracks)]
    written = io.BytesIO()
    file.save(file=written)
    return written.getvalue()


def track_of(events: Sequence[Event]) -> mido.MidiTrack:
    """A track of messages at ticks; of those at one tick the first given come first."""
    import mido

    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda event: event[0]):
        track.append(message.copy(time=tick - now))
        now = tick
    return track


def notes_of(notes: Sequence[tuple[int, int, int, float]], channel: int) -> list[Event]:
    """Messages of notes (first tick, last tick, key, velocity 0..1); what ends goes first."""
    import mido

    found: list[Event] = []
    for start, end, key, velocity in notes:
        force = max(1, min(127, round(127 * velocity)))
        on = mido.Message("note_on", channel=channel, note=key, velocity=force)
        found.append((start, on))
        off = mido.Message("note_off", channel=channel, note=key, velocity=0)
        found.append((max(end, start + 1), off))
    found.sort(key=lambda event: (event[0], event[1].type == "note_on", event[1].note))
    return found


def _tempos(timeline: Timeline) -> list[Event]:
    """Tempos and meters; the pickup is a bar of its own, too."""
    import mido

    def meter(beats: int) -> mido.MetaMessage:
        return mido.MetaMessage("time_signature", numerator=beats, denominator=4)

    def tempo(seconds: float) -> mido.MetaMessage:
        quarter = min(max(round(1e6 * seconds), 1), _LONGEST_TEMPO)
        return mido.MetaMessage("set_tempo", tempo=quarter)

    beats, lead = timeline.beats, _lead(timeline)
    events: list[Event] = []
    if lead:
        events += [(0, meter(1)), (0, tempo(beats[0].time))]
    pickup = sum(beat.bar < 1 for beat in beats)
    if pickup:
        events.append((lead, meter(pickup)))
    events.append((lead + pickup * TICKS, meter(timeline.meter)))
    for number, (one, next_one) in enumerate(pairwise(beats)):
        events.append((lead + number * TICKS, tempo(next_one.time - one.time)))
    return events


def _lead(timeline: Timeline) -> int:
    """Ticks before the first beat."""
    return TICKS if timeline.beats and timeline.beats[0].time > 0 else 0


def _ticks(timeline: Timeline) -> ToTicks:
    """A function from seconds `(N,)` to ticks `(N,)`, by the tempos of the file."""
    times = [beat.time for beat in timeline.beats]
    ticks = [_lead(timeline) + number * TICKS for number in range(len(times))]
    if not times or times[0] > 0:
        times, ticks = [0.0, *times], [0, *ticks]
    pace = TICKS / (times[-1] - times[-2]) if len(times) > 1 else 2.0 * TICKS

    def at(seconds: NDArray[np.float64]) -> NDArray[np.int64]:
        beyond = np.maximum(seconds - times[-1], 0.0) * pace
        found: NDArray[np.int64] = np.rint(np.interp(seconds, times, ticks) + beyond).astype(int)
        return found

    return at


def _click(timeline: Timeline) -> Voice:
    notes = [
        Played(b.time, b.time + _CLICK_SECONDS, _HIGH if b.beat == 1 else _LOW, 100 / 127)
        for b in timeline.beats
    ]
    return Voice("click", PERCUSSION, None, notes)


def _events_of(voice: Voice, ticks: ToTicks) -> list[Event]:
    import mido

    heard = [note for note in voice.notes if note.end > 0]
    starts, ends = (ticks(np.array([note[i] for note in heard])) for i in (0, 1))
    rows = [
        (int(start), int(end), note.key, note.velocity)
        for start, end, note in zip(starts, ends, heard, strict=True)
    ]
    events: list[Event] = [(0, mido.MetaMessage("track_name", name=voice.name))]
    if voice.program is not None:
        change = mido.Message("program_change", channel=voice.channel, program=voice.program)
        events.append((0, change))
    return [*events, *notes_of(rows, voice.channel)]
