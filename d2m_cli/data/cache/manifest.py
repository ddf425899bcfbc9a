"""`manifest.json` of a cache: what was prepared, what failed (`docs/data.md`)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from d2m_cli.data.sources.splits import check_songs
from d2m_cli.errors import DataError
from d2m_cli.files import read_json, write_json

FORMAT = 3
"""Version of manifest and piece files; a cache of format 2 is read, too (`OLD_NAMES`)."""

OLD_NAMES = {"hits": "drum_onsets", "strength": "confidence"}
"""Arrays that format 2 calls otherwise, and their names today."""

OLD_ARRAYS, OLD_KEYS = ("official",), ("official_rate",)
"""Arrays of a piece and keys of an entry that only format 2 has; they are passed over."""

MANIFEST = "manifest.json"

AGAIN = "run `d2m prepare` again"


@dataclass(frozen=True)
class CachedPiece:
    """Line of the manifest: what is known of a cached piece without opening its file."""

    name: str
    song: str
    split: str
    genre: str
    style: str
    licence: str
    seconds: float
    """Length that all of its sequences cover."""
    holds: tuple[str, ...]
    """Names of its arrays."""
    bpm: float | None = None
    """Median tempo of the music."""
    steadiness: float | None = None
    """Standard deviation of the beat intervals over their mean."""
    found: float | None = None
    """Share of motion steps in which the dancer was seen."""
    visual_rate: float | None = None
    """Visual vectors per second."""

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> "CachedPiece":
        """The piece of a JSON record. Raises `TypeError` or `KeyError` when that describes none."""
        holds = (OLD_NAMES.get(name, name) for name in line["holds"] if name not in OLD_ARRAYS)
        known = {key: value for key, value in line.items() if key not in OLD_KEYS}
        piece = cls(**{**known, "holds": tuple(holds)})
        if not all(isinstance(word, str) for word in (piece.name, piece.song, piece.split)):
            raise TypeError("names, songs and splits are words")
        return piece


@dataclass(frozen=True)
class FailedPiece:
    """A part of the data set that is not in the cache."""

    path: str
    reason: str


@dataclass(frozen=True)
class Manifest:
    """Contents of a cache."""

    layout: str
    entries: tuple[CachedPiece, ...]
    failures: tuple[FailedPiece, ...] = ()
    """What is missing or broken."""
    left_out: tuple[FailedPiece, ...] = ()
    """What the data set itself says not to use."""


def write_manifest(cache: Path, manifest: Manifest) -> None:
    """Write `manifest.json` at once; a reader sees the old one or the new one.

    Raises `DataError` when a song lies on both sides of a split, `OutputError` when the disk
    refuses.
    """
    check_songs(manifest.entries)
    write_json(cache / MANIFEST, {"format": FORMAT, **asdict(manifest)})


def read_manifest(cache: Path) -> Manifest:
    """Manifest of a cache folder.

    Raises `DataError` when it is missing, damaged, of another format, or when a song lies on both
    sides of a split.
    """
    path = cache / MANIFEST
    if not path.exists():
        raise DataError(f"{cache} is no cache (it has no {MANIFEST}): make one with `d2m prepare`.")
    stored = read_json(path, advice=AGAIN)
    try:
        if stored["format"] not in (2, FORMAT):
            raise DataError(f"{path} has format {stored['format']}: {AGAIN}.")
        manifest = Manifest(
            layout=stored["layout"],
            entries=tuple(CachedPiece.from_json(line) for line in stored["entries"]),
            failures=tuple(FailedPiece(**line) for line in stored["failures"]),
            left_out=tuple(FailedPiece(**line) for line in stored.get("left_out", ())),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is damaged ({error}): {AGAIN}.") from error
    for entry in manifest.entries:
        if Path(entry.name).is_absolute() or ".." in Path(entry.name).parts:
            raise DataError(f"{path} names a file outside its folder ('{entry.name}'): {AGAIN}.")
    check_songs(manifest.entries)
    return manifest
