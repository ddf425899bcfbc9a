"""Cached pieces: one safetensors file each, read in part (`docs/data.md`).

Time is the last axis of every array.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from d2m_cli.data.cache.manifest import FORMAT, OLD_NAMES, CachedPiece
from d2m_cli.errors import DataError
from d2m_cli.files import whole_file

PIECES = "pieces"

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
    """Arrays of one cached piece; only the asked part comes from the disk."""

    def __init__(self, cache: Path, entry: CachedPiece) -> None:
        self.entry = entry
        self._path = piece_path(cache, entry.name)

    def slice(self, name: str, begin: int, end: int) -> NDArray[Any]:
        """Steps `begin` to `end` of array `name` `(..., T)`."""
        return self.slices({name: (begin, end)})[name]

    def slices(self, wanted: Mapping[str, tuple[int, int]]) -> Arrays:
        """Steps `(begin, end)` of each array in `wanted`, fewer where it ends before.

        The file is opened once.
        """
        found: Arrays = {}
        with self._open() as file:
            for name, (begin, end) in wanted.items():
                part = file.get_slice(_stored_name(file, name))
                *leading, steps = part.get_shape()
                first = min(begin, steps - 1)  # safetensors reads nothing beyond the end
                inside = slice(first, min(end, steps))
                read = np.asarray(part[(*(slice(None) for _ in leading), inside)])
                found[name] = read[..., begin - first :]
        return found

    def whole(self, name: str) -> NDArray[Any]:
        """Array `name` `(..., T)`."""
        with self._open() as file:
            return np.asarray(file.get_tensor(_stored_name(file, name)))

    def _open(self) -> Any:
        try:
            return safe_open(self._path, framework="numpy")
        except (SafetensorError, OSError) as error:
            raise DataError(
                f"{self._path} cannot be read ({error}): run `d2m prepare` again."
            ) from error


def _stored_name(file: Any, name: str) -> str:
    """What the file calls array `name`: a cache of format 2 may have an older word."""
    older = [old for old, new in OLD_NAMES.items() if new == name]
    stored = set(file.keys())
    found = next((one for one in (*older, name) if one in stored), None)
    if found is None:
        raise DataError(f"A cached piece lacks its '{name}': run `d2m prepare` again.")
    return found
