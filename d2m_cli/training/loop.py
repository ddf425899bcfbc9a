"""The one training loop: steps, log, validation, checkpoints, a clean stop.

A stage brings the networks and says what a step does; the loop brings everything around it. What
a step draws at random depends only on the seed and the step's number, so a resumed run goes on
exactly as if it had never stopped.
"""

import csv
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from d2m_cli.errors import OutputError
from d2m_cli.training.checkpoint import load_newest, save_checkpoint


@dataclass(frozen=True)
class LoopSettings:
    """When to stop, look and save."""

    steps: int = 100_000
    """Length of the schedule."""
    log_every: int = 50
    validate_every: int = 2_000
    checkpoint_minutes: float = 2.0


class Stage(Protocol):
    """What the loop asks of a training stage."""

    def step(self, number: int, progress: float) -> dict[str, float]:
        """Train step `number` (from 0), `progress` 0..1 of the schedule; returns its figures."""

    def validate(self) -> dict[str, float]:
        """Measure on held-out data."""

    def state(self) -> dict[str, Any]:
        """Everything that must survive a stop."""

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""


Report = Callable[[str, int, dict[str, float]], None]
"""Called with "train" or "validation", the step and its figures."""


def run(
    stage: Stage,
    settings: LoopSettings,
    folder: Path,
    report: Report,
    resume: bool = False,
    max_minutes: float = float("inf"),
) -> int:
    """Train `stage` and return the number of steps done since the beginning.

    Stops after `settings.steps`, after `max_minutes` of this run, or after the step in which
    SIGINT or SIGTERM arrives, always with a checkpoint in `folder`. With `resume` the newest whole
    checkpoint there is taken up, if there is one; without it, a folder that holds a run is refused
    with `OutputError`. Figures also go to `folder/log.csv`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    step = 0
    saved = load_newest(folder)
    if saved is not None and not resume:
        raise OutputError(f"{folder} holds another run: resume it or choose a new folder.")
    if saved is not None:
        step = int(saved["step"])
        stage.restore(saved["stage"])

    def save() -> None:
        save_checkpoint(folder, step, {"step": step, "stage": stage.state()})

    def tell(kind: str, figures: dict[str, float]) -> None:
        _append(folder / "log.csv", kind, step, figures)
        report(kind, step, figures)

    begun = last_save = time.monotonic()
    recent: list[dict[str, float]] = []
    with _stop_signal() as stopped:
        while step < settings.steps:
            recent.append(stage.step(step, step / settings.steps))
            step += 1
            now = time.monotonic()
            if step % settings.log_every == 0:
                tell("train", _means(recent))
                recent.clear()
            if step % settings.validate_every == 0:
                tell("validation", stage.validate())
            if stopped() or now - begun > max_minutes * 60:
                break
            if now - last_save > settings.checkpoint_minutes * 60:
                save()
                last_save = now
    save()
    if step % settings.validate_every:
        tell("validation", stage.validate())
    return step


@contextmanager
def _stop_signal() -> Iterator[Callable[[], bool]]:
    """Within the block the first SIGINT or SIGTERM only sets a flag; a second one acts as usual."""
    arrived: list[int] = []
    usual: dict[int, Any] = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}

    def note(number: int, _: object) -> None:
        arrived.append(number)
        signal.signal(number, usual[number])

    for number in usual:
        signal.signal(number, note)
    try:
        yield lambda: bool(arrived)
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)


def _means(records: list[dict[str, float]]) -> dict[str, float]:
    return {name: sum(r[name] for r in records) / len(records) for name in records[0]}


def _append(path: Path, kind: str, step: int, figures: dict[str, float]) -> None:
    """Add one line per figure: kind, step, name, value."""
    with path.open("a", newline="") as file:
        csv.writer(file).writerows(
            (kind, step, name, f"{value:.6g}") for name, value in figures.items()
        )
