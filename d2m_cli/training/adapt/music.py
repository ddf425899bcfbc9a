"""The user's music, prepared: what is learnt from, and what is held out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from d2m_cli.data.cache.manifest import FailedPiece, write_manifest
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.cache.prepare import prepare
from d2m_cli.data.sources.music import read_music
from d2m_cli.errors import DataError
from d2m_cli.progress import Progress

FEWEST = 10
"""Pieces that a style is learnt from, with those that are held out."""
HELD_OUT = 5
"""Of so many pieces one is held out; two at least."""


@dataclass(frozen=True)
class OwnMusic:
    """Prepared pieces."""

    cache: Path
    """Where they lie: their splits are `train` and `validation`."""
    learnt: tuple[PieceFile, ...]
    held_out: tuple[PieceFile, ...]
    failures: tuple[FailedPiece, ...]
    """What cannot be used, with the reason."""


def prepare_own_music(
    folder: Path, cache: Path, style: str, workers: int, progress: Progress
) -> OwnMusic:
    """Prepare the music in a folder; which pieces are held out depends on their names alone.

    Raises `DataError` where fewer than `FEWEST` pieces can be used; it names those that cannot.
    """
    if not folder.is_dir():
        raise DataError(f"There is no folder {folder}: give the folder of your music.")
    found = len(read_music(folder).pieces)
    if found < FEWEST:
        raise DataError(_too_few(folder, found, ()))
    manifest = prepare("music", folder, cache, workers=workers, progress=progress)
    unusable = [e for e in manifest.entries if "beats" not in e.holds or not e.bpm]
    failures = (*manifest.failures, *(FailedPiece(e.name, "it has no beat") for e in unusable))
    usable = [entry for entry in manifest.entries if entry not in unusable]
    if len(usable) < FEWEST:
        raise DataError(_too_few(folder, len(usable), failures))
    order = sorted(usable, key=lambda e: hashlib.sha256(e.name.encode()).hexdigest())
    apart = {entry.name for entry in order[: max(2, round(len(order) / HELD_OUT))]}
    entries = [
        replace(entry, style=style, split="validation" if entry.name in apart else "train")
        for entry in usable
    ]
    write_manifest(cache, replace(manifest, entries=tuple(entries)))
    files = [PieceFile(cache, entry) for entry in entries]
    return OwnMusic(
        cache,
        tuple(file for file in files if file.entry.split == "train"),
        tuple(file for file in files if file.entry.split == "validation"),
        failures,
    )


def _too_few(folder: Path, usable: int, failures: tuple[FailedPiece, ...]) -> str:
    named = "".join(f"; {Path(f.path).name}: {f.reason.rstrip('.')}" for f in failures)
    return (
        f"{folder} has {usable} pieces of music that can be used, and {FEWEST} or more are "
        f"needed{named}: add some."
    )
