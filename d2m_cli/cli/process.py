"""Settings of the command's own process, which nobody who imports d2m gets."""

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SWITCH_SECONDS = 0.0005
"""After which a thread hands Python's lock on: the pose needs it for a moment now and then, while
torch is imported beside it."""

MANY_OBJECTS = 100_000
"""New ones between two searches for garbage: what a command imports is none."""


def settle_process() -> None:
    """To be called before a library starts threads."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin starve the others
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(MANY_OBJECTS)


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Let a `SystemExit` within end the process as soon as all that is to be done at its end is.

    Python would take every object apart first, which takes most of a second with torch. Threads are
    waited for and whatever was registered with `atexit` is called all the same.
    """
    ended: list[int] = []

    def leave() -> None:
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        if ended:
            os._exit(ended[0])

    atexit.register(leave)  # what is registered first is called last
    try:
        yield
    except SystemExit as error:
        ended.append(error.code if isinstance(error.code, int) else int(error.code is not None))
        raise
