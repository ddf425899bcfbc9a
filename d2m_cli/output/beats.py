"""The beats of a piece as a file that other programs read; the suffix names the kind.

| suffix | read by | what it holds |
|---|---|---|
| .csv | spreadsheets, scripts | `time,bar,beat`, a row a beat |
| .txt | Audacity (File > Import > Labels) | a label a beat, `bar.beat` |
| .mid | music programs | a tempo for each beat, so that bars follow it, and a click |
| .edl | DaVinci Resolve (timeline markers from EDL) | a marker a beat, times from 01:00:00:00 |
| .otio | editors that read OpenTimelineIO | a marker a beat |

A beat before bar 1 is a pickup and stands in bar 0. Stretches that a piece may be divided into
(sections) come as labels and markers of some length, and in a column of the table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from d2m_cli.errors import OutputError
from d2m_cli.files import printable
from d2m_cli.output.places import finished_file
from d2m_cli.spec import BEATS_PER_BAR

if TYPE_CHECKING:
    from d2m_cli.output.midi import Voice


_BLUR = 4e-4
"""Relative distance of a mean rate from the nominal one; 29.97 and 30 lie 1e-3 apart."""


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


class Named(NamedTuple):
    """A stretch of a piece, a section for instance."""

    start: float
    """Seconds."""
    end: float
    name: str


@dataclass(frozen=True)
class Timeline:
    """What is known of a piece besides its sound."""

    beats: Sequence[Beat]
    meter: int = BEATS_PER_BAR
    """Beats in a bar."""
    stretches: Sequence[Named] = ()
    voices: Sequence[Voice] = ()
    """Its notes; a file of notes has a click without them."""


class _Marker(NamedTuple):
    """A moment or a stretch with a name; beats are moments."""

    start: float
    end: float
    name: str
    colour: str


def write_beats(
    path: Path, times: Sequence[float], fps: float, first: int = 0, meter: int = BEATS_PER_BAR
) -> None:
    """Write beats at `times` (seconds) for a video of `fps` pictures per second.

    `first` is the number of the first beat: 0 opens bar 1, a negative one is a pickup; a bar has
    `meter` beats.

    Raises `OutputError` for an unknown suffix, or when the file cannot be written.
    """
    write_timeline(path, Timeline(count_beats(times, first, meter)), fps)


def write_timeline(path: Path, timeline: Timeline, fps: float) -> None:
    """Write what is known of a piece for a video of `fps` pictures per second.

    Raises `OutputError` for an unknown suffix, or when the file cannot be written.
    """
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise OutputError(f"{path} has an unknown kind: choose one of {', '.join(FORMATS)}.")
    content = form(timeline, printable(path.stem), nominal_rate(fps))
    with finished_file(path) as draft:
        draft.write_bytes(content if isinstance(content, bytes) else content.encode())


def nominal_rate(fps: float) -> float:
    """The rate that editors know for a mean of `fps` pictures per second, which milliseconds blur.

    29.97 is 30000/1001. A rate that is near none of them stays as it is.
    """
    whole = [24.0, 25.0, 30.0, 48.0, 50.0, 60.0, 90.0, 100.0, 120.0, 240.0]
    known = [*whole, *(rate / 1.001 for rate in whole)]
    nearest = min(known, key=lambda rate: abs(rate - fps))
    return nearest if abs(nearest / fps - 1) < _BLUR else fps


def _markers(timeline: Timeline) -> list[_Marker]:
    """Stretches and beats in the order of time."""
    beats = [
        _Marker(beat.time, beat.time, beat.name, "Red" if beat.beat == 1 else "Blue")
        for beat in timeline.beats
    ]
    return sorted([*(_Marker(*one, "Green") for one in timeline.stretches), *beats])


def _csv(timeline: Timeline, title: str, fps: float) -> str:
    rows = [["time", "bar", "beat"]]
    rows += [[f"{time:.4f}", str(bar), str(beat)] for time, bar, beat in timeline.beats]
    if timeline.stretches:
        rows[0].append("section")
        for row, beat in zip(rows[1:], timeline.beats, strict=True):
            row.append(_section(timeline, beat.time))
    return "".join(",".join(row) + "\n" for row in rows)


def _section(timeline: Timeline, time: float) -> str:
    """Name of the stretch at a time, without a comma."""
    names = [one.name for one in timeline.stretches if one.start <= time < one.end]
    return names[0].replace(",", " ") if names else ""


def _labels(timeline: Timeline, title: str, fps: float) -> str:
    markers = _markers(timeline)
    return "".join(f"{one.start:.6f}\t{one.end:.6f}\t{one.name}\n" for one in markers)


def _edl(timeline: Timeline, title: str, fps: float) -> str:
    lines = [f"TITLE: {title}", "FCM: NON-DROP FRAME", ""]
    nominal = max(1, round(fps))  # frames that a second of timecode has, also at 29.97
    for number, (start, end, name, colour) in enumerate(_markers(timeline), 1):
        first = round(start * fps)
        length = max(round(end * fps) - first, 1)
        span = f"{_timecode(first, nominal)} {_timecode(first + 1, nominal)}"
        lines += [
            f"{number:03d}  001      V     C        {span} {span}",
            f" |C:ResolveColor{colour} |M:{name} |D:{length}",
            "",
        ]
    return "\n".join(lines)


def _timecode(frame: int, nominal: int) -> str:
    second, frame = divmod(frame, nominal)
    return f"{1 + second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}:{frame:02d}"


def _otio(timeline: Timeline, title: str, fps: float) -> str:
    def time(value: float) -> dict[str, Any]:
        return {"OTIO_SCHEMA": "RationalTime.1", "rate": fps, "value": float(value)}

    markers = [
        {
            "OTIO_SCHEMA": "Marker.2",
            "name": name,
            "color": colour.upper(),
            "marked_range": {
                "OTIO_SCHEMA": "TimeRange.1",
                "start_time": time(round(start * fps)),
                "duration": time(round(end * fps) - round(start * fps)),
            },
            "metadata": {"d2m": {"seconds": start}},
        }
        for start, end, name, colour in _markers(timeline)
    ]
    stack = {"OTIO_SCHEMA": "Stack.1", "name": "tracks", "children": [], "markers": markers}
    return json.dumps({"OTIO_SCHEMA": "Timeline.1", "name": title, "tracks": stack}, indent=1)


def _midi(timeline: Timeline, title: str, fps: float) -> bytes:
    from d2m_cli.output.midi import midi_file  # numpy: not before the words are checked

    return midi_file(timeline, title)


FORMATS: dict[str, Callable[[Timeline, str, float], str | bytes]] = {
    ".csv": _csv,
    ".txt": _labels,
    ".mid": _midi,
    ".edl": _edl,
    ".otio": _otio,
}
"""Writers by suffix."""
