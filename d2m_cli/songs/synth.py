"""Notes of one instrument -> sound, played from a soundfont by FluidSynth."""

from collections.abc import Sequence
from ctypes import c_int, c_void_p
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from d2m_cli.errors import D2MError, InputError
from d2m_cli.types import FloatArray

RATE = 44100
"""Hz of the songs."""
BLOCK = 64
"""Samples that FluidSynth makes at once; notes begin and end at multiples of them (1.5 ms)."""
GAIN = 0.5
DRUM_BANK = 128
QUIET = {"synth.reverb.active": 0, "synth.chorus.active": 0, "synth.polyphony": 256}
"""Reverberation belongs to the mix."""
LOG_LEVELS = 5
RELEASE_SECONDS = 0.01
"""A note ends so long before the next may begin."""

HINT = "install FluidSynth (Debian: libfluidsynth3) and `pip install 'd2m[songs]'`"


class Event(NamedTuple):
    """A note in seconds."""

    start: float
    end: float
    pitch: int
    velocity: float
    """0..1."""


class Soundfont:
    """A soundfont that is loaded once and plays many songs.

    Raises `InputError` when the file is no soundfont, `D2MError` when FluidSynth is missing.
    """

    def __init__(self, path: Path) -> None:
        try:
            import fluidsynth
        except ImportError as error:
            raise D2MError(f"Songs need FluidSynth: {HINT}.") from error
        check_soundfont(path)
        self._library = fluidsynth
        silence_log(fluidsynth)
        holder = fluidsynth.Synth()
        number = holder.sfload(str(path))
        if number < 0:
            raise _no_soundfont(path)
        pointer, count = c_void_p, c_int
        by_number = fluidsynth.cfunc(
            "fluid_synth_get_sfont_by_id", pointer, ("synth", pointer, 1), ("id", count, 1)
        )
        both = (("synth", pointer, 1), ("sfont", pointer, 1))
        self._add = fluidsynth.cfunc("fluid_synth_add_sfont", count, *both)
        self._remove = fluidsynth.cfunc("fluid_synth_remove_sfont", count, *both)
        names = ("left", "left_offset", "left_step", "right", "right_offset", "right_step")
        # Float, since the 16-bit output adds noise that depends on what was played before.
        self._write = fluidsynth.cfunc(
            "fluid_synth_write_float",
            count,
            ("synth", pointer, 1),
            ("length", count, 1),
            *((name, pointer if name in ("left", "right") else count, 1) for name in names),
        )
        self._sounds = by_number(holder.synth, number)
        self._remove(holder.synth, self._sounds)
        holder.delete()

    def play(self, events: Sequence[Event], bank: int, program: int, seconds: float) -> FloatArray:
        """Sound `(2, N)` of notes on one instrument."""
        channel = 9 if bank == DRUM_BANK else 0
        blocks = -(-round(seconds * RATE) // BLOCK)
        sound = np.zeros((blocks * BLOCK, 2), np.float32)
        # A new one each time: a used one adds up its voices in another order, and so rounds
        # otherwise. The soundfont, slow to load, is lent to it.
        synth = self._library.Synth(gain=GAIN, samplerate=RATE, channels=16, **QUIET)
        number = self._add(synth.synth, self._sounds)
        synth.program_select(channel, number, bank, program)
        at = 0
        for block, on, pitch, velocity in _orders(events):
            block = min(block, blocks)
            self._fill(synth, sound, at, block)
            at = block
            if on:
                synth.noteon(channel, pitch, velocity)
            else:
                synth.noteoff(channel, pitch)
        self._fill(synth, sound, at, blocks)
        self._remove(synth.synth, self._sounds)
        synth.delete()
        return np.ascontiguousarray(sound[: round(seconds * RATE)].T)

    def _fill(self, synth: Any, sound: FloatArray, begin: int, end: int) -> None:
        """Write blocks `begin` to `end - 1` of `sound` `(N, 2)`."""
        if end > begin:
            place = sound[begin * BLOCK : end * BLOCK].ctypes.data
            self._write(synth.synth, (end - begin) * BLOCK, place, 0, 2, place, 1, 2)


@lru_cache(4)
def soundfont(path: Path) -> Soundfont:
    """The soundfont at `path`, loaded once in a process."""
    return Soundfont(path)


def silence_log(library: Any) -> None:
    """Keep FluidSynth's own warnings off the screen: errors are raised instead."""
    kinds = (("level", c_int, 1), ("function", c_void_p, 1), ("data", c_void_p, 1))
    silence = library.cfunc("fluid_set_log_function", c_void_p, *kinds)
    for level in range(LOG_LEVELS):
        silence(level, None, None)


def check_soundfont(path: Path) -> None:
    """Raise `InputError` when the file at `path` is no soundfont."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): name a soundfont.") from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":
        raise _no_soundfont(path)


def _no_soundfont(path: Path) -> InputError:
    return InputError(
        f"{path} is no soundfont: name an .sf2 or .sf3 file, as the Debian packages "
        "fluid-soundfont-gm and musescore-general-soundfont hold."
    )


def _orders(events: Sequence[Event]) -> list[tuple[int, bool, int, int]]:
    """Block, on or off, key and velocity; what ends goes before what begins."""
    orders = []
    for start, end, pitch, velocity in events:
        begin = round(start * RATE / BLOCK)
        last = max(begin + 1, round((end - RELEASE_SECONDS) * RATE / BLOCK))
        orders.append((begin, True, pitch, max(1, min(127, round(127 * velocity)))))
        orders.append((last, False, pitch, 0))
    return sorted(orders)
