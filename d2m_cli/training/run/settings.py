"""Settings of a training stage: a typed dataclass, filled from a TOML file and the command line.

Every field has its default in the dataclass, so a recipe holds only what differs from it. A field
that is itself a dataclass is a table in the file, which changes the default that the field has.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from d2m_cli.errors import D2MError
from d2m_cli.files import read_json, write_json

SETTINGS = "settings.json"
"""File in a run's folder that holds all of its settings."""

LOOP = "loop."
"""Settings that a resumed run may change: the others decide what its steps do."""

Settings = TypeVar("Settings")


class SettingsError(D2MError):
    """Settings cannot be read, name something that does not exist, or contradict a run."""


def read_settings(path: Path, kind: type[Settings], overrides: Sequence[str] = ()) -> Settings:
    """Fill the dataclass `kind` from the TOML file at `path`; raises `SettingsError`.

    `overrides` like `loop.steps=100` replace settings of the file; texts need no quotes, lists and
    numbers are written as in TOML. Relative paths in the file are kept as they are: relative to
    where the program is started.
    """
    content = overridden(read_toml(path), overrides)
    return fill(kind, content, f"{path} with {' '.join(overrides)}" if overrides else str(path))


def read_toml(path: Path) -> dict[str, Any]:
    """Content of a TOML file; raises `SettingsError`."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} is not a readable TOML file: {error}.") from error


def overridden(content: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Settings `content` with `overrides` as of `read_settings`; raises `SettingsError`."""
    for override in overrides:
        name, equals, text = override.partition("=")
        if not equals:
            raise SettingsError(f"'{override}' sets nothing: write NAME=VALUE.")
        *tables, last = name.strip().split(".")
        given: dict[str, Any] = {last: _value(text)}
        for table in reversed(tables):
            given = {table: given}
        content = merged(content, given)
    return dict(content)


def read_run(folder: Path, kind: type[Settings]) -> Settings:
    """Settings of the run in `folder`. Raises `SettingsError` when it holds none of this kind."""
    path = folder / SETTINGS
    if not path.exists():
        raise SettingsError(f"{folder} holds no run of d2m: train the stage first.")
    content = read_json(path, SettingsError, "train the stage again")
    return fill(kind, content, str(path))


def write_settings(folder: Path, config: Mapping[str, Any]) -> None:
    """Write what `plain` returned into a run's folder. Raises `OutputError`."""
    write_json(folder / SETTINGS, config)


def plain(settings: Any) -> Any:
    """Settings as the tables, lists, texts and numbers of a file."""
    if is_dataclass(settings):
        return {field.name: plain(getattr(settings, field.name)) for field in fields(settings)}
    if isinstance(settings, Mapping):
        return {name: plain(value) for name, value in settings.items()}
    if isinstance(settings, tuple):
        return [plain(value) for value in settings]
    if isinstance(settings, Enum):
        return settings.value
    return str(settings) if isinstance(settings, Path) else settings


def check_resumable(saved: Mapping[str, Any], config: Mapping[str, Any], folder: Path) -> list[str]:
    """Sentences about settings of the loop that differ from the `saved` ones.

    Raises `SettingsError` when others differ. Settings that one side does not know are new or gone:
    they are passed over.
    """
    before, now = _flat(saved), _flat(config)
    changed = [name for name in before if name in now and before[name] != now[name]]
    texts = {name: f"{name} was {before[name]!r} and is {now[name]!r}" for name in changed}
    if wrong := [text for name, text in texts.items() if not name.startswith(LOOP)]:
        raise SettingsError(
            f"The run in {folder} began with other settings ({'; '.join(wrong)}): go on with "
            "those, or choose a new folder."
        )
    return list(texts.values())


def fill(
    kind: type[Settings], content: Mapping[str, Any], where: str, base: Settings | None = None
) -> Settings:
    """Build the dataclass `kind` from a mapping, over the settings `base` or its own defaults.

    `where` names its place in error messages.
    """
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    known = {field.name: field for field in fields(kind)}
    for name in content:
        if name not in known:
            options = ", ".join(sorted(known))
            raise SettingsError(f"{where} has no setting '{name}': choose from {options}.")
    values = {}
    for name, value in content.items():
        default = _default(known[name]) if base is None else getattr(base, name)
        values[name] = _convert(value, hints[name], f"{where}: {name}", default)
    try:
        return kind(**values) if base is None else replace(base, **values)  # type: ignore[type-var]
    except TypeError as error:
        raise SettingsError(f"{where} is incomplete: {error}.") from error


def _default(field: Field[Any]) -> Any:
    """Default of a field, or None."""
    if field.default_factory is not MISSING:
        return field.default_factory()
    return None if field.default is MISSING else field.default


def _convert(value: Any, hint: Any, where: str, default: Any = None) -> Any:
    if get_origin(hint) is UnionType:  # SOMETHING | None
        return None if value is None else _convert(value, get_args(hint)[0], where)
    if is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise SettingsError(f"{where} must be a table of settings, not {value!r}.")
        return fill(hint, value, where, default)
    if get_origin(hint) is dict:
        if not isinstance(value, Mapping):
            raise SettingsError(f"{where} must be a table, not {value!r}.")
        item = get_args(hint)[1]
        return {name: _convert(part, item, f"{where}: {name}") for name, part in value.items()}
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


def _value(text: str) -> Any:
    """A value as TOML has it; what is none is a text without quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def merged(content: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings `content` with those of `given` in their place, table by table."""
    result = dict(content)
    for name, value in given.items():
        old = result.get(name)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[name] = merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def _flat(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
