"""Words of the command line that stand for a value: a time, a tempo, a number within limits."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from d2m_cli.errors import InputError, OutputError
from d2m_cli.features.pose.doors import dancer_word

SLOWEST, FASTEST = 40.0, 240.0
"""Beats per minute that music is made in."""

_TEMPO_FACTORS = {"half": 0.5, "x0.5": 0.5, "double": 2.0, "x2": 2.0}


@dataclass(frozen=True)
class Tempo:
    """A tempo that is asked for: a number of beats per minute, or a multiple of the dance's own."""

    bpm: float | None = None
    factor: float = 1.0


def is_address(text: str) -> bool:
    """Whether a text names something that is no file here, as `s3://bucket/clips` does."""
    return bool(re.match(r"[a-z][a-z0-9+.-]+://", text, re.IGNORECASE))


def plain_path(text: str) -> str:
    """A path, also of an address `file:///...`, as other programs write it."""
    if text[:7].lower() != "file://":
        return text
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    return url2pathname(urlsplit(text).path)


def require(*paths: Path | None) -> None:
    """Make sure that files and folders are there before anything slow begins.

    Raises `InputError` for the first that is not; None stands for one that is not asked for.
    """
    for path in paths:
        if path is not None and not path.exists():
            raise InputError(f"{path} does not exist: check the path.")


def require_suffix(path: Path | None, *suffixes: str) -> None:
    """Make sure that a file to be written is named as its kind is: no music is written over so.

    Raises `OutputError`.
    """
    if path is not None and path.suffix.lower() not in suffixes:
        raise OutputError(
            f"{path} would not be a {suffixes[0]} file: name it {path.stem}{suffixes[0]}."
        )


def tempo(text: str) -> Tempo:
    """`120`, `x2`, `double` or `half`."""
    word = text.strip().lower()
    if word in _TEMPO_FACTORS:
        return Tempo(factor=_TEMPO_FACTORS[word])
    bpm = _number(word.removesuffix("bpm").strip())
    if bpm is None or not SLOWEST <= bpm <= FASTEST:
        raise typer.BadParameter(
            f"'{text}' is not a tempo: give beats per minute from {SLOWEST:g} to {FASTEST:g}, "
            "x2 or half."
        )
    return Tempo(bpm)


def seconds(text: str) -> float:
    """`12.5`, `0:03`, `1:02.5` or `1:00:00`, in seconds."""
    parts = str(text).strip().split(":")
    numbers = [_number(part) for part in parts]
    if len(parts) > 3 or any(n is None or n < 0 for n in numbers):
        raise typer.BadParameter(f"'{text}' is not a time: give seconds (12.5) or 1:02.5.")
    total = 0.0
    for number in numbers:
        total = 60.0 * total + (number or 0.0)
    return total


def dancer(text: str) -> str:
    """`main`, `left`, `right` or a number from 1 on."""
    try:
        return dancer_word(text)
    except InputError as error:
        raise typer.BadParameter(str(error)) from None


def number(least: float, most: float) -> Callable[[str], float]:
    """A reader of numbers from `least` to `most`."""

    def read(text: str) -> float:
        value = _number(str(text).strip())
        if value is None or not least <= value <= most:
            raise typer.BadParameter(f"'{text}' is not a number from {least:g} to {most:g}.")
        return value

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most`."""

    def read(text: str) -> int:
        word = str(text).strip()
        if not re.fullmatch(r"-?\d+", word) or not least <= int(word) <= most:
            limit = "2^63-1" if most == 2**63 - 1 else most
            raise typer.BadParameter(f"'{text}' is not a whole number from {least} to {limit}.")
        return int(word)

    return read


def _number(text: str) -> float | None:
    if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)", text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None
