"""Whether a Matroska or WebM file is as long as its header says (RFC 8794, RFC 9559)."""

from pathlib import Path

_EBML, _SEGMENT = 0x1A45DFA3, 0x18538067
_LOOK_AT = 4096
_TAIL = 64
"""Bytes at the end of a file; only in one that was prepared and never filled are all of them 0."""


def is_cut_off(path: Path) -> bool:
    """Whether `path` ends before the segment that its header announces, or in emptiness.

    A recording that was never finished announces no size, and is taken as it is.
    """
    with path.open("rb") as file:
        begin = file.read(_LOOK_AT)
        size = file.seek(0, 2)
        file.seek(max(size - _TAIL, 0))
        if not any(file.read()):
            return True
    at = 0
    for wanted in (_EBML, _SEGMENT):
        kind, at = _number(begin, at, marked=True)
        length, at = _number(begin, at, marked=False)
        if kind != wanted or length is None:
            return False
        end = at + length
        at = end if wanted == _EBML else at
    return end > size


def _number(data: bytes, at: int, marked: bool) -> tuple[int | None, int]:
    """The number of variable length at `at`, `marked` with its length or without, and its end.

    None stands for "unknown", and for what is no number.
    """
    if at >= len(data) or data[at] == 0:
        return None, at
    width = 9 - data[at].bit_length()
    value = int.from_bytes(data[at : at + width], "big")
    bare = value & ((1 << 7 * width) - 1)
    if marked:
        return value, at + width
    return (None if bare == (1 << 7 * width) - 1 else bare), at + width
