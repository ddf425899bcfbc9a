"""What each input of a trained generator is worth: the same held-out dances, with parts hidden."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from lightning.fabric import Fabric
from safetensors.torch import load_file

from d2m_cli.errors import DataError
from d2m_cli.evaluation.ablation import held_out
from d2m_cli.metrics.coverage import macro, pooled
from d2m_cli.metrics.statistics import margin
from d2m_cli.report.console import NO_SCORE
from d2m_cli.report.table_data import TableData
from d2m_cli.training.generator.config import GeneratorConfig
from d2m_cli.training.generator.stage import GeneratorStage
from d2m_cli.training.generator.validation import GeneratorCheck
from d2m_cli.training.run.settings import read_run

HIDDEN: Mapping[str, tuple[str, ...]] = {
    "full": (),
    "without visual": ("no_visual",),
    "without motion": ("no_motion",),
    "without both": ("no_visual", "no_motion"),
    "without rhythm": ("no_rhythm",),
    "without drum onsets": ("no_drums",),
    "without tones": ("no_sketch",),
}
"""Rows, and the shares of `PairSettings` that hide something from all dances."""

COLUMNS = ("Input", "Nats per code", "More than full", "Coverage", "Hit", "Lift", "Mel")
NOTE = (
    "Nats per code: cross-entropy of the true codes; its increase without an input with the 95 % "
    "interval of the paired differences. Coverage, hit in %: mean of the clips / pooled."
)


@dataclass(frozen=True)
class InputImportance:
    """What a generator does with a set of inputs."""

    check: GeneratorCheck
    nll_increase: tuple[float, float | None]
    """Mean of a clip's nats per code above those of the full model, and its 95 % margin."""


def measure(run: Path, split: str, segments: int) -> dict[str, InputImportance]:
    """Figures of the rows of `HIDDEN` on the first `segments` draws of a split.

    Raises `D2MError` when `run` holds no such run of the stage "generator".
    """
    settings = read_run(run, GeneratorConfig)
    if not settings.sizes.predicts_std:
        raise DataError(
            f"The generator of {run} predicts no code probabilities (sizes.predicts_std = false): "
            "train one with likelihood to measure its inputs."
        )
    stage = GeneratorStage(settings, Fabric(accelerator="cpu", devices=1))
    stage.average.restore(load_file(run / "generator.safetensors"))
    checks = {}
    for name, parts in HIDDEN.items():
        shares: Any = dict.fromkeys(parts, 1.0)
        pairs = held_out(replace(settings, pairs=replace(settings.pairs, **shares)), split)
        checks[name] = stage.measure(pairs, segments)
    full = np.array(checks["full"].nats)
    importance = {}
    for name, check in checks.items():
        increase = np.array(check.nats) - full
        importance[name] = InputImportance(check, (float(increase.mean()), margin(increase)))
    return importance


def importance_table(importance: Mapping[str, InputImportance]) -> TableData:
    """A row for each set of inputs."""
    rows = []
    for name, one in importance.items():
        check, (increase, interval) = one.check, one.nll_increase
        figures = check.result().figures
        cells = zip(macro(check.cells), pooled(check.cells), strict=True)
        rows.append(
            [
                name,
                f"{np.mean(check.nats):.3f}",
                f"{increase:+.3f}" + ("" if interval is None else f" ± {interval:.3f}"),
                *(" / ".join(_percent(share) for share in pair) for pair in cells),
                *(f"{figures[key]:.3f}" for key in ("lift", "mel")),
            ]
        )
    return TableData("What each input is worth", list(COLUMNS), rows, NOTE)


def _percent(share: float | None) -> str:
    return NO_SCORE if share is None else f"{100 * share:.1f}"
