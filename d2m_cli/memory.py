"""Memory that was freed, and that the C library would keep."""

import ctypes
import sys

_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""


def give_back() -> None:
    """Hand what is free back to the system: what one step needed, the next one does not."""
    trim = getattr(_libc(), "malloc_trim", None)
    if trim is not None:
        trim(0)


def share_one_heap() -> None:
    """Let the threads of this process share one heap, so that what one frees another can use.

    To be called before threads begin; elsewhere than on Linux with glibc it does nothing.
    """
    mallopt = getattr(_libc(), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if sys.platform == "linux" else None
