"""Commands that are imported when they are called: help and completion need their lines alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from typing import Any

import typer.main
from typer.core import TyperCommand, TyperGroup

from d2m_cli.cli.people_help import in_peoples_words
from d2m_cli.cli.signals import clean_up_on_interrupt
from d2m_cli.errors import D2MError


@dataclass(frozen=True)
class Line:
    """How a command stands in the list of all: where it is written, and what it does."""

    module: str
    """Module of `d2m_cli.cli` with a function of the command's name, or an `app` of commands."""
    summary: str
    """First sentence of its help."""
    panel: str | None = None
    hidden: bool = False
    function: str = ""
    """Function of the command, where it has another name."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """Options that people ask for in vain, and why there are none."""


class LazyGroup(TyperGroup):
    """A group that lists each command by its line, and imports it when it is called."""

    lines: Mapping[str, Line]

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, line in self.lines.items():
            self.commands[name] = TyperCommand(
                name, help=line.summary, hidden=line.hidden, rich_help_panel=line.panel
            )
        in_peoples_words(self)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, itself; from now on there may be something to clean up."""
        name, _, rest = super().resolve_command(ctx, args)
        command = self.load(name) if name else None
        clean_up_on_interrupt()
        return name, command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a value that is wrong is named without the reading library's words."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            words = error.message.removeprefix("Value error, ").partition(", unable to parse")[0]
            error.message = words.replace("Input should be", "it should be")
            raise

    def load(self, name: str) -> Any:
        """The click command of that name, imported."""
        line = self.lines[name]
        module = import_module(f"d2m_cli.cli.{line.module}")
        part = getattr(module, "app", None)
        if part is None or line.function:
            part = typer.Typer(add_completion=False)
            part.command(name)(getattr(module, line.function or line.module))
        command = typer.main.get_command(part)
        command.name = name
        _explain(command, line.absent)
        return in_peoples_words(command)


def _explain(command: Any, absent: Mapping[str, str]) -> None:
    """Let the command say why an option is absent, instead of naming one that is spelled alike.

    The commands of a group do so, too. Values that are certainly none are refused in plain words.
    """
    for child in getattr(command, "commands", {}).values():
        _explain(child, absent)
    parse = command.parse_args

    def parse_args(context: Any, words: list[str]) -> Any:
        _refuse_no_values(command.get_params(context), words)
        try:
            return parse(context, words)
        except Exception as error:
            if reason := absent.get(getattr(error, "option_name", "")):
                raise D2MError(reason) from error
            raise

    command.parse_args = parse_args


def _refuse_no_values(parameters: Sequence[Any], words: list[str]) -> None:
    """Raise `D2MError` where an option is followed by an empty word or by another option.

    An empty word is an unset variable; as a path it would mean the current folder. Another option
    would be taken as the name of a file.
    """
    taking = {name for one in parameters if not getattr(one, "is_flag", True) for name in one.opts}
    for before, word in pairwise(words):
        if before == "--":
            return
        if not word and before.startswith("-"):
            raise D2MError(f"The name after {before} is empty: check the variable or the quotes.")
        if word.startswith("--") and before in taking:
            raise D2MError(
                f"{before} lacks its value, for {word} is an option: give the value between them."
            )
