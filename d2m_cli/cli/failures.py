"""How an error is shown to a user: one sentence each."""

import errno

from d2m_cli.errors import D2MError

_FULL = (errno.ENOSPC, errno.EDQUOT)


def sentence(error: Exception) -> str:
    """What is wrong, in one sentence; an error that nobody foresaw says that it is a defect."""
    if isinstance(error, D2MError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _FULL:
        place = error.filename or "the output of this command"
        return f"There is no room left for {place} ({error.strerror}): free some space."
    return (
        f"unexpected {type(error).__name__}: {error} "
        "(this is a defect of d2m; --debug shows where)."
    )
