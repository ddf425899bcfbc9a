"""A table for any surface, and the same on the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

MIN_WIDTH = 100
"""Characters of a line below which figures would be broken in two."""

WORDS = ("Category", "Features", "Type", "Metric", "Methods", "Models", "System")
"""Columns that hold words, not figures."""


@dataclass(frozen=True)
class TableData:
    """A table for any surface."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def rich_table(data: TableData) -> Table:
    """A table for the terminal."""
    table = Table(
        title=data.title,
        caption=data.note or None,
        box=SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for column in data.columns:
        table.add_column(column, justify="left" if column in WORDS else "right", overflow="fold")
    for row in data.rows:
        table.add_row(*row)
    return table


def print_tables(tables: Sequence[TableData], notes: Sequence[str] = ()) -> None:
    """Print tables, and notes below them, on the terminal."""
    screen = Console()
    screen.width = max(screen.width, MIN_WIDTH)
    for table in tables:
        screen.print(rich_table(table), "")
    for note in notes:
        screen.print(note, style="dim", highlight=False)
