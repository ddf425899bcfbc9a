"""The one training loop: steps, log, validation, checkpoints, a clean stop.

A stage defines networks, batches and steps; the loop does everything around them, on one process or
many. What a stage draws at random depends only on the seed and the step's number, so a resumed run
goes on exactly as if it had never stopped.
"""

import math
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import torch
from lightning.fabric import Fabric

from d2m_cli.errors import D2MError, OutputError
from d2m_cli.files import make_folder
from d2m_cli.training.run.checkpoint import (
    load_newest,
    random_states,
    restore_random_states,
    save_checkpoint,
)
from d2m_cli.training.run.display import Display, Silent
from d2m_cli.training.run.launch import summed
from d2m_cli.training.run.log import RunLog
from d2m_cli.training.run.prefetch import Prefetcher
from d2m_cli.training.run.settings import check_resumable, write_settings
from d2m_cli.training.run.stop import stop_signal
from d2m_cli.training.run.throughput import Throughput
from d2m_cli.types import FloatArray


@dataclass(frozen=True)
class LoopSettings:
    """When to stop, validate and save."""

    steps: int = 100_000
    """Length of the schedule."""
    log_every: int = 50
    validate_every: int = 2_000
    """The first validation comes after the first step already: what fails, fails early."""
    checkpoint_minutes: float = 2.0
    workers: int = 0
    """Processes that draw batches; 0 leaves it to a thread of the run's own process."""


class Validation(NamedTuple):
    """What a stage measures on held-out data."""

    figures: dict[str, float]
    sounds: Mapping[str, FloatArray] = MappingProxyType({})
    """A few pieces `(N,)` at `SAMPLE_RATE` to listen to, by name."""


class TrainingStage(Protocol):
    """What the loop asks of a training stage."""

    def draw(self, number: int) -> Any:
        """This process's part of the batch of step `number`, on the CPU.

        Depends on the seed and `number` alone, not on the networks: it is drawn in a thread or in
        other processes while earlier steps run. What is drawn in processes is pickled, and so must
        be an object without networks in the method's place (`launch.OwnDraws`).
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

    def export(self, path: Path) -> None:
        """Write the trained weights as safetensors; raises `OutputError`."""


class Run:
    """The training of a stage in a folder; `run.log` lists what it leaves besides checkpoints.

    Args:
        stage: networks and steps.
        settings: when to stop, validate and save.
        folder: of this run alone.
        config: the stage's settings as `settings.plain` gives them.
        fabric: the processes of the run; the first one writes and shows. None: there is but one.
        display: what is shown.
        weights: file that every validation writes the trained weights to.
    """

    def __init__(
        self,
        stage: TrainingStage,
        settings: LoopSettings,
        folder: Path,
        *,
        config: Mapping[str, Any] = MappingProxyType({}),
        fabric: Fabric | None = None,
        display: Display | None = None,
        weights: Path | None = None,
    ) -> None:
        self.stage, self.settings, self.folder, self.config = stage, settings, folder, config
        self._fabric = fabric or Fabric(accelerator="cpu", devices=1)
        self._leads = self._fabric.is_global_zero
        self._display = display if display and self._leads else Silent()
        self._log: RunLog | None = None
        self._weights = weights
        self.step = 0
        """Steps done since the beginning."""

    def train(self, resume: bool = False, max_minutes: float = math.inf) -> int:
        """Train to the end and return the number of steps done since the beginning.

        Stops after `settings.steps`, after `max_minutes` from now, or after the step in which
        SIGINT or SIGTERM arrives (in any process; all stop after the same step), always with a
        checkpoint. With `resume` the newest whole checkpoint is taken up, if there is one.

        Raises `OutputError` without `resume` when the folder holds a run, `SettingsError` when it
        began with other settings than `config` (those of the loop may change, and are noted), and
        `D2MError` when a loss is NaN or infinite; that step is not saved.
        """
        settings, recent = self.settings, list[dict[str, float]]()
        self._start(resume)
        saved = time.monotonic()
        deadline, validated = saved + 60 * max_minutes, self.step
        with (
            stop_signal() as stopped,
            Prefetcher(self.stage.draw, self.step, settings.steps, settings.workers) as batches,
            RunLog(self.folder, self.step) if self._leads else nullcontext() as self._log,
        ):
            throughput = Throughput(batches)
            while self.step < settings.steps:
                recent.append(self._advance(batches.next()))
                if self.step % settings.log_every == 0:
                    self._report("train", _means(recent, self._fabric))
                    left = settings.steps - self.step
                    self._report("pace", throughput.lap(len(recent), left))
                    recent.clear()
                if self.step == 1 or self.step % settings.validate_every == 0:
                    with throughput.paused():
                        self._validate()
                    validated = self.step
                now = time.monotonic()
                if _anywhere(self._fabric, stopped() or now > deadline):
                    break
                if now - saved > 60 * settings.checkpoint_minutes:
                    self._save()
                    saved = now
            self._save()
            if validated != self.step:
                self._validate()
        self._fabric.barrier()
        return self.step

    def _start(self, resume: bool) -> None:
        """Take up the newest checkpoint, and note the settings in the folder."""
        processes = self._fabric.world_size
        saved = load_newest(self.folder)
        if saved is not None and not resume:
            raise OutputError(f"{self.folder} holds another run: resume it or choose a new folder.")
        if saved is not None:
            for difference in check_resumable(saved["config"], self.config, self.folder):
                self._display.note(difference)
            if saved["processes"] != processes:
                other = f"{processes} processes instead of {saved['processes']}"
                self._display.note(f"{other}: the joint batch has another size.")
            self.step = int(saved["step"])
            self.stage.restore(saved["stage"])
            restore_random_states(saved["random"])
        self._fabric.barrier()  # nobody writes before all have looked
        if self._leads:
            make_folder(self.folder)
            write_settings(self.folder, self.config)

    def _advance(self, batch: Any) -> dict[str, float]:
        """One step; returns its figures."""
        figures = self.stage.step(batch, self.step, self.step / self.settings.steps)
        self.step += 1
        if not all(map(math.isfinite, figures.values())):
            raise D2MError(
                f"Loss became NaN or infinite at step {self.step}: start a new run with a lower "
                "learning rate (the last checkpoint is intact)."
            )
        self._display.progress(self.step, self.settings.steps)
        return figures

    def _report(self, kind: str, figures: dict[str, float]) -> None:
        if self._log is not None:
            self._log.figures(kind, self.step, figures)
            self._display.figures(kind, self.step, figures)

    def _validate(self) -> None:
        if self._log is not None:
            found = self.stage.validate()
            self._report("validation", found.figures)
            self._log.sounds(self.step, found.sounds)
            self._log.draw_curves()
            if self._weights is not None:
                self.stage.export(self._weights)

    def _save(self) -> None:
        if self._leads:
            state = {
                "step": self.step,
                "stage": self.stage.state(),
                "config": dict(self.config),
                "processes": self._fabric.world_size,
                "random": random_states(),
            }
            save_checkpoint(self.folder, self.step, state)


def _anywhere(fabric: Fabric, flag: bool) -> bool:
    """Whether `flag` is set in any process; the same answer in all of them."""
    if fabric.world_size == 1:
        return flag
    value = torch.tensor(float(flag), device=fabric.device)
    return bool(fabric.all_reduce(value, reduce_op="max"))


def _means(records: list[dict[str, float]], fabric: Fabric) -> dict[str, float]:
    """Means of the figures over steps and processes."""
    means = {name: sum(r[name] for r in records) / len(records) for name in records[0]}
    if fabric.world_size == 1:
        return means
    everywhere = torch.tensor(list(means.values()), device=fabric.device) / fabric.world_size
    return dict(zip(means, summed(fabric, everywhere).tolist(), strict=True))
