"""Help in people's words: no `<bool>` beside a switch, no `<list[Path]>` beside a name."""

from __future__ import annotations

from typing import Any

_WORDS = {
    "bool": "",
    "str": "TEXT",
    "int": "NUMBER",
    "float": "NUMBER",
    "int range": "NUMBER",
    "float range": "NUMBER",
    "path": "FILE",
}


def in_peoples_words(command: Any) -> Any:
    """The click command of a typer app, with types for people in the help of every command."""
    for child in getattr(command, "commands", {}).values():
        in_peoples_words(child)
    make_parameters = command.get_params

    def parameters(context: Any) -> list[Any]:
        found: list[Any] = make_parameters(context)
        for parameter in found:
            _rename_type(parameter)
        return found

    command.get_params = parameters
    return command


def _rename_type(parameter: Any) -> None:
    if parameter.param_type_name == "argument":
        parameter.display_type_rich = lambda ctx: None  # its name says what it is
    elif parameter.metavar is None and hasattr(parameter, "display_type"):
        shown = str(parameter.display_type(None) or "").strip("<>")
        bare = shown.removeprefix("list[").removesuffix("]")
        parameter.metavar = _WORDS.get(bare.lower(), bare)
