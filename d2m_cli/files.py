"""Files that appear whole or not at all, and JSON that is read with one error text."""

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from d2m_cli.errors import D2MError, DataError, OutputError

_LONG_NAME = 240
"""Bytes from which on a draft's name would be longer than most folders take."""


@contextmanager
def whole_file(path: Path, *refusals: type[Exception]) -> Iterator[Path]:
    """A draft in the folder of `path`: it takes that name at the end, or vanishes on an error.

    The draft keeps the suffix, since some writers choose the format by it. What a killed process
    left is written over by the next try. A missing folder is made.

    Raises `OutputError` when the disk refuses; `refusals` are the exceptions, besides `OSError`, by
    which the writing library reports that.
    """
    expected: tuple[type[Exception], ...] = (OSError, *refusals)
    name = path.stem if len(os.fsencode(path.name)) < _LONG_NAME else "long-name"
    draft = path.with_name(f".{name}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(path)
    except expected as error:
        raise not_writable(path, error) from error
    finally:
        draft.unlink(missing_ok=True)


def not_writable(path: Path, error: Exception) -> OutputError:
    """The error of a file or folder that the disk refuses."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return OutputError(
        f"{path} cannot be written ({reason}): free some space or choose another place."
    )


def make_folder(folder: Path) -> None:
    """Make a folder, with those it lies in, unless it is there. Raises `OutputError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise OutputError(
            f"{folder} is a file, where a folder is needed: name another one."
        ) from None
    except OSError as error:
        raise OutputError(
            f"The folder {folder} cannot be made ({error.strerror}): choose another place."
        ) from error


def printable(name: str) -> str:
    """A file's name as one line of text: bytes that are no letters become `?`, breaks spaces."""
    text = name.encode("utf-8", "replace").decode()
    return "".join(letter if letter.isprintable() else " " for letter in text)


def write_text(path: Path, text: str) -> None:
    """Write a text file. Raises `OutputError`."""
    with whole_file(path) as draft:
        draft.write_text(text, encoding="utf-8")


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record as JSON.

    Raises `OutputError`, and `ValueError` for a figure that is not finite.
    """
    write_text(path, _json(record) + "\n")


def print_json(record: Mapping[str, Any]) -> None:
    """Print a record as JSON. Raises `ValueError` for a figure that is not finite."""
    print(_json(record))


def read_json(
    path: Path, kind: type[D2MError] = DataError, advice: str = "check the file, or make it again"
) -> Any:
    """Content of a JSON file.

    Raises an error of `kind`, which gives the reason and then the `advice`, when the file is
    missing or holds something else.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise kind(f"{path} cannot be read as JSON ({error.strerror}): {advice}.") from error
    except (ValueError, RecursionError) as error:
        raise kind(f"{path} cannot be read as JSON ({error}): {advice}.") from error


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write records with the same keys as CSV. Raises `OutputError`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def _json(record: Mapping[str, Any]) -> str:
    return json.dumps(dict(record), indent=2, allow_nan=False)
