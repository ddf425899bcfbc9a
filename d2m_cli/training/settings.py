"""Settings of a training stage: a typed dataclass, filled from a TOML file.

Every field has its default in the dataclass, so a recipe holds only what differs from it. A field
that is itself a dataclass is a table in the file.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from d2m_cli.errors import D2MError

Settings = TypeVar("Settings")


class SettingsError(D2MError):
    """A settings file cannot be read, or holds a name or value that does not exist."""


def read_settings(path: Path, kind: type[Settings]) -> Settings:
    """Fill the dataclass `kind` from the TOML file at `path`; raises `SettingsError`.

    Relative paths in the file are kept as they are: relative to where the program is started.
    """
    try:
        content = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} is not a readable TOML file: {error}.") from error
    return fill(kind, content, str(path))


def fill(kind: type[Settings], content: Mapping[str, Any], where: str) -> Settings:
    """Build the dataclass `kind` from a mapping; `where` names its place in error messages."""
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    known = {field.name for field in fields(kind)}
    for name in content:
        if name not in known:
            options = ", ".join(sorted(known))
            raise SettingsError(f"{where} has no setting '{name}': choose from {options}.")
    values = {
        name: _convert(value, hints[name], f"{where}: {name}") for name, value in content.items()
    }
    try:
        return kind(**values)
    except TypeError as error:
        raise SettingsError(f"{where} is incomplete: {error}.") from error


def _convert(value: Any, hint: Any, where: str) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise SettingsError(f"{where} must be a table of settings, not {value!r}.")
        return fill(hint, value, where)
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise SettingsError(f"{where} must be a list, not {value!r}.")
        item = get_args(hint)[0]
        return tuple(_convert(part, item, where) for part in value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(value)
        except ValueError as error:
            options = ", ".join(str(option.value) for option in hint)
            raise SettingsError(f"{where} must be one of {options}, not {value!r}.") from error
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise SettingsError(f"{where} must be of type {hint.__name__}, not {value!r}.")
    return value
