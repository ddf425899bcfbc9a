"""Score -> stems -> mix: a song as it sounds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from d2m_cli.sketch.notes import STROKES, Note, Part
from d2m_cli.songs.instruments import Instruments, choose_instruments
from d2m_cli.songs.mix import mix
from d2m_cli.songs.samples import LEVELS, OTHER_LEVEL, one_shot
from d2m_cli.songs.song import Song
from d2m_cli.songs.synth import DRUM_BANK, RATE, Event, soundfont
from d2m_cli.types import FloatArray

DRUM_SECONDS = 0.3
"""How long a key of a drum kit is held."""
NAMES = {key: stroke for stroke, key in STROKES.items()}


@dataclass(frozen=True)
class Sound:
    """A song as it sounds, at `synth.RATE`."""

    mix: FloatArray
    """`(2, N)`, -16 LUFS."""
    stems: dict[Part, FloatArray]
    """`(2, N)` each, as they went into the mix."""
    instruments: Instruments


def play(song: Song, font: Path, samples: Path | None = None) -> Sound:
    """The song on instruments that its seed chooses; the same song sounds the same.

    Raises `InputError` for a file that is no soundfont and a sample that is missing, `DataError`
    for a style without instruments, `D2MError` where a library is missing.
    """
    instruments = choose_instruments(song.style, song.seed, samples is not None)
    stems, kicks = play_notes(song.score.notes, song.time, song.seconds, instruments, font, samples)
    together, placed = mix(stems, instruments, kicks)
    return Sound(together, placed, instruments)


def play_notes(
    notes: Sequence[Note],
    time: Callable[[float], float],
    seconds: float,
    instruments: Instruments,
    font: Path,
    samples: Path | None,
) -> tuple[dict[Part, FloatArray], np.ndarray]:
    """Stems `(2, N)` of notes whose sixteenths lie at `time`, and the seconds `(K,)` of kicks."""
    player = soundfont(font)
    stems = {}
    for part in Part:
        events = [
            Event(
                time(note.start),
                time(note.start) + DRUM_SECONDS
                if part is Part.DRUMS
                else time(note.start + note.length),
                note.pitch,
                note.velocity,
            )
            for note in notes
            if note.part is part and not (part is Part.DRUMS and _sampled(note, instruments))
        ]
        bank = DRUM_BANK if part is Part.DRUMS else 0
        stems[part] = player.play(events, bank, instruments.programs[part], seconds)
    strokes = [note for note in notes if note.part is Part.DRUMS]
    if samples is not None:
        for note in strokes:
            if _sampled(note, instruments):
                _strike(stems[Part.DRUMS], note, time(note.start), instruments, samples)
    kicks = [time(note.start) for note in strokes if note.pitch == STROKES["kick"]]
    return stems, np.array(kicks)


def _sampled(note: Note, instruments: Instruments) -> bool:
    return NAMES[note.pitch] in instruments.one_shots


def _strike(
    stem: FloatArray, note: Note, start: float, instruments: Instruments, samples: Path
) -> None:
    stroke = NAMES[note.pitch]
    sound = one_shot(samples, instruments.one_shots[stroke])
    begin = round(start * RATE)
    place = stem[:, begin : begin + len(sound)]
    level = LEVELS.get(stroke, OTHER_LEVEL) * note.velocity**2
    place += np.float32(level) * sound[: place.shape[1]]
