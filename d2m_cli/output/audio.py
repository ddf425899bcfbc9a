"""Music on disk: streaming WAV files, and their loudness."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import ffmpeg
import soundfile

from d2m_cli.media import word_of
from d2m_cli.output.places import finished_file
from d2m_cli.output.run import run_ffmpeg
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

TARGET_LUFS = -16.0
"""Integrated loudness (EBU R 128) of the finished stereo sound, as streaming services play it."""

CEILING_DB = -1.5
"""True peak, dB: half a decibel below the usual -1, which AAC's rounding may take back."""

_LIMITER_PASSES = 3
"""Each corrects the loudness that the limiter took away in the one before."""

_CLOSE_ENOUGH = 0.3
"""LU."""


_SILENCE_LUFS = -70.0
"""R 128's absolute gate: nothing below it counts."""


def write_wav(path: Path, blocks: Iterable[FloatArray]) -> None:
    """Write `blocks` `(N,)` of samples at `SAMPLE_RATE`, one after another, as mono float WAV.

    Float, so that nothing is cut off before the loudness is set. Raises `OutputError` when the
    file cannot be written.
    """
    with (
        finished_file(path) as draft,
        soundfile.SoundFile(draft, "w", SAMPLE_RATE, channels=1, subtype="FLOAT") as file,
    ):
        for block in blocks:
            file.write(block)


class Loudness(NamedTuple):
    """What R 128 says of a piece of sound; a mono one is taken as played by both speakers."""

    lufs: float
    """Integrated loudness; `-inf` for silence: all below -70 LUFS or shorter than 0.4 s."""
    peak_db: float
    """True peak, dB of full scale."""


@dataclass(frozen=True)
class Delivery:
    """How a piece is delivered: its loudness, and how it begins and ends."""

    lufs: float = TARGET_LUFS
    """Integrated loudness of the stereo sound (-14 is what most platforms play)."""
    fade_in: float = 0.0
    fade_out: float = 0.0
    """Seconds in which the music comes in, and in which it goes."""


def measure_loudness(path: Path) -> Loudness:
    """Loudness and true peak of the sound in the file at `path`."""
    return _measure(ffmpeg.input(word_of(path)).audio)


def _measure(sound: Any) -> Loudness:
    # "verbose" keeps the running values off the log, where only the summary is wanted.
    meter = sound.filter("ebur128", dualmono="true", peak="true", framelog="verbose")
    summary = run_ffmpeg(meter.output("-", format="null"), level="info").rpartition("Integrated")[2]
    lufs, peak = (
        float(found[1]) if (found := re.search(rf"{name}:\s*(\S+) {unit}", summary)) else -math.inf
        for name, unit in (("I", "LUFS"), ("Peak", "dBFS"))
    )
    return Loudness(lufs if lufs > _SILENCE_LUFS else -math.inf, peak)


def level_loudness(
    path: Path, out: Path, delivery: Delivery = Delivery(), rate: int = SAMPLE_RATE
) -> float:
    """Fade the WAV at `path`, bring it to its loudness by one gain and a limiter; write `out`.

    `out` has 16 bits, the channels of `path`, and its `rate`.

    The limiter, used only where it must be, keeps the true peak under `CEILING_DB`, so music of
    rare strong beats may stay below the target. Silence stays silent. The length does not change,
    memory stays small. Returns the gain in dB, which the limiter comes after.

    Raises `OutputError` when the file cannot be written.
    """
    source = _faded(path, delivery)
    before = _measure(source)
    gain = delivery.lufs - before.lufs if before.lufs > -math.inf else 0.0
    with finished_file(out) as draft:

        def write(sound: Any) -> None:
            run_ffmpeg(sound.output(word_of(draft), acodec="pcm_s16le", ar=rate), out)

        if before.peak_db + gain <= CEILING_DB:
            write(source.filter("volume", f"{gain:.3f}dB"))
            return gain
        for passed in range(1, _LIMITER_PASSES + 1):
            write(limited(source.filter("volume", f"{gain:.3f}dB"), rate))
            missing = delivery.lufs - measure_loudness(draft).lufs
            if passed == _LIMITER_PASSES or not _CLOSE_ENOUGH < missing < math.inf:
                break
            gain += missing
    return gain


def apply_gain(path: Path, out: Path, gain: float) -> None:
    """Bring the WAV at `path` to `out`, 16-bit mono, by the `gain` that `level_loudness` gave.

    The limiter is used where it must be. Raises `OutputError` when the file cannot be written.
    """
    sound = ffmpeg.input(word_of(path)).audio.filter("volume", f"{gain:.3f}dB")
    if measure_loudness(path).peak_db + gain > CEILING_DB:
        sound = limited(sound, SAMPLE_RATE)
    with finished_file(out) as draft:
        run_ffmpeg(sound.output(word_of(draft), acodec="pcm_s16le", ar=SAMPLE_RATE), out)


def _faded(path: Path, delivery: Delivery) -> Any:
    """The sound of the file, rising and falling like a quarter of a sine."""
    sound = ffmpeg.input(word_of(path)).audio
    seconds = soundfile.info(path).duration
    if delivery.fade_in > 0:
        sound = sound.filter("afade", type="in", duration=delivery.fade_in, curve="qsin")
    if delivery.fade_out > 0:
        begin = max(seconds - delivery.fade_out, 0.0)
        sound = sound.filter(
            "afade", type="out", start_time=begin, duration=seconds - begin, curve="qsin"
        )
    return sound


def limited(sound: Any, rate: int) -> Any:
    """An ffmpeg-python audio stream, kept under `CEILING_DB` between the samples as well.

    The limiter works at four times `rate` to see true peaks. Its delay is taken out again, so
    that the length stays, and the time up to a quarter of a sample.
    """
    attack = 0.005
    ceiling = 10 ** (CEILING_DB / 20)
    return (
        sound.filter("aresample", 4 * rate)
        .filter("apad", pad_dur=attack)
        .filter("alimiter", limit=ceiling, attack=1000 * attack, release=80, level="disabled")
        .filter("atrim", start=attack)
        .filter("asetpts", "PTS-STARTPTS")
        .filter("aresample", rate)
    )
