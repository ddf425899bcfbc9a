"""Where outputs are written: a draft beside each, held by one process, and the scratch folder."""

import errno
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from d2m_cli.errors import OutputError

_SCRATCH = "d2m-"
_LONGEST_NAME = 255
"""Bytes that every usual file system takes."""

_held: dict[Path, Path] = {}
"""Drafts of this process by the file that each becomes."""


def longest_name(folder: Path) -> int:
    """Bytes that the name of a file in `folder` may have."""
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):
        return _LONGEST_NAME


def named_after(video: Path, ending: str, folder: Path) -> Path:
    """The file in `folder` that is named after `video`, its name cut where it would be too long."""
    room = longest_name(folder if folder.is_dir() else Path()) - len(ending)
    stem = os.fsencode(video.stem)[: max(room, 1)]
    if len(stem) < len(os.fsencode(video.stem)):  # no half letter at the end
        stem = stem.decode("utf-8", "ignore").encode() or stem
    return folder / (os.fsdecode(stem) + ending)


@contextmanager
def reserved(out: Path) -> Iterator[Path]:
    """Keep `out` for this process; gives the draft to write, which is gone at the end.

    A process that is killed leaves at most the draft, which the next one replaces. A symbolic link
    stays: what it points to is written.

    Raises `OutputError` when another process holds `out`, or its folder does not allow it.
    """
    final = Path(os.path.realpath(out))
    if final in _held:
        yield _held[final]
        return
    digest = hashlib.sha256(os.fsencode(final.name)).hexdigest()[:12]
    draft = final.with_name(f".d2m-{digest}{final.suffix}")
    try:
        lock = _locked(draft)
    except OSError as error:
        raise unwritable(out, error) from error
    if lock is None:
        raise OutputError(f"{out} is being written by another d2m: wait, or name another output.")
    _held[final] = draft
    try:
        yield draft
    finally:
        del _held[final]
        draft.unlink(missing_ok=True)
        os.close(lock)


@contextmanager
def finished_file(out: Path) -> Iterator[Path]:
    """A draft beside `out` to write to: it takes the name `out` at the end, or vanishes on error.

    Raises `OutputError` when the folder does not allow it, its disk is full, or another process
    writes the same file.
    """
    with reserved(out) as draft:
        try:
            yield draft
            draft.replace(os.path.realpath(out))
        except OutputError as error:  # of whoever wrote the draft, and knows no other name
            raise OutputError(str(error).replace(str(draft), str(out))) from error
        except OSError as error:
            raise unwritable(out, error) from error
        except RuntimeError as error:
            from soundfile import LibsndfileError  # needs numpy, which a first check must not

            if not isinstance(error, LibsndfileError):
                raise
            raise unwritable(out, _cause(draft)) from error


def unwritable(out: Path, cause: OSError | str) -> OutputError:
    """The sentence for an output that cannot be written; a full disk is named with its folder."""
    reason = cause if isinstance(cause, str) else (cause.strerror or str(cause))
    folder = out.absolute().parent
    if not is_full(reason):
        return OutputError(f"{out} cannot be written ({reason}).")
    scratch = Path(tempfile.gettempdir()).absolute()
    inside = [place for place in (folder, *folder.parents) if place.parent == scratch]
    if inside and inside[0].name.startswith(_SCRATCH):
        return no_scratch(reason)
    return OutputError(
        f"{out} cannot be written ({reason}): free some space in {folder}, or choose another place."
    )


def no_scratch(cause: OSError | str) -> OutputError:
    """The sentence for a temporary file that cannot be written."""
    reason = cause if isinstance(cause, str) else (cause.strerror or str(cause))
    state = "is full" if is_full(reason) else f"cannot be written to ({reason})"
    return OutputError(
        f"The temporary folder {tempfile.gettempdir()} {state}: free some space, or name another "
        "one in TMPDIR."
    )


@contextmanager
def writing_scratch() -> Iterator[None]:
    """Where a file in a scratch folder is written: it is that folder's disk which may be full.

    Raises `OutputError` then.
    """
    try:
        yield
    except OSError as error:
        if not is_full(error.strerror or ""):
            raise
        raise no_scratch(error) from error


def is_full(report: str) -> bool:
    """Whether a system's or a program's words tell of a disk without room."""
    told = report.lower()
    words = (os.strerror(code) for code in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
    return any(word.lower() in told for word in words)


def scratch_folder() -> "tempfile.TemporaryDirectory[str]":
    """A new folder for files in between; it goes with the object, at the latest with the process.

    Raises `OutputError` when there is no place for temporary files.
    """
    try:
        return tempfile.TemporaryDirectory(prefix=f"{_SCRATCH}{os.getpid()}-")
    except OSError as error:
        raise OutputError(
            "There is no folder for temporary files that can be written to "
            f"({error.strerror}): name one in TMPDIR."
        ) from error


def abandoned_scratch() -> list[Path]:
    """Scratch folders of processes that are no more: they were killed before they could clean."""
    with suppress(OSError):
        found = sorted(Path(tempfile.gettempdir()).glob(f"{_SCRATCH}[0-9]*-*"))
        return [folder for folder in found if folder.is_dir() and not _runs(folder)]
    return []


def _runs(folder: Path) -> bool:
    if sys.platform == "win32":  # there, asking would send the process a Ctrl-C
        return True
    number = folder.name.removeprefix(_SCRATCH).partition("-")[0]
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, ValueError):
        return False
    except OSError:
        return True
    return True


def _locked(draft: Path) -> int | None:
    """A new empty file `draft` that this process alone holds; None where another one does."""
    if sys.platform == "win32":  # no open file can be renamed there, so nothing is held
        return os.open(os.devnull, os.O_RDONLY)
    while True:
        file = os.open(draft, os.O_RDWR | os.O_CREAT, 0o666)
        if not _hold(file):
            os.close(file)
            return None
        if _is_at(file, draft):
            break
        os.close(file)  # its holder has just given it its final name
    if os.fstat(file).st_size == 0:
        return file
    # Left by a killed process, whose ffmpeg may still be writing to it: begin a new file.
    draft.unlink(missing_ok=True)
    os.close(file)
    return _locked(draft)


def _hold(file: int) -> bool:
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _cause(draft: Path) -> OSError | str:
    """Why libsndfile could not write (it says no more than 'System error'): a write tells."""
    try:
        with draft.open("ab") as file:
            file.write(bytes(1 << 16))
    except OSError as error:
        return error
    return "libsndfile could not write it"
