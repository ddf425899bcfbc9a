"""The ablations of the paper's tables 3 to 6: a base recipe, and what each row changes in it.

A folder of recipes holds `base_high.toml` and `base_low.toml`, recipes of the stage "generator",
and one short file for each variant: `row` is its name in the paper without the level (`w/o M`), all
else overrides the base; `{level}` in a text stands for the level. Every row is trained with several
seeds, and all runs perform the same held-out segments.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from lightning.fabric import Fabric

from d2m_cli.data.pairs.examples import Pairs, PairSettings
from d2m_cli.errors import D2MError, DataError
from d2m_cli.files import read_json, write_json
from d2m_cli.metrics.coverage import macro
from d2m_cli.report.paper import ABLATIONS
from d2m_cli.spec import Level
from d2m_cli.training.generator.config import GeneratorConfig
from d2m_cli.training.generator.stage import GeneratorStage
from d2m_cli.training.run.checkpoint import discard_checkpoints
from d2m_cli.training.run.display import Display, Silent
from d2m_cli.training.run.loop import Run
from d2m_cli.training.run.settings import SettingsError, fill, merged, overridden, plain, read_toml

SCORES, WEIGHTS = "scores.json", "generator.safetensors"
TABLES = {title.lower().replace(" ", ""): title for title in ABLATIONS if title != "Table 2"}
"""Tables by the names that users give; table 2 is table 4 on another data set."""

WHOLE = ("(full)", "- 2s")
"""Rows that are the base recipe as it is."""

SILENT = Silent()


@dataclass(frozen=True)
class AblationRow:
    """One row of a table."""

    name: str
    """As the paper has it."""
    variant: str
    """Folder of its runs; rows of several tables may share them."""
    content: Mapping[str, Any]
    """Settings of its recipe."""


@dataclass(frozen=True)
class AblationPlan:
    """How every row is trained and measured."""

    seeds: int = 3
    max_minutes: float = float("inf")
    """Of each run."""
    split: str = "test"
    segments: int = 86
    """Dances a run performs; the paper's figures are shares of 85 or 86 clips."""


def table_rows(
    table: str, level: Level, recipes: Path, overrides: Sequence[str] = ()
) -> list[AblationRow]:
    """Rows of one of the paper's tables (`table3` ... `table6`) at a level.

    `overrides` like `loop.steps=500` change the base recipe; what makes a row stays as it is.
    Raises `SettingsError` for an unknown table, or a recipe that is missing or unreadable.
    """
    if table not in TABLES:
        raise SettingsError(f"Unknown table '{table}': choose one of {', '.join(TABLES)}.")
    base = overridden(_at_level(read_toml(recipes / f"base_{level}.toml"), level), overrides)
    variants: dict[str, tuple[str, dict[str, Any]]] = {}
    for path in sorted(recipes.glob("*.toml")):
        content = _at_level(read_toml(path), level)
        name = content.pop("row", None)
        if name is not None:
            variants[name] = (path.stem, merged(base, content))
    variants |= dict.fromkeys(WHOLE, ("full", base))
    rows = []
    for name in ABLATIONS[TABLES[table]][1]:
        of_level, _, variant = name.partition(" ")
        if of_level.lower() == level:
            if variant not in variants:
                raise SettingsError(f'{recipes} has no recipe with row = "{variant}".')
            rows.append(AblationRow(name, *variants[variant]))
    return rows


def run_rows(
    rows: Sequence[AblationRow],
    plan: AblationPlan,
    folder: Path,
    fabric: Fabric,
    display: Display = SILENT,
) -> dict[str, list[dict[str, float]]]:
    """Train and measure every row with every seed; figures of the seeds by the row's name.

    Runs that `folder` holds already are not repeated, and one that was stopped goes on. Raises
    `D2MError` when a run is stopped by a signal, `SettingsError` when `folder` holds runs of other
    settings.
    """
    figures: dict[str, list[dict[str, float]]] = {row.name: [] for row in rows}
    runs = [(row, seed) for row in rows for seed in range(plan.seeds)]
    for number, (row, seed) in enumerate(runs):
        display.note(f"{row.name}, seed {seed} ({number + 1} of {len(runs)})")
        content = merged(row.content, {"seed": seed})
        settings = fill(GeneratorConfig, content, f"The recipe of '{row.name}'")
        place = folder / row.variant / f"seed{seed}"
        figures[row.name].append(_run(settings, plan, place, fabric, display))
    return figures


def held_out(settings: GeneratorConfig, split: str) -> Pairs:
    """Dances of a split as a run is to perform them: what it never saw (a share of 1) stays hidden.

    The seed of the run does not decide which dances these are.
    """
    shares = ("no_motion", "no_visual", "no_style", "no_rhythm", "no_sketch", "no_drums")
    hidden: Any = {name: float(getattr(settings.pairs, name) == 1.0) for name in shares}
    asked: PairSettings = replace(settings.pairs, phase_error=0.0, **hidden)
    sketched = settings.sizes.drum_bands > 0
    return Pairs(asked, settings.visual, split, settings.seconds, 0, sketched)


def _run(
    settings: GeneratorConfig, plan: AblationPlan, place: Path, fabric: Fabric, display: Display
) -> dict[str, float]:
    """Figures of one run, from its folder or by training."""
    measured = {"split": plan.split, "segments": plan.segments, "max_minutes": plan.max_minutes}
    config = {**plain(settings), **{name: str(value) for name, value in measured.items()}}
    scores = place / SCORES
    if scores.exists():
        found = read_json(scores)
        if found["config"] != config:
            raise SettingsError(f"{place} holds a run of other settings: choose a new folder.")
        return dict(found["figures"])
    pairs = held_out(settings, plan.split)
    stage = GeneratorStage(settings, fabric)
    begun = monotonic()
    loop, config_of_run = settings.loop, plain(settings)
    run = Run(stage, loop, place, config=config_of_run, fabric=fabric, display=display)
    steps = run.train(resume=True, max_minutes=plan.max_minutes)
    if steps < settings.loop.steps and monotonic() - begun < 60 * plan.max_minutes:
        raise D2MError("Stopped: the same command goes on from here.")
    check = stage.measure(pairs, plan.segments)
    coverage, hit = macro(check.cells)
    if coverage is None or hit is None:
        raise DataError(f"The music of the {plan.split} dances has no onset to be compared with.")
    result = check.result().figures
    pooled = {f"{name}_pooled": result.pop(name) for name in ("coverage", "hit")}
    figures = {"coverage": coverage, "hit": hit, **pooled, **result, "steps": float(steps)}
    stage.export(place / WEIGHTS)
    record = {"config": config, "figures": figures}
    write_json(scores, record)
    discard_checkpoints(place)
    return figures


def _at_level(content: Any, level: Level) -> Any:
    """Settings with `{level}` replaced in every text."""
    if isinstance(content, dict):
        return {name: _at_level(value, level) for name, value in content.items()}
    return content.replace("{level}", level) if isinstance(content, str) else content
