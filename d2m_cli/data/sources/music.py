"""Layout `music`: a folder of music without dance, with or without a `manifest.json`.

The manifest is a list of records with `file` (path inside the folder) and, where known, `split`,
`style` and `licence`. Without one, every sound file below the folder is taken and split by name.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from d2m_cli.data.sources.piece import SPLITS, Piece, Problem, Reading
from d2m_cli.data.sources.splits import split_of_song
from d2m_cli.errors import DataError
from d2m_cli.files import read_json

SOUND = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac")


def read_music(root: Path) -> Reading:
    """Pieces of a folder of music. Raises `DataError` when there is none in it."""
    manifest = root / "manifest.json"
    records = _records(manifest) if manifest.exists() else _found(root)
    pieces: list[Piece] = []
    problems: list[Problem] = []
    for record in records:
        path = root / str(record.get("file", ""))
        name = "__".join(path.relative_to(root).with_suffix("").parts)
        split = record.get("split") or split_of_song(name)
        if not path.is_file():
            problems.append(Problem(path, "the manifest names it, but it is not there"))
        elif split not in SPLITS:
            problems.append(Problem(path, f"its split '{split}' is none of {', '.join(SPLITS)}"))
        else:
            pieces.append(
                Piece(
                    name=name,
                    song=name,
                    split=split,
                    music=path,
                    style=record.get("style") or "",
                    licence=record.get("licence") or "",
                )
            )
    if not pieces:
        raise DataError(f"{root} holds no music: give a folder of sound files.")
    return Reading(tuple(pieces), tuple(problems))


def find_sound(folders: Sequence[Path], stem: str) -> Path | None:
    """The first sound file called `stem` in one of `folders`, whatever its format."""
    candidates = (folder / f"{stem}{suffix}" for folder in folders for suffix in SOUND)
    return next((path for path in candidates if path.exists()), None)


def _records(manifest: Path) -> list[dict[str, Any]]:
    records = read_json(manifest)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise DataError(f"{manifest} must be a list of records with a 'file' each.")
    return records


def _found(root: Path) -> list[dict[str, Any]]:
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in SOUND)
    return [{"file": str(path.relative_to(root))} for path in files]
