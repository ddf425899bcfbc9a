"""How an error is shown to a user: one sentence each."""

import errno
import os
import tempfile
from pathlib import Path

from d2m_cli.errors import D2MError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNREACHABLE = (
    *(errno.ENAMETOOLONG, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENOTDIR, errno.EROFS),
    *(errno.EIO, getattr(errno, "ESTALE", errno.EIO)),
)
"""What a place is to blame for, whoever asks for it: a network's disk goes, a card is torn out."""

_NO_MEMORY = ("failed to map segment", "can't allocate memory", "Cannot allocate memory")
"""What libraries say when they get none: the loader of shared ones, torch, the system."""


def sentence(error: Exception) -> str:
    """What is wrong, in one sentence; an error that nobody foresaw says that it is a defect."""
    if isinstance(error, D2MError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _FULL:
        place, other = error.filename or "the output of this command", ""
        if str(place).startswith(tempfile.gettempdir()):
            place, other = "temporary files", f" in {place}, or name another folder in TMPDIR"
        return f"There is no room left for {place} ({error.strerror}): free some space{other}."
    if isinstance(error, OSError) and error.errno in _UNREACHABLE and error.filename:
        return (
            f"{os.fsdecode(error.filename)} cannot be reached ({error.strerror}): check the name, "
            "the folders on the way and their permissions."
        )
    if isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY):
        return "Memory ran out: close other programs, or allow this one more."
    return (
        f"unexpected {type(error).__name__}: {error} "
        "(this is a defect of d2m; --debug shows where)."
    )


def check_current_folder() -> None:
    """Make sure that the current folder is still there. Raises `D2MError`."""
    try:
        Path.cwd()
    except OSError as error:
        raise D2MError(
            f"The current folder is gone ({error.strerror}): change to one that exists (cd)."
        ) from error
