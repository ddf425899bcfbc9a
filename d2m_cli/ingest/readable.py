"""Whether a path is a file that can be read; imports nothing heavy, for the first check."""

import os
from contextlib import suppress
from pathlib import Path

from d2m_cli.errors import InputError

_LOOK_AT = 4096
"""Bytes at the start of a file that show whether it is a playlist."""

_XML_PLAYLISTS = (b"<MPD", b"<CompositionPlaylist")

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
    if _is_playlist(path):
        raise InputError(
            f"{path} is a playlist, which only names videos: download or join them into one file."
        )
    if str(path).startswith(_OPEN_FILES):
        raise InputError(f"{path} is no file for other programs: give the file's own name.")


def _is_playlist(path: Path) -> bool:
    """Whether ffmpeg would take `path` for a list of other files or addresses, and open those."""
    try:
        with path.open("rb") as file:
            begin = file.read(_LOOK_AT)
    except OSError:
        return False
    words = begin.removeprefix(b"\xef\xbb\xbf").lstrip()
    if words.startswith((b"#EXTM3U", b"ffconcat")):
        return True
    is_xml = words.startswith((b"<?xml", b"<MPD", b"<CompositionPlaylist"))
    is_session = words.startswith(b"v=0") and b"\nc=IN IP" in begin
    return is_session or (is_xml and any(word in begin for word in _XML_PLAYLISTS))


def _let_go(pipe: Path) -> None:
    """End the wait of a program that would write to a named pipe; else it would wait for ever."""
    with suppress(OSError):
        os.close(os.open(pipe, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)))
