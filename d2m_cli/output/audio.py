"""Music on disk: streaming WAV files, and their loudness."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import ffmpeg
import soundfile

from d2m_cli.output.checks import finished_file
from d2m_cli.output.run import run_ffmpeg
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

TARGET_LUFS = -16.0
"""Integrated loudness (EBU R 128) of the finished stereo sound, as streaming services play it."""

CEILING_DB = -1.5
"""True peak, dB: half a decibel below the usual -1, which AAC's rounding may take back."""

_LOUDNESS_PASSES = 3
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


def measure_loudness(path: Path) -> float:
    """Integrated loudness in LUFS of a sound file, a mono one played by both speakers.

    `-inf` for silence, which is everything below -70 LUFS and anything shorter than 0.4 s.
    """
    return _measured(ffmpeg.input(str(path.absolute())))


def level_loudness(path: Path, out: Path) -> None:
    """Bring the WAV at `path` to `TARGET_LUFS` by one gain and a limiter; write 16-bit mono `out`.

    A limiter keeps the true peak under `CEILING_DB`, so music of rare strong beats may stay below
    the target. Silence stays silent. The length does not change, memory stays small.

    Raises `OutputError` when the file cannot be written.
    """
    source = ffmpeg.input(str(path.absolute()))
    loudness = _measured(source)
    gain = TARGET_LUFS - loudness if loudness > float("-inf") else 0.0
    with finished_file(out) as draft:
        for _ in range(_LOUDNESS_PASSES):
            levelled = limited(source.filter("volume", f"{gain:.3f}dB"), SAMPLE_RATE)
            run_ffmpeg(levelled.output(str(draft), acodec="pcm_s16le", ar=SAMPLE_RATE), out)
            missing = TARGET_LUFS - measure_loudness(draft)
            if not _CLOSE_ENOUGH < missing < float("inf"):
                break
            gain += missing


def limited(sound: Any, rate: int) -> Any:
    """An ffmpeg-python audio stream, kept under `CEILING_DB` between the samples as well.

    The limiter works at four times `rate` to see true peaks. Its delay is taken out again, so
    that length and time stay.
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


def _measured(source: Any) -> float:
    # "verbose" keeps the running values off the log, where only the summary is wanted.
    meter = source.filter("ebur128", dualmono="true", framelog="verbose")
    summary = run_ffmpeg(meter.output("-", format="null"), level="info").rpartition("Integrated")[2]
    found = re.search(r"I:\s*(\S+) LUFS", summary)
    loudness = float(found[1]) if found else _SILENCE_LUFS
    return loudness if loudness > _SILENCE_LUFS else float("-inf")
