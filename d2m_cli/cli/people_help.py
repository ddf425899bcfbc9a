"""Help in people's words, on a page of panels: no `<bool>` beside a switch, no `list[Path]`.

Typer draws such a page with rich and its reader of Markdown, which takes longer to import than all
the rest of `d2m --help`.
"""

from __future__ import annotations

import shutil
import sys
from textwrap import wrap
from typing import Any

import typer

_WORDS = {
    "bool": "",
    "str": "TEXT",
    "int": "NUMBER",
    "float": "NUMBER",
    "int range": "NUMBER",
    "float range": "NUMBER",
    "path": "FILE",
}
WIDEST, NARROWEST = 100, 50
"""Columns of a page."""
FIRST_COLUMN = 28
"""At most; a longer name stands on a line of its own."""

Row = tuple[str, str]


def in_peoples_words(command: Any) -> Any:
    """The click command of a typer app, with a page for people as the help of every command."""
    for child in getattr(command, "commands", {}).values():
        in_peoples_words(child)
    make_parameters = command.get_params

    def parameters(context: Any) -> list[Any]:
        found: list[Any] = make_parameters(context)
        for parameter in found:
            _rename_type(parameter)
        return found

    command.get_params = parameters
    command.format_help = lambda context, formatter: formatter.write(_page(command, context))
    return command


def _rename_type(parameter: Any) -> None:
    if parameter.param_type_name == "argument":
        several = "..." if parameter.nargs != 1 else ""
        name = (parameter.metavar or parameter.name.upper()).removesuffix("...") + several
        parameter.metavar = name
        parameter.get_usage_pieces = lambda ctx: [name if parameter.required else f"[{name}]"]
        parameter.display_type_rich = lambda ctx: None  # its name says what it is
    elif parameter.metavar is None and hasattr(parameter, "display_type"):
        shown = str(parameter.display_type(None) or "").strip("<>")
        bare = shown.removeprefix("list[").removesuffix("]")
        parameter.metavar = _WORDS.get(bare.lower(), bare)


def _page(command: Any, context: Any) -> str:
    width = max(NARROWEST, min(WIDEST, shutil.get_terminal_size().columns))
    lines = ["", f" {typer.style(command.get_usage(context), bold=True)}", ""]
    for paragraph in (command.help or "").split("\n\n"):
        lines += [*(f" {line}" for line in wrap(paragraph, width - 2)), ""]
    for title, rows in _panels(command, context).items():
        lines += _panel(title, rows, width)
    return "\n".join([*lines, ""])


def _panels(command: Any, context: Any) -> dict[str, list[Row]]:
    """Rows of each panel: what it is called, and what it does."""
    panels: dict[str, list[Row]] = {"Arguments": [], "Options": []}
    for parameter in command.get_params(context):
        usual = "Arguments" if parameter.param_type_name == "argument" else "Options"
        if (row := parameter.get_help_record(context)) is not None:
            panel = getattr(parameter, "rich_help_panel", None) or usual
            panels.setdefault(panel, []).append(row)
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            summary = " ".join((child.help or "").split("\n\n")[0].split())
            panels.setdefault(child.rich_help_panel or "Commands", []).append((name, summary))
    return {title: rows for title, rows in panels.items() if rows}


def _panel(title: str, rows: list[Row], width: int) -> list[str]:
    """Lines of a box with a title around rows of two columns."""
    utf = (sys.stdout.encoding or "").lower().startswith("utf")
    top_left, across, top_right, down, left, right = "╭─╮│╰╯" if utf else "+-+|++"
    first = max(len(name) for name, _ in rows if len(name) <= FIRST_COLUMN or len(rows) == 1)
    room = width - first - 6
    inner = []
    for name, text in rows:
        told = wrap(text, room) or [""]
        if len(name) > first:
            inner.append((name, width - 4, ""))
            name = ""
        for line in told:
            inner.append((name, first, line))
            name = ""
    body = [
        f"{down} {typer.style(name.ljust(column), fg='cyan', bold=True)}"
        + (f"  {text.ljust(room)}" if column == first else "")
        + f" {down}"
        for name, column, text in inner
    ]
    head = f"{top_left}{across} {title} "
    return [
        head + across * (width - len(head) - 1) + top_right,
        *body,
        left + across * (width - 2) + right,
    ]
