"""What `d2m train` shows: a bar with the time left, and a line for each record of the log."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from d2m_cli.errors import D2MError


class TrainingDisplay:
    """A bar for the steps, a line for each remark and each set of figures (a `Display`)."""

    def __init__(self, bars: Progress, stage: str) -> None:
        self._bars, self._stage = bars, stage
        self._task: TaskID | None = None

    def figures(self, kind: str, step: int, figures: Mapping[str, float]) -> None:
        """Print the figures of a step."""
        if kind == "pace":
            text = (
                f"{figures['steps_per_second']:.3g} steps/s, {figures['waiting']:.0%} waiting for "
                f"data, {figures['minutes_left']:.1f} minutes left"
            )
        else:
            text = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        self._print(f"{step:7d} {kind:10s} {text}")

    def note(self, text: str) -> None:
        """Print a remark."""
        self._print(text)

    def progress(self, done: int, total: int) -> None:
        """Move the bar."""
        if self._task is None:
            self._task = self._bars.add_task(self._stage, total=total, completed=done - 1)
        self._bars.update(self._task, completed=done)

    def _print(self, text: str) -> None:
        self._bars.console.print(text, soft_wrap=True, highlight=False, markup=False)


@contextmanager
def training_display(console: Console, stage: str) -> Iterator[TrainingDisplay]:
    """Show the training of a stage while the block runs; the bar vanishes at the end."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        yield TrainingDisplay(bars, stage)


def require_lightning() -> None:
    """Raise `D2MError` unless the packages of the extra "train" are installed."""
    if missing := [name for name in ("lightning", "tensorboard") if find_spec(name) is None]:
        raise D2MError(f"Training needs {' and '.join(missing)}: pip install 'd2m[train]'.")
