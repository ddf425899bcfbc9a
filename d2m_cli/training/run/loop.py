"""The one training loop: steps, log, validation, checkpoints, a clean stop.

A stage brings the networks and says what a batch and a step are; the loop brings everything around
it, on one process or many. What a stage draws at random depends only on the seed and the step's
number, so a resumed run goes on exactly as if it had never stopped.
"""

import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import torch
from lightning.fabric import Fabric

from d2m_cli.errors import D2MError, OutputError
from d2m_cli.training.run.checkpoint import (
    load_newest,
    random_states,
    restore_random_states,
    save_checkpoint,
)
from d2m_cli.training.run.launch import summed
from d2m_cli.training.run.log import RunLog
from d2m_cli.training.run.prefetch import Prefetcher
from d2m_cli.training.run.settings import check_resumable, write_settings
from d2m_cli.training.run.throughput import Throughput
from d2m_cli.types import FloatArray


@dataclass(frozen=True)
class LoopSettings:
    """When to stop, look and save."""

    steps: int = 100_000
    """Length of the schedule."""
    log_every: int = 50
    validate_every: int = 2_000
    """The first validation comes after the first step already: what fails, fails early."""
    checkpoint_minutes: float = 2.0


class Validation(NamedTuple):
    """What a stage measures on held-out data."""

    figures: dict[str, float]
    sounds: Mapping[str, FloatArray] = MappingProxyType({})
    """A few pieces `(N,)` at `SAMPLE_RATE` to listen to, by name."""


class Stage(Protocol):
    """What the loop asks of a training stage."""

    def draw(self, number: int) -> Any:
        """This process's part of the batch of step `number`, on the CPU.

        Depends on the seed and `number` alone, not on the networks: it is drawn in a thread while
        earlier steps run. `launch.own_draws` says which part it is.
        """

    def step(self, batch: Any, number: int, progress: float) -> dict[str, float]:
        """Train step `number` (from 0) on what `draw` returned; returns its figures.

        `progress` is 0..1 of the schedule.
        """

    def validate(self) -> Validation:
        """Measure on held-out data; called in the first process only."""

    def state(self) -> dict[str, Any]:
        """Everything that must survive a stop."""

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""


Report = Callable[[str, int, dict[str, float]], None]
"""Called with "train", "validation" or "pace", the step and its figures."""


def run(
    stage: Stage,
    settings: LoopSettings,
    folder: Path,
    report: Report,
    resume: bool = False,
    max_minutes: float = float("inf"),
    *,
    config: Mapping[str, Any] = MappingProxyType({}),
    fabric: Fabric | None = None,
    tick: Callable[[int, int], None] = lambda done, total: None,
    note: Callable[[str], None] = lambda text: None,
) -> int:
    """Train `stage` and return the number of steps done since the beginning.

    Stops after `settings.steps`, after `max_minutes` of this run, or after the step in which
    SIGINT or SIGTERM arrives (in any process; all stop after the same step), always with a
    checkpoint in `folder`. With `resume` the newest whole checkpoint there is taken up, if there is
    one; without it, a folder that holds a run is refused with `OutputError`. Losses that are no
    numbers end the run with `D2MError` before they are saved. `run.log` says what else is left in
    `folder`; the first process of `fabric` (None: there is but one) writes it.

    `config` holds the stage's settings as `settings.plain` gives them: a run that began with
    others is not resumed (`SettingsError`), except for those of the loop, which are told to
    `note`. `tick` is called with the steps done and their number in all.
    """
    leads = fabric is None or fabric.is_global_zero
    processes = 1 if fabric is None else fabric.world_size
    step = 0
    saved = load_newest(folder)
    if saved is not None and not resume:
        raise OutputError(f"{folder} holds another run: resume it or choose a new folder.")
    if saved is not None:
        for difference in check_resumable(saved.get("config", {}), config, folder):
            note(difference)
        if saved.get("processes", processes) != processes:
            note(f"{processes} processes instead of {saved['processes']}: the joint batch differs")
        step = int(saved["step"])
        stage.restore(saved["stage"])
        if "random" in saved:
            restore_random_states(saved["random"])
    if fabric is not None:
        fabric.barrier()  # nobody writes before all have looked
    if leads:
        folder.mkdir(parents=True, exist_ok=True)
        write_settings(folder, config)

    begun = last_save = time.monotonic()
    recent: list[dict[str, float]] = []
    with (
        _stop_signal() as stopped,
        Prefetcher(stage.draw, step, settings.steps) as batches,
        RunLog(folder, step) if leads else nullcontext() as log,
    ):

        def save() -> None:
            if leads:
                state = {"step": step, "stage": stage.state()}
                about = {"config": dict(config), "processes": processes}
                save_checkpoint(folder, step, state | about | {"random": random_states()})

        def tell(kind: str, figures: dict[str, float]) -> None:
            if log is not None:
                log.figures(kind, step, figures)
                report(kind, step, figures)

        def validate() -> None:
            if log is not None:
                with pace.paused():
                    found = stage.validate()
                    tell("validation", found.figures)
                    log.sounds(step, found.sounds)
                    log.draw_curves()

        pace = Throughput(batches)
        measured = step  # a resumed run has nothing new to measure yet
        while step < settings.steps:
            figures = stage.step(batches.next(), step, step / settings.steps)
            if not all(map(math.isfinite, figures.values())):
                raise D2MError(
                    f"The losses of step {step + 1} are no numbers any more: begin in a new folder "
                    "with a lower learning rate (the last checkpoint is kept as it is)."
                )
            recent.append(figures)
            step += 1
            tick(step, settings.steps)
            now = time.monotonic()
            if step % settings.log_every == 0:
                tell("train", _means(recent, fabric))
                tell("pace", pace.lap(len(recent), settings.steps - step))
                recent.clear()
            if step == 1 or step % settings.validate_every == 0:
                validate()
                measured = step
            if _anywhere(fabric, stopped() or now - begun > max_minutes * 60):
                break
            if now - last_save > settings.checkpoint_minutes * 60:
                save()
                last_save = now
        save()
        if measured != step:
            validate()
    if fabric is not None:
        fabric.barrier()
    return step


def _anywhere(fabric: Fabric | None, flag: bool) -> bool:
    """Whether any process says so; the same answer in all of them."""
    if fabric is None or fabric.world_size == 1:
        return flag
    said = torch.tensor(float(flag), device=fabric.device)
    return bool(fabric.all_reduce(said, reduce_op="max"))


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


def _means(records: list[dict[str, float]], fabric: Fabric | None) -> dict[str, float]:
    """Means of the figures over steps and processes."""
    means = {name: sum(r[name] for r in records) / len(records) for name in records[0]}
    if fabric is None or fabric.world_size == 1:
        return means
    everywhere = torch.tensor(list(means.values()), device=fabric.device) / fabric.world_size
    return dict(zip(means, summed(fabric, everywhere).tolist(), strict=True))
