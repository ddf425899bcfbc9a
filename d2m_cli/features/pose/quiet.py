"""Native libraries that write log lines which no setting silences."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_stderr_lock = threading.Lock()


@contextmanager
def native_stderr_muted() -> Iterator[None]:
    """Send what native code writes to file descriptor 2 nowhere.

    `sys.stderr` is moved to a copy of the real descriptor meanwhile, so that a progress bar of
    another thread goes on. The lock keeps two muters from restoring each other's null device.
    """
    with _stderr_lock:
        python_stderr = sys.stderr
        real = os.dup(2)
        null = os.open(os.devnull, os.O_WRONLY)
        # When `sys.stderr` is no longer the descriptor 2 (captured, say), it needs no moving.
        owns_fd = _descriptor(python_stderr) == 2
        try:
            if owns_fd:
                python_stderr.flush()
                sys.stderr = os.fdopen(os.dup(real), "w", buffering=1, errors="backslashreplace")
            os.dup2(null, 2)
            yield
        finally:
            os.dup2(real, 2)
            if owns_fd:
                moved, sys.stderr = sys.stderr, python_stderr
                moved.close()
            os.close(null)
            os.close(real)


def _descriptor(stream: object) -> int | None:
    try:
        return int(stream.fileno())  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return None
