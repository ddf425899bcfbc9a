"""The table of published weights, and their licences in a sentence each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from rich.box import SIMPLE
from rich.table import Table

from d2m_cli.bundles.registry import Entry, Licence, State, is_accepted

COLOURS = {State.MISSING: "dim", State.DAMAGED: "red"}


def weights_table(
    entries: Iterable[Entry], states: Mapping[str, State], what: Literal["title", "enables"]
) -> Table:
    """One row an entry: name, state, size, licence, and `what` it is or makes possible."""
    table = Table(box=SIMPLE, padding=0)
    for title in ("name", "here", "size", "licence"):
        table.add_column(title, no_wrap=True)
    table.add_column("what it is" if what == "title" else "what it enables")
    for entry in entries:
        found = states[entry.name]
        colour = COLOURS.get(found, "green")
        here = f"[{colour}]{found}[/{colour}]"
        table.add_row(entry.name, here, entry.size, entry.licence.name, getattr(entry, what))
    return table


def licence_lines(entries: Iterable[Entry]) -> list[str]:
    """Each licence of `entries` once: name, title, meaning, address, and whether it is accepted."""
    return [_line(licence) for licence in dict.fromkeys(entry.licence for entry in entries)]


def _line(licence: Licence) -> str:
    line = f"[bold]{licence.name}[/bold]: {licence.title}. {licence.meaning} {licence.url}"
    if licence.must_accept:
        wish = f"accept it with --accept-license {licence.name}"
        line += f" ({'accepted' if is_accepted(licence) else wish})"
    return line
