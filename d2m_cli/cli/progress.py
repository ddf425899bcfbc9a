"""A progress bar with time left, for work that reports stage, done and total."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
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

LINE_SECONDS = 3.0
"""From one line to the next where no bar can be drawn."""


@contextmanager
def stage_progress(console: Console, title: str) -> Iterator[Report]:
    """Show one bar for each stage that reports; the bars vanish at the end.

    Where the output is not a terminal (a log, a pipe), a line every few seconds takes their place.
    """
    if not console.is_terminal:
        console.print(title, markup=False, highlight=False, soft_wrap=True)
        yield _lines(console)
        return
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


def _lines(console: Console) -> Report:
    begin = last = monotonic()

    def report(stage: str, done: float, total: float) -> None:
        nonlocal last
        now = monotonic()
        if now - last >= LINE_SECONDS:
            last = now
            share = 100.0 * min(done / total, 1.0) if total else 100.0
            console.print(f"  {now - begin:4.0f} s  {stage} {share:.0f} %", highlight=False)

    return report
