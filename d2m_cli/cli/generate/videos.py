"""The videos that a command line means: files, folders and patterns."""

from pathlib import Path

from d2m_cli.cli.values import is_address, plain_path
from d2m_cli.errors import InputError

SUFFIXES = {
    *(".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"),
    *(".mts", ".ts", ".webm", ".wmv", ".asf", ".dv", ".f4v", ".mxf", ".ogv", ".rm", ".vob"),
}
"""Files that are taken as videos where a folder is given."""

_MADE = ".d2m"
"""Stands in the names of videos that d2m made."""


def find_videos(given: list[str]) -> list[Path]:
    """The videos meant by file names, folders and patterns; a file may be missing.

    Raises `InputError` for a folder without videos, a pattern that fits none, an address, no name.
    """
    found: list[Path] = []
    for name in map(plain_path, given):
        if not name:
            raise InputError("A video's name is empty: check the variable or the quotes around it.")
        if is_address(name):
            raise InputError(
                f"{name} is an address: download the video first (for instance with yt-dlp), "
                "or mount what holds it; then give its file."
            )
        path = Path(name)
        if path.is_dir():
            found += _videos_in(path)
        elif not path.exists() and set(name) & set("*?["):
            found += _matches(name)
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _videos_in(folder: Path) -> list[Path]:
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder} cannot be read ({error.strerror}).") from error
    videos = [
        file
        for file in files
        if file.suffix.lower() in SUFFIXES and not _is_passed_over(file) and file.is_file()
    ]
    if not videos:
        raise InputError(f"The folder {folder} holds no video: give one that does, or files.")
    return videos


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern)
    fixed = next(p for p in path.parents if not set(str(p)) & set("*?["))
    found = sorted(fixed.glob(str(path.relative_to(fixed))))
    files = [file for file in found if file.is_file() and not _is_passed_over(file)]
    if not files:
        raise InputError(f"No file matches {pattern}: check the pattern.")
    return files


def _is_passed_over(file: Path) -> bool:
    """Whether a file is hidden, or named like one that d2m made."""
    return file.name[0] == "." or _MADE in {suffix.lower() for suffix in file.suffixes[:-1]}
