"""Whether a path is a file that can be read; imports nothing heavy, for the first check."""

import os
from contextlib import suppress
from pathlib import Path

from d2m_cli.errors import InputError

_OPEN_FILES = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Names of what this process has open; ffmpeg would find its own there."""


def check_readable(path: Path) -> None:
    """Make sure that `path` is a file, which can be read several times.

    Raises `InputError` when it is missing, a folder, a pipe or a device.
    """
    if str(path) == "-" or path.is_fifo() or path.is_socket():
        _let_go(path)
        raise InputError(f"{path} is a pipe, and d2m reads a video several times: save it first.")
    if not path.exists():
        raise InputError(f"{path} does not exist: check the path.")
    if path.is_dir():
        raise InputError(f"{path} is a folder: give a file.")
    if path.is_char_device() or path.is_block_device():
        raise InputError(f"{path} is a device: give a file.")
    if str(path).startswith(_OPEN_FILES):
        raise InputError(f"{path} is no file for other programs: give the file's own name.")


def _let_go(pipe: Path) -> None:
    """End the wait of a program that would write to a named pipe; else it would wait for ever."""
    with suppress(OSError):
        os.close(os.open(pipe, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)))
