"""Which file belongs to which dance.

Convention: the dance of a file is its name without suffix and without what `d2m generate` adds:
`X.d2m.mp4` and `X.d2m.2.wav` belong to the dance `X`, as `X.mp4` does.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from d2m_cli.errors import DataError

_GENERATED = re.compile(r"(?P<dance>.+?)\.d2m(?:[.\-_].*)?")


def is_generated(path: Path) -> bool:
    """Whether the name is one that `d2m generate` gives."""
    return _GENERATED.fullmatch(path.stem) is not None


def dance_of(path: Path) -> str:
    """Name of the dance that a file belongs to."""
    made = _GENERATED.fullmatch(path.stem)
    return made["dance"] if made else path.stem


def visible_files(folder: Path) -> list[Path]:
    """Files of a folder in the order of their names, hidden ones left out."""
    return [p for p in sorted(folder.iterdir()) if p.is_file() and not p.name.startswith(".")]


def by_dance(files: Iterable[Path], prefer_generated: bool) -> dict[str, Path]:
    """One file for each dance.

    Where an original lies beside what `d2m generate` made of it, `prefer_generated` chooses. Raises
    `DataError` when a dance has several files of the same kind.
    """
    found: dict[str, Path] = {}
    for path in files:
        dance = dance_of(path)
        other = found.get(dance)
        if other is None or is_generated(other) != is_generated(path):
            if other is None or is_generated(path) == prefer_generated:
                found[dance] = path
        else:
            raise DataError(
                f"{other.name} and {path.name} belong to one dance, '{dance}': keep one of them."
            )
    return found


def takes_of(dance: str, files: Sequence[Path]) -> list[Path]:
    """Files with music for a dance: `X.wav`, `X.d2m.mp4`, or `X.1.wav`, `X.2.wav` for seeds.

    An original video beside generated files is not music for the dance.
    """
    takes = [path for path in files if dance_of(path) == dance or _is_take(path.stem, dance)]
    made = [path for path in takes if is_generated(path)]
    return made or takes


def _is_take(stem: str, dance: str) -> bool:
    head, dot, number = stem.rpartition(".")
    return bool(dot) and head == dance and number.isdigit()


def pair_files(reference: Path, generated: Path) -> tuple[list[tuple[str, Path, Path]], list[str]]:
    """Pairs (dance, reference, generated), and the dances that only one folder has.

    Two files make one pair whatever their names. Raises `DataError` for a missing path, a file
    beside a folder, several files of one dance, or folders without a common dance.
    """
    for path in (reference, generated):
        if not path.exists():
            raise DataError(f"{path} does not exist: check the path.")
    if reference.is_dir() != generated.is_dir():
        raise DataError("Give two files or two folders, not one of each.")
    if reference.is_file():
        return [(dance_of(generated), reference, generated)], []
    known = by_dance(visible_files(reference), prefer_generated=False)
    made = by_dance(visible_files(generated), prefer_generated=True)
    common = sorted(known.keys() & made.keys())
    if not common:
        raise DataError(
            f"No file in {generated} belongs to a file in {reference}: name them X.wav and X.wav, "
            "or X.mp4 and X.d2m.mp4."
        )
    return [(name, known[name], made[name]) for name in common], sorted(known.keys() ^ made.keys())
