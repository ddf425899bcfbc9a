"""A video must stay as it is while it is read: a download may go on, a card may be pulled out."""

from collections.abc import Iterator
from contextlib import contextmanager

from d2m_cli.errors import InputError
from d2m_cli.types import Clip, file_state


@contextmanager
def unchanged(clip: Clip) -> Iterator[None]:
    """Make sure that the video of `clip` is, before and after, the file that was probed.

    Raises `InputError` when it is gone or another one, whatever else went wrong through that.
    """
    _check(clip)
    try:
        yield
    except Exception as error:
        _check(clip, error)
        raise
    _check(clip)


def _check(clip: Clip, cause: Exception | None = None) -> None:
    if clip.state is None or file_state(clip.path) == clip.state:
        return
    if not clip.path.exists():
        raise InputError(f"{clip.path} is gone: put it back, then run this again.") from cause
    raise InputError(
        f"{clip.path} changed while it was read: wait until it is complete, then run this again."
    ) from cause
