"""What the evaluation commands write: JSON and CSV, whole or not at all."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from d2m_cli.errors import OutputError


def print_json(record: Mapping[str, Any]) -> None:
    """Print a record as JSON; a figure that is not finite is an error of ours, so it raises."""
    print(json.dumps(record, indent=1, allow_nan=False))


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Write a record as JSON."""
    write_text(path, json.dumps(record, indent=1, allow_nan=False))


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write records with the same keys as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def write_text(path: Path, text: str) -> None:
    """Write a text file under a temporary name, then rename it. Raises `OutputError`."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror}): choose another place."
        ) from error
