"""What ends a command from outside: signals, and streams that take no more text."""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False  # as typing's, which takes long to import
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

_SIGNALS = [
    number for name in ("SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
]


INTERRUPTED = 130
"""Exit status after Ctrl-C."""

_MOMENT = 0.02
"""Seconds after which Ctrl-C that was dropped comes again."""


def leave_on_interrupt() -> None:
    """Let Ctrl-C end the command at once, as long as it has begun nothing that is to be cleaned up.

    Python's own way would show where in its imports it came, or lose it in one of them. Ctrl-C that
    is ignored stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def clean_up_on_interrupt() -> None:
    """Let Ctrl-C raise `KeyboardInterrupt` again, now that there may be something to clean up.

    It is raised once more where Python drops it, as it does in the midst of an import.
    """
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.unraisablehook = _interrupt_again


def _interrupt_again(dropped: Any) -> None:
    if not issubclass(dropped.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(dropped)
        return
    from threading import Timer

    Timer(_MOMENT, _interrupt_main).start()  # not in here: it would be lost


def _interrupt_main() -> None:
    """As Ctrl-C does, from another thread; it ends the main one's waiting, too."""
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)
    else:
        from threading import main_thread

        signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)


def _leave(number: int, frame: FrameType | None) -> None:
    os._exit(INTERRUPTED)


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
