"""What a sketch was made of, as plain data: key, beats, sections and chords with their times."""

from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
TRIADS = {(4, 7): "", (3, 7): "m", (3, 6): "dim", (4, 8): "aug"}
"""Suffix of a chord's name by its third and fifth, in semitones above its root."""

_DIGITS = 4
"""Of seconds in a record: a tenth of a millisecond."""


class Stretch(NamedTuple):
    """A chord or a section of a piece."""

    start: float
    """Seconds."""
    end: float
    name: str

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        times = {"start": round(self.start, _DIGITS), "end": round(self.end, _DIGITS)}
        return {**times, "name": self.name}


@dataclass(frozen=True)
class Arrangement:
    """Harmony and form of a piece on the beats of its dance; all times in seconds."""

    key: str
    """As in "A minor"."""
    beats: tuple[float, ...]
    downbeats: tuple[float, ...]
    """The beats that open a bar."""
    sections: tuple[Stretch, ...]
    """A, B, C ...: stretches of one letter share their musical idea."""
    chords: tuple[Stretch, ...]
    """As in "F#m": triads, without a gap."""
    pauses: tuple[tuple[float, float], ...] = ()
    """Start and end of the silences in which the music waits for a dancer who stands still."""
    composer: str = "rules"
    """Who wrote it: `rules`, or `learned`."""

    def record(self) -> dict[str, Any]:
        """As plain data for JSON."""
        return {
            "key": self.key,
            "composer": self.composer,
            "beats": [round(beat, _DIGITS) for beat in self.beats],
            "downbeats": [round(beat, _DIGITS) for beat in self.downbeats],
            "sections": [stretch.record() for stretch in self.sections],
            "chords": [stretch.record() for stretch in self.chords],
            "pauses": [
                {"start": round(start, _DIGITS), "end": round(end, _DIGITS)}
                for start, end in self.pauses
            ],
        }


def triad_name(root: int, third: int, fifth: int) -> str:
    """Name of the chord of three pitches (MIDI numbers, `root` lowest)."""
    return NOTES[root % 12] + TRIADS[third - root, fifth - root]


def joined(stretches: list[Stretch]) -> tuple[Stretch, ...]:
    """Neighbours of one name as one stretch; what has no length is left out."""
    lasting = [stretch for stretch in stretches if stretch.end > stretch.start]
    runs = [list(run) for _, run in groupby(lasting, key=lambda stretch: stretch.name)]
    return tuple(Stretch(run[0].start, run[-1].end, run[0].name) for run in runs)
