"""The project file and its folder: what is where, and that it is written whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from d2m_cli.errors import InputError, OutputError
from d2m_cli.files import not_writable, read_json, write_json

FORMAT = 1
NAME = "project.d2m.json"
SUFFIX = ".d2m.json"
DANCE = "dance.npz"
TAKES = "takes"
_LOCK = ".lock"
_DRAFTS = ".part"


def project_file(given: Path) -> Path:
    """The project file that a path means: itself, or the one in that folder.

    Raises `InputError` where there is none.
    """
    file = given / NAME if given.is_dir() else given
    if not file.name.endswith(SUFFIX):
        raise InputError(f"{given} is no project: name its file, which ends in {SUFFIX}.")
    if not file.is_file():
        raise InputError(f"There is no project {file}: check the path.")
    return file


def read_project(file: Path) -> dict[str, Any]:
    """The state of a project. Raises `InputError` for a file that holds something else."""
    state = read_json(file, InputError, "give the file of a project of d2m studio")
    if not isinstance(state, dict) or not isinstance(state.get("format"), int):
        raise InputError(f"{file} is no project of d2m studio: give the file of one.")
    if state["format"] != FORMAT:
        raise InputError(
            f"{file} has format {state['format']}, and this d2m reads {FORMAT}: use a newer d2m."
        )
    kinds = {"video": str, "settings": dict, "takes": dict, "next": int, "edits": list}
    wrong = [key for key, kind in kinds.items() if not isinstance(state.get(key), kind)]
    if wrong:
        raise InputError(f"{file} is damaged (its '{wrong[0]}' is missing): restore a copy of it.")
    return state


def write_project(file: Path, state: dict[str, Any]) -> None:
    """Write the state of a project. Raises `OutputError`."""
    write_json(file, state)


def relative_to(folder: Path, path: Path) -> str:
    """A path as the project file holds it: from its folder on, so that both can move together."""
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    except ValueError:  # another drive of Windows
        return path.absolute().as_posix()


def lock_of(folder: Path) -> FileLock:
    """The lock of a project, not held."""
    return FileLock(folder / _LOCK, thread_local=False)


def hold(folder: Path) -> FileLock:
    """Keep a project for this process until the lock is released.

    Raises `InputError` when another process has it, `OutputError` where nothing can be written.
    """
    lock = lock_of(folder)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"{folder} is open in another d2m studio: work there, or close it first."
        ) from None
    except OSError as error:
        raise not_writable(folder, error) from error
    return lock


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A draft of a take's folder: it takes its place at the end, or vanishes on an error.

    Raises `OutputError` when the disk refuses.
    """
    drafts = folder.parent / _DRAFTS
    draft = drafts / folder.name
    try:
        sweep(folder.parent)
        draft.mkdir(parents=True)
        yield draft
        draft.replace(folder)
    except OSError as error:
        raise not_writable(folder, error) from error
    finally:
        sweep(folder.parent)


def sweep(takes: Path) -> None:
    """Remove what work that was broken off left beside the takes."""
    shutil.rmtree(takes / _DRAFTS, ignore_errors=True)


def check_new(folder: Path) -> None:
    """Raise `OutputError` where no new project can be made."""
    if (folder / NAME).exists():
        raise OutputError(f"{folder} holds a project: open it, or name another folder.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} exists and is no project: name another folder.")


@contextmanager
def new_folder(folder: Path) -> Iterator[None]:
    """Make a folder, unless it is there; on an error what was made vanishes.

    Raises `OutputError` when the disk refuses.
    """
    there = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException as error:
        if not there:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise not_writable(folder, error) from error
        raise
