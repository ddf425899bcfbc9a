"""Frozen records as options of a command: each option is written once, as a field of its record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints

Command = Callable[..., None]


def options_from_records(panels: Sequence[str]) -> Callable[[Command], Command]:
    """Decorator: a command for typer with one option for each field of the records it asks for.

    A field is annotated as an option of typer is (`Annotated[type, typer.Option(...)]`), and its
    default is the option's. `panels` is the order of the panels in the help.
    """

    def decorate(command: Command) -> Command:
        hints = get_type_hints(command, include_extras=True)
        records: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}
        own = [p for p in signature(command).parameters.values() if p.name not in records]
        options = [option for record in records.values() for option in _options(record)]
        options.sort(key=lambda option: panels.index(_panel(option)))

        @wraps(command)
        def run(**values: Any) -> None:
            made = {
                name: record(**{f.name: values.pop(f.name) for f in fields(record)})
                for name, record in records.items()
            }
            command(**values, **made)

        parameters = [*(p.replace(annotation=hints[p.name]) for p in own), *options]
        run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        return run

    return decorate


def _options(record: Any) -> list[Parameter]:
    hints = get_type_hints(record, include_extras=True)
    found = []
    for field in fields(record):
        made = field.default_factory() if field.default_factory is not MISSING else field.default
        kind = Parameter.KEYWORD_ONLY
        found.append(Parameter(field.name, kind, default=made, annotation=hints[field.name]))
    return found


def _panel(option: Parameter) -> str:
    panel: str = option.annotation.__metadata__[0].rich_help_panel
    return panel
