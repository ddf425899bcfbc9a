"""The beats of a piece as a file that other programs read; the suffix names the kind.

| suffix | read by | what it holds |
|---|---|---|
| .csv | spreadsheets, scripts | `time,bar,beat`, a row a beat |
| .txt | Audacity (File > Import > Labels) | a label a beat, `bar.beat` |
| .mid | music programs | a tempo for each beat, so that bars follow it, and a click |
| .edl | DaVinci Resolve (timeline markers from EDL) | a marker a beat, times from 01:00:00:00 |
| .otio | editors that read OpenTimelineIO | a marker a beat |

Bars have four beats; a beat before bar 1 is a pickup and stands in bar 0.
"""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from d2m_cli.errors import OutputError
from d2m_cli.files import printable
from d2m_cli.output.places import finished_file
from d2m_cli.spec import BEATS_PER_BAR

_TICKS = 480
"""MIDI ticks in a quarter note, which is a beat."""

_LONGEST_TEMPO = (1 << 24) - 1
"""Microseconds a quarter that MIDI can say."""

_CLICK = 10, 76, 77
"""Number of MIDI's channel of percussion, its high and its low wood block."""


class Beat(NamedTuple):
    """One beat of the music."""

    time: float
    """Seconds from the start."""
    bar: int
    beat: int
    """Both count from 1."""

    @property
    def name(self) -> str:
        """As musicians count."""
        return f"{self.bar}.{self.beat}"


def count_beats(times: Sequence[float], first: int = 0, meter: int = BEATS_PER_BAR) -> list[Beat]:
    """Beats at `times` (seconds), counted in bars of `meter`.

    Number 0 opens bar 1, `first` is the first's.
    """
    return [
        Beat(float(time), 1 + number // meter, 1 + number % meter)
        for number, time in enumerate(times, first)
    ]


def write_beats(path: Path, times: Sequence[float], fps: float, first: int = 0) -> None:
    """Write beats at `times` (seconds) for a video of `fps` pictures per second.

    `first` is the number of the first beat: 0 opens bar 1, a negative one is a pickup.

    Raises `OutputError` for an unknown suffix, or when the file cannot be written.
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise OutputError(f"{path} has an unknown kind: choose one of {', '.join(FORMATS)}.")
    content = form(count_beats(times, first), printable(path.stem), fps)
    with finished_file(path) as draft:
        draft.write_bytes(content if isinstance(content, bytes) else content.encode())


def _csv(beats: list[Beat], title: str, fps: float) -> str:
    rows = (f"{time:.4f},{bar},{beat}" for time, bar, beat in beats)
    return "\n".join(["time,bar,beat", *rows, ""])


def _labels(beats: list[Beat], title: str, fps: float) -> str:
    return "".join(f"{beat.time:.6f}\t{beat.time:.6f}\t{beat.name}\n" for beat in beats)


def _edl(beats: list[Beat], title: str, fps: float) -> str:
    lines = [f"TITLE: {title}", "FCM: NON-DROP FRAME", ""]
    nominal = max(1, round(fps))  # frames that a second of timecode has, also at 29.97
    for number, beat in enumerate(beats, 1):
        first = round(beat.time * fps)
        span = f"{_timecode(first, nominal)} {_timecode(first + 1, nominal)}"
        colour = "Red" if beat.beat == 1 else "Blue"
        lines += [
            f"{number:03d}  001      V     C        {span} {span}",
            f" |C:ResolveColor{colour} |M:{beat.name} |D:1",
            "",
        ]
    return "\n".join(lines)


def _timecode(frame: int, nominal: int) -> str:
    second, frame = divmod(frame, nominal)
    return f"{1 + second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}:{frame:02d}"


def _otio(beats: list[Beat], title: str, fps: float) -> str:
    def time(value: float) -> dict[str, Any]:
        return {"OTIO_SCHEMA": "RationalTime.1", "rate": fps, "value": float(value)}

    markers = [
        {
            "OTIO_SCHEMA": "Marker.2",
            "name": beat.name,
            "color": "RED" if beat.beat == 1 else "BLUE",
            "marked_range": {
                "OTIO_SCHEMA": "TimeRange.1",
                "start_time": time(round(beat.time * fps)),
                "duration": time(0),
            },
            "metadata": {"d2m": {"seconds": beat.time}},
        }
        for beat in beats
    ]
    stack = {"OTIO_SCHEMA": "Stack.1", "name": "tracks", "children": [], "markers": markers}
    return json.dumps({"OTIO_SCHEMA": "Timeline.1", "name": title, "tracks": stack}, indent=1)


def _midi(beats: list[Beat], title: str, fps: float) -> bytes:
    """Format 0. What lies before the first beat is a bar of one quarter, as long as that takes."""
    events = [(0, _meta(0x03, title.encode()))]
    lead = _TICKS if beats and beats[0].time > 0 else 0
    if lead:
        events += [(0, _meta(0x58, bytes((1, 2, 24, 8)))), (0, _tempo(beats[0].time))]
    pickup = sum(beat.bar < 1 for beat in beats)
    if pickup:
        events.append((lead, _meta(0x58, bytes((pickup, 2, 24, 8)))))
    whole_bars = lead + pickup * _TICKS
    events.append((whole_bars, _meta(0x58, bytes((BEATS_PER_BAR, 2, 24, 8)))))
    for number, (one, next_one) in enumerate(pairwise(beats)):
        events.append((lead + number * _TICKS, _tempo(next_one.time - one.time)))
    channel, high, low = _CLICK
    for number, beat in enumerate(beats):
        key, start = high if beat.beat == 1 else low, lead + number * _TICKS
        events.append((start, bytes((0x90 | channel - 1, key, 100))))
        events.append((start + _TICKS // 4, bytes((0x80 | channel - 1, key, 0))))
    track, now = bytearray(), 0
    for tick, event in sorted(events, key=lambda event: event[0]):
        track += _length(tick - now) + event
        now = tick
    track += _length(0) + _meta(0x2F, b"")
    header = b"MThd" + b"".join(n.to_bytes(size, "big") for n, size in ((6, 4), (0, 2), (1, 2)))
    return header + _TICKS.to_bytes(2, "big") + b"MTrk" + len(track).to_bytes(4, "big") + track


def _tempo(seconds: float) -> bytes:
    return _meta(0x51, min(max(round(1e6 * seconds), 1), _LONGEST_TEMPO).to_bytes(3, "big"))


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _length(len(data)) + data


def _length(number: int) -> bytes:
    """A number in MIDI's seven bits a byte."""
    parts = [number & 0x7F]
    while number := number >> 7:
        parts.append(number & 0x7F | 0x80)
    return bytes(reversed(parts))


FORMATS: dict[str, Callable[[list[Beat], str, float], str | bytes]] = {
    ".csv": _csv,
    ".txt": _labels,
    ".mid": _midi,
    ".edl": _edl,
    ".otio": _otio,
}
"""Writers by suffix."""
