"""The process that looks at a video. It may be started before anybody knows what it shall look at,
for its beginning takes a while; this module imports next to nothing, so that it can be so early."""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CODE = "import sys; sys.path[:] = {path!r}; from d2m_cli.analysis import apart; apart.main()"

_spare: list[subprocess.Popen[bytes]] = []
"""What was started early, or has looked already, and is not taken yet."""
_to_come = 0
"""Looks for which a process that is done is kept."""


def start_early() -> None:
    """Start a process for the first who asks; it ends with this one when nobody does."""
    if not _spare:
        _spare.append(_started())
        atexit.register(_end_spare)


def expect(looks: int) -> None:
    """Keep a process that is done for the next of so many looks; 0 ends what is kept."""
    global _to_come
    _to_come = looks
    if not looks:
        _end_spare()


def child() -> subprocess.Popen[bytes]:
    """A process that takes tasks from its standard input (`apart.main`)."""
    global _to_come
    _to_come = max(0, _to_come - 1)
    while _spare:
        process = _spare.pop()
        if process.poll() is None:
            return process
        end(process)
    return _started()


def give_back(process: subprocess.Popen[bytes]) -> None:
    """Take back a process whose task is done: it is kept where another look is to come."""
    if _to_come:
        _spare.append(process)
    else:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process, whatever it does."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            with suppress(BrokenPipeError):
                pipe.close()
    process.wait()


def _started() -> subprocess.Popen[bytes]:
    path = [os.path.abspath(place) for place in sys.path]  # noqa: PTH100 - "" is here
    command = [sys.executable, "-c", _CODE.format(path=path)]
    with _interrupt_held():
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@contextmanager
def _interrupt_held() -> Iterator[None]:
    """Hold Ctrl-C back: a process that is started meanwhile never gets it, from its first moment.

    A terminal sends it to both, and the other one would print where it was.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_spare() -> None:
    while _spare:
        end(_spare.pop())
