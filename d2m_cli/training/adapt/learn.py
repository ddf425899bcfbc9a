"""Learning the deltas of one level within a time limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from lightning.fabric import Fabric
from safetensors.torch import load_file
from torch import Tensor

from d2m_cli.bundles.bundle import Bundle
from d2m_cli.progress import Progress
from d2m_cli.spec import Level
from d2m_cli.training.adapt.music import OwnMusic
from d2m_cli.training.adapt.stage import AdaptConfig, AdaptStage
from d2m_cli.training.run.display import Silent
from d2m_cli.training.run.log import last_validation
from d2m_cli.training.run.loop import LoopSettings, Run


@dataclass(frozen=True)
class Learnt:
    """One level's generator, adapted."""

    weights: Mapping[str, Tensor]
    nats: Mapping[str, float]
    steps: int


def learn(
    base: Bundle,
    own: OwnMusic,
    level: Level,
    minutes: float,
    most_steps: int,
    work: Path,
    progress: Progress,
) -> Learnt:
    """Learn deltas of a level's generator for `minutes`, or `most_steps`; `work` takes the run.

    Raises `KeyboardInterrupt` when a signal stops it before.
    """
    never = LoopSettings(
        most_steps, validate_every=most_steps, checkpoint_minutes=float("inf"), log_every=most_steps
    )
    settings = AdaptConfig(str(base.folder), own.cache, level, minutes, loop=never)
    stage = AdaptStage(settings, Fabric(accelerator="cpu", devices=1))
    before = stage.validate().figures
    begun = monotonic()
    run = Run(stage, never, work / f"run_{level}", display=_Clock(level, minutes, progress))
    steps = run.train(max_minutes=minutes)
    if steps < most_steps and monotonic() - begun < 60.0 * minutes:
        raise KeyboardInterrupt
    _, after = last_validation(run.folder) or (0, before)
    weights = work / f"generator_{level}.safetensors"
    stage.export(weights)
    nats = {**after, **{f"{name}_before": value for name, value in before.items()}}
    half = {name: tensor.half() for name, tensor in load_file(weights).items()}
    return Learnt(half, nats, steps)


class _Clock(Silent):
    """Reports the time that is spent of a run's limit, or its steps if they end first."""

    def __init__(self, level: Level, minutes: float, report: Progress) -> None:
        self._title, self._limit, self._report = f"learn {level}", 60.0 * minutes, report
        self._begun = monotonic()

    def progress(self, done: int, total: int) -> None:
        """After a step."""
        spent = (monotonic() - self._begun) / self._limit
        self._report(self._title, max(spent, done / total), 1.0)
