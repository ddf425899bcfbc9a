"""What ends a command from outside: signals, and streams that take no more text."""

import os
import signal
import sys
from types import FrameType

_SIGNALS = [
    number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
]


def end_on_signals() -> None:
    """Let SIGTERM and SIGHUP end the command as Ctrl-C does: whatever it began is cleaned up.

    The exit status is 128 and the signal's number. A signal that is ignored (nohup) stays so.
    """
    for number in _SIGNALS:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)  # a second one must not stop the cleaning up
    raise SystemExit(128 + number)


def take_any_text() -> None:
    """Let names that the terminal's encoding lacks be shown with escapes instead of failing.

    A standard stream that is closed (`>&-`) takes text too, and loses it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes this number, else a file of ours would get it
    sys.stdout = sys.stdout or os.fdopen(1, "w")
    sys.stderr = sys.stderr or os.fdopen(2, "w")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def flush_output() -> OSError | None:
    """Write what waits for standard output; gives the error when nobody takes it, once."""
    try:
        sys.stdout.flush()
    except OSError as error:
        # Python would try again at the end, and complain in its own words.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return error
    return None
