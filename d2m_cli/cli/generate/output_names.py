"""Names of outputs: what a piece is called, where it lies, and the folders that are made for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from d2m_cli.cli.values import is_address
from d2m_cli.errors import OutputError
from d2m_cli.files import make_folder

MakeFolder = Callable[[Path], None]


@contextmanager
def new_folders() -> Iterator[MakeFolder]:
    """A way to make folders, of which those that hold nothing at the end vanish again."""
    made: list[Path] = []

    def make(folder: Path) -> None:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        make_folder(folder)
        made.extend(missing)

    try:
        yield make
    finally:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def label_of(
    style: str | None, seed: int, variants: list[tuple[str | None, int]], takes: int
) -> str:
    """What distinguishes a piece from the others of its video, as a part of a file's name."""
    several_styles = len({other for other, _ in variants}) > 1
    words = [*([str(style)] if several_styles else []), *([f"seed{seed}"] if takes > 1 else [])]
    return f".{'-'.join(words)}" if words else ""


def place(given: str, video: Path, ending: str, label: str, videos: int) -> Path:
    """The output for a piece: `given` itself, or a file in it where it is (to be) a folder.

    Raises `OutputError` where several videos would share a file, or it is not clear what is meant.
    """
    from d2m_cli.output.places import named_after

    path = Path(given)
    if is_address(given):
        raise OutputError(
            f"{given} is an address: mount what it names, or give a folder and copy that there."
        )
    if given == "-" or (path.exists() and not path.is_file() and not path.is_dir()):
        raise OutputError(f"{given} is a device or a pipe: name a file.")
    if _is_folder(given) or (videos > 1 and not path.suffix):
        return named_after(video, ending, path)
    if videos > 1:
        raise OutputError(
            f"{videos} videos do not fit into the one file {given}: give -o {path.stem}/."
        )
    if not path.suffix:
        suffix = f".{ending.rpartition('.')[2]}"
        raise OutputError(f"{given} has no suffix: give {given}{suffix}, or {given}/ for a folder.")
    return path.with_name(f"{path.stem}{label}{path.suffix}") if label else path


def _is_folder(given: str) -> bool:
    return given.endswith(("/", os.sep)) or Path(given).is_dir()


def check_names(paths: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Make sure that nothing is written twice, or over what is read. Raises `OutputError`."""
    read = {os.path.realpath(path) for path in inputs}
    seen: set[str] = set()
    for path in paths:
        final = os.path.realpath(path)
        if final in read:
            raise OutputError(f"{path} is an input of this command: name another output.")
        if final in seen:
            raise OutputError(
                f"Two outputs would be {path}: name them apart, and give videos of one name one "
                "at a time."
            )
        seen.add(final)
