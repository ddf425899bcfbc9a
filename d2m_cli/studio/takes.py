"""A take as it lies in its project's folder: music, codes, sketch and what is known of them.

Letters: `N` samples, `T` codes, `S` sixteenths of the score, `F` steps at `DRUM_RATE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from d2m_cli.errors import InputError
from d2m_cli.files import read_json, write_json
from d2m_cli.output.beats import Beat, count_beats
from d2m_cli.sketch.arrange import Sketch
from d2m_cli.sketch.arrangement import Arrangement, Stretch
from d2m_cli.sketch.notes import Note, Part
from d2m_cli.sketch.partials import Partials
from d2m_cli.sketch.score import Tonality
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.studio.settings import TakeSettings
from d2m_cli.studio.spans import Span
from d2m_cli.types import FloatArray, IntArray, Rhythm

MUSIC, CODES, SKETCH, FACTS = "music.wav", "codes.npy", "sketch.npz", "take.json"
SOUNDING = "sounding"
"""Array of the notes in seconds; takes that were made before 0.5 lack it."""


class Score(NamedTuple):
    """The notes of a take, and where they lie."""

    notes: tuple[Note, ...]
    first: int
    """Sixteenths from beat 0 of the rhythm to the first of the score."""
    meter: int
    """Beats in a bar of the music."""
    tonality: Tonality


@dataclass(frozen=True)
class Take:
    """Music for the dance as it lies on disk; samples, codes and sketch are read each time."""

    folder: Path = field(repr=False)
    """Where it lies; `music.wav` in it is mono, 16 bits, `rate`."""
    id: str
    """Name of its folder, never used again in its project."""
    settings: TakeSettings
    """What was asked for; of a take that was made from another one, of the new part."""
    style: str
    """Name of the style, also where the dance picked it."""
    seconds: float
    """Length of the music, which is that of the dance."""
    tempo: float
    """Mean beats per minute."""
    beats: list[Beat] = field(repr=False)
    """Each with `time` in seconds, `bar` and `beat`; beat 1 is the "one"."""
    meter: int
    """Beats in a bar of the music."""
    arrangement: Arrangement = field(repr=False)
    """Key, sections, chords and pauses; `redo` joins old and new."""
    gain: float = field(repr=False)
    """dB between what the decoder gave and the music."""
    parent: str | None = None
    """The take that it was made from, if only a part of it is new."""
    parts: tuple[Span, ...] = ()
    """What is new against `parent`; nothing for a take that is new as a whole."""
    timings: Mapping[str, float] = field(default_factory=dict, repr=False)
    """Seconds spent in each step."""

    @property
    def path(self) -> Path:
        """The music: WAV, mono, 16 bits."""
        return self.folder / MUSIC

    @property
    def rate(self) -> int:
        """Samples per second of `samples`."""
        return SAMPLE_RATE

    @property
    def samples(self) -> FloatArray:
        """The music `(N,)`, mono, -1..1, at `rate`; read from disk each time."""
        return self.read(0.0, None)

    def read(self, start: float, end: float | None) -> FloatArray:
        """Samples `(N,)` from `start` to `end` seconds (None: the end)."""
        with soundfile.SoundFile(self.path) as file:
            first = min(max(round(start * SAMPLE_RATE), 0), file.frames)
            last = file.frames if end is None else min(round(end * SAMPLE_RATE), file.frames)
            file.seek(first)
            read: FloatArray = file.read(max(last - first, 0), dtype="float32")
        return read

    def peaks(self, count: int) -> FloatArray:
        """Lowest and highest sample `(count, 2)` of `count` even stretches of the music."""
        if count < 1:
            raise InputError(f"{count} peaks are none: ask for 1 or more.")
        found = np.zeros((count, 2), np.float32)
        with soundfile.SoundFile(self.path) as file:
            edges = np.linspace(0, file.frames, count + 1).round().astype(np.int64)
            for number, (first, last) in enumerate(pairwise(edges.tolist())):
                heard = file.read(last - first, dtype="float32")
                if len(heard):
                    found[number] = heard.min(), heard.max()
        return found

    @property
    def rhythm(self) -> Rhythm:
        """The grid that the music lies on."""
        with np.load(self.folder / SKETCH, allow_pickle=False) as file:
            return Rhythm(
                file["phase"],
                file["confidence"],
                float(file["rate"]),
                int(file["dance_meter"]),
                float(file["certainty"]),
            )

    @property
    def codes(self) -> IntArray:
        """The music as codebook indices `(T,)`, 0..2047, of the level of its settings."""
        found: IntArray = np.load(self.folder / CODES, allow_pickle=False).astype(np.int64)
        return found

    @property
    def sketch(self) -> Sketch:
        """What the generator was given: partials `(S, K)`, drum onsets `(BANDS, F)`, notes."""
        with np.load(self.folder / SKETCH, allow_pickle=False) as file:
            partials = Partials(file["times"], file["pitch"], file["level"], file["angle"])
            notes = file.get(SOUNDING)
            return Sketch(partials, file["drum_onsets"], self.arrangement, notes)

    @property
    def score(self) -> Score:
        """The notes of the sketch."""
        with np.load(self.folder / SKETCH, allow_pickle=False) as file:
            parts = list(Part)
            rows = zip(file["note_part"], file["notes"], strict=True)
            notes = tuple(
                Note(parts[part], float(start), float(length), int(pitch), float(velocity))
                for part, (start, length, pitch, velocity) in rows
            )
            tonality = Tonality(int(file["key"]), tuple(map(int, file["scale"])))
            return Score(notes, int(file["first"]), self.meter, tonality)

    def record(self) -> dict[str, Any]:
        """What is known of it as plain data for JSON, without samples, codes and sketch."""
        return {
            "id": self.id,
            "settings": self.settings.record(),
            "style": self.style,
            "seconds": self.seconds,
            "tempo": self.tempo,
            "meter": self.meter,
            "beats": [beat._asdict() for beat in self.beats],
            "arrangement": self.arrangement.record(),
            "gain": self.gain,
            "parent": self.parent,
            "parts": [list(part) for part in self.parts],
            "timings": dict(self.timings),
        }


def beats_of(rhythm: Rhythm, meter: int) -> list[Beat]:
    """The beats of a grid, counted in bars of `meter`."""
    return count_beats(rhythm.beats.tolist(), int(np.ceil(rhythm.phase[0])), meter)


def write_facts(take: Take) -> None:
    """Write what is known of a take into its folder. Raises `OutputError`."""
    write_json(take.folder / FACTS, take.record())


def write_sketch(folder: Path, rhythm: Rhythm, sketch: Sketch, score: Score) -> None:
    """Write what the generator was given, and the notes that it came from."""
    parts = list(Part)
    numbers = [(n.start, n.length, n.pitch, n.velocity) for n in score.notes]
    sounding = {} if sketch.notes is None else {SOUNDING: sketch.notes}
    np.savez_compressed(
        folder / SKETCH,
        phase=rhythm.phase,
        confidence=rhythm.confidence,
        rate=rhythm.rate,
        dance_meter=rhythm.meter,
        certainty=rhythm.certainty,
        times=sketch.partials.times,
        pitch=sketch.partials.pitch,
        level=sketch.partials.level,
        angle=sketch.partials.phase,
        drum_onsets=sketch.drum_onsets,
        note_part=np.array([parts.index(note.part) for note in score.notes], np.uint8),
        notes=np.array(numbers, np.float64).reshape(-1, 4),
        first=score.first,
        key=score.tonality.key,
        scale=np.array(score.tonality.scale),
        **sounding,
    )


def write_codes(folder: Path, codes: NDArray[np.integer]) -> None:
    """Write codes `(T,)` into a take's folder."""
    np.save(folder / CODES, codes.astype(np.uint16))


def load_take(folder: Path) -> Take:
    """The take in a folder. Raises `InputError` for one that is missing or damaged."""
    told = read_json(folder / FACTS, InputError, "restore a copy of the project's folder")
    try:
        missing = [name for name in (MUSIC, CODES, SKETCH) if not (folder / name).is_file()]
        if missing:
            raise ValueError(f"{missing[0]} is missing")
        return Take(
            folder=folder,
            id=folder.name,
            settings=TakeSettings.of(told["settings"]),
            style=str(told["style"]),
            seconds=float(told["seconds"]),
            tempo=float(told["tempo"]),
            beats=[Beat(**beat) for beat in told["beats"]],
            meter=int(told["meter"]),
            arrangement=_arrangement(told["arrangement"]),
            gain=float(told["gain"]),
            parent=told["parent"],
            parts=tuple(Span(*part) for part in told["parts"]),
            timings=told["timings"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"The take in {folder} is damaged ({error}): restore a copy of it, or delete it."
        ) from error


def _arrangement(told: dict[str, Any]) -> Arrangement:
    return Arrangement(
        key=told["key"],
        beats=tuple(told["beats"]),
        downbeats=tuple(told["downbeats"]),
        sections=tuple(Stretch(**one) for one in told["sections"]),
        chords=tuple(Stretch(**one) for one in told["chords"]),
        pauses=tuple((one["start"], one["end"]) for one in told["pauses"]),
    )
