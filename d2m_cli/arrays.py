"""Arrays in strangers' files (.npy, .npz): read without running anything or holding more than they
are long."""

import math
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 2**31
"""Bytes that one array may unpack to."""

_DAMAGED = (
    *(OSError, ValueError, LookupError, EOFError, TypeError, AttributeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, ArithmeticError, RuntimeError, SyntaxError),
    tokenize.TokenError,
)
"""What reading damaged bytes as a packed array can end with."""


def read_array(path: Path) -> NDArray[Any]:
    """The array `(...)` in a `.npy` file, of any shape.

    Raises `ValueError` for anything else, `OSError` for a file that is not there.
    """
    with path.open("rb") as file:
        try:
            return _read(file, path.stat().st_size)
        except _DAMAGED as error:
            raise ValueError(str(error) or "it ends too soon") from None


def read_either(path: Path, names: Collection[str]) -> NDArray[Any] | dict[str, NDArray[Any]]:
    """What `read_arrays` or `read_array` gives, whatever the suffix says. Raises as they do."""
    return read_arrays(path, names) if zipfile.is_zipfile(path) else read_array(path)


def read_arrays(path: Path, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """Those of the arrays `names` that an `.npz` file holds.

    Raises `ValueError` for anything else than such a file, `OSError` for one that is not there.
    """
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as packed:
                inside = {member.filename: member for member in packed.infolist()}
                found = [name for name in names if f"{name}.npy" in inside]
                return {name: _unpack(packed, inside[f"{name}.npy"]) for name in found}
        except _DAMAGED as error:
            raise ValueError(str(error) or "it ends too soon") from None


def _unpack(packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with packed.open(member) as file:
        return _read(file, member.file_size)


def _read(file: IO[bytes], size: int) -> NDArray[Any]:
    """The array that `file` of `size` bytes holds; no more is taken than its header announces."""
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, by_column, kind = readers[np.lib.format.read_magic(file)](file)
    length = math.prod(shape) * kind.itemsize
    if kind.hasobject or min(shape, default=0) < 0 or not 0 <= length <= min(size, MOST_BYTES):
        raise ValueError(f"an array of {kind} {shape} is not in {size} bytes")
    data = file.read(length)
    if len(data) < length:
        raise ValueError("it ends within an array")
    values = np.frombuffer(bytearray(data), kind) if length else np.zeros(math.prod(shape), kind)
    return values.reshape(shape, order="F" if by_column else "C")
