"""A progress bar with time left, for work that reports stage, done and total."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

if TYPE_CHECKING:
    from d2m_cli.progress import Progress as Report


@contextmanager
def stage_progress(console: Console, title: str) -> Iterator[Report]:
    """Show one bar for each stage that reports; the bars vanish at the end."""
    columns = (
        TextColumn("{task.description:>10}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        # As it is: brackets in a name are no markup, and a long one is not broken.
        console.print(title, markup=False, highlight=False, soft_wrap=True)
        tasks = {}

        def report(stage: str, done: float, total: float) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield report
