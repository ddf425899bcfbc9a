"""The process that looks at a video. It may be started before anybody knows what it shall look at,
for its beginning takes a while; this module imports next to nothing, so that it can be so early."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys

_CODE = "import sys; sys.path[:] = {path!r}; from d2m_cli.analysis import apart; apart.main()"

_spare: list[subprocess.Popen[bytes]] = []
"""What was started early and is not taken yet."""


def start_early() -> None:
    """Start a process for the first who asks; it ends with this one when nobody does."""
    _spare.append(_started())
    atexit.register(_end_spare)


def child() -> subprocess.Popen[bytes]:
    """A process that takes a task from its standard input (`apart.main`)."""
    try:
        return _spare.pop()
    except IndexError:
        return _started()


def _started() -> subprocess.Popen[bytes]:
    path = [os.path.abspath(place) for place in sys.path]  # noqa: PTH100 - "" is here
    command = [sys.executable, "-c", _CODE.format(path=path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _end_spare() -> None:
    for process in _spare:
        process.kill()
        process.wait()
