"""Cached pieces: one safetensors file each, read in part (`docs/data.md`).

Time is the last axis of every array.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from io import FileIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from d2m_cli.data.cache.manifest import FORMAT, OLD_NAMES, CachedPiece
from d2m_cli.errors import DataError
from d2m_cli.files import whole_file

PIECES = "pieces"

HEADERS_HELD = 4096
"""Files whose headers are remembered (some 2 kB each)."""

DTYPES = {
    **{f"{kind.upper()}{bits}": f"<{kind}{bits // 8}" for kind in "iu" for bits in (8, 16, 32, 64)},
    **{f"F{bits}": f"<f{bits // 8}" for bits in (16, 32, 64)},
    "BOOL": "?",
}
"""numpy's word for each type of numbers of safetensors."""

Arrays = dict[str, NDArray[Any]]


def piece_path(cache: Path, name: str) -> Path:
    """File of the piece called `name`."""
    return cache / PIECES / f"{name}.safetensors"


def write_piece(
    cache: Path, entry: CachedPiece, arrays: Mapping[str, NDArray[Any]], source: str
) -> None:
    """Write the arrays of a piece. Raises `OutputError`.

    `source` is the fingerprint of what it was made from.
    """
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    note = {"format": str(FORMAT), "source": source, "entry": json.dumps(asdict(entry))}
    with whole_file(piece_path(cache, entry.name), SafetensorError) as draft:
        save_file(contiguous, draft, metadata=note)
        _sort_metadata(draft)


def _sort_metadata(path: Path) -> None:
    """Give equal pieces equal bytes: safetensors writes the metadata in another order each time."""
    with path.open("r+b") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
        assert len(text) <= size, "the same header, in another order"
        file.seek(8)
        file.write(text.ljust(size))


def cached_entry(cache: Path, name: str, source: str) -> CachedPiece | None:
    """The piece that was already made from the same `source`, otherwise `None`."""
    path = piece_path(cache, name)
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            note = file.metadata() or {}
    except (SafetensorError, OSError):
        return None
    if note.get("format") not in ("2", str(FORMAT)) or note.get("source") != source:
        return None
    try:
        return CachedPiece.from_json(json.loads(note["entry"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


class PieceFile:
    """Arrays of one cached piece; only the asked part comes from the disk, and no file stays open.

    What a file's header says is read once, as long as the file is the same.
    """

    def __init__(self, cache: Path, entry: CachedPiece) -> None:
        self.entry = entry
        self._path = piece_path(cache, entry.name)

    def slice(self, name: str, begin: int, end: int) -> NDArray[Any]:
        """Steps `begin` to `end` of array `name` `(..., T)`."""
        return self.slices({name: (begin, end)})[name]

    def slices(self, wanted: Mapping[str, tuple[int, int]]) -> Arrays:
        """Steps `(begin, end)` of each array in `wanted`, fewer where it ends before.

        The file is opened once. Raises `DataError` where it lacks an array or cannot be read.
        """
        return self._read(dict(wanted))

    def whole(self, name: str) -> NDArray[Any]:
        """Array `name` `(..., T)`; raises `DataError` as `slices` does."""
        return self._read({name: None})[name]

    def _read(self, wanted: Mapping[str, tuple[int, int] | None]) -> Arrays:
        try:
            with self._path.open("rb", buffering=0) as file:
                state = os.fstat(file.fileno())
                mark = (state.st_ino, state.st_size, state.st_mtime_ns)
                stored = _stored_arrays(self._path, mark)
                return {name: _part(file, _find(stored, name), s) for name, s in wanted.items()}
        except (SafetensorError, OSError, ValueError) as error:
            raise DataError(
                f"{self._path} cannot be read ({error}): run `d2m prepare` again."
            ) from error


class _Stored(NamedTuple):
    """Where an array lies in its file."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int


@lru_cache(HEADERS_HELD)
def _stored_arrays(path: Path, mark: tuple[int, int, int]) -> Mapping[str, _Stored]:
    """The arrays of a file; `mark` differs when the file is another one."""
    with safe_open(path, framework="numpy"):
        pass  # the library has checked the header
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    return {
        name: _Stored(
            np.dtype(DTYPES[line["dtype"]]),
            tuple(line["shape"]),
            8 + size + line["data_offsets"][0],
        )
        for name, line in header.items()
        if name != "__metadata__" and line["dtype"] in DTYPES
    }


def _find(stored: Mapping[str, _Stored], name: str) -> _Stored:
    """The array `name`: a cache of format 2 may have an older word for it."""
    older = [old for old, new in OLD_NAMES.items() if new == name]
    found = next((stored[one] for one in (*older, name) if one in stored), None)
    if found is None or not found.shape:
        raise DataError(f"A cached piece lacks its '{name}': run `d2m prepare` again.")
    return found


def _part(file: FileIO, stored: _Stored, steps: tuple[int, int] | None) -> NDArray[Any]:
    """Steps of an array, or all of it. Raises `OSError` where the file ends before."""
    *leading, length = stored.shape
    begin, end = steps or (0, length)
    begin, end = min(begin, length), min(end, length)
    rows = 1 if end - begin == length else math.prod(leading)
    found = np.empty((*leading, max(0, end - begin)), stored.dtype)
    for row, part in enumerate(found.reshape(rows, -1)):
        file.seek(stored.offset + (row * length + begin) * stored.dtype.itemsize)
        if file.readinto(part.view(np.uint8).data) != part.nbytes:
            raise OSError("it ends too early")
    return found
