"""A run whose batches are drawn by processes stops, goes on, and learns what one run learns."""

import os
import signal
import sys
from pathlib import Path

import pytest
import torch
from lightning.fabric import Fabric
from synthetic_dances import make_dances, write_generator_recipe
from threadpoolctl import threadpool_limits

from d2m_cli.training.generator.stage import GeneratorStage
from d2m_cli.training.run.log import read_log
from d2m_cli.training.run.loop import Run
from d2m_cli.training.run.settings import plain, read_settings
from d2m_cli.training.stages import STAGES

STEPS, STOPPED_AT = 4, 2


def train(recipe: Path, folder: Path, workers: int, stop: bool = False) -> bytes:
    """Train, from where it was stopped if it was; returns the weights."""
    chosen = [f"loop.workers={workers}", f"loop.steps={STEPS}", "sizes.drum_bands=3"]
    settings = read_settings(recipe, STAGES["generator"].settings, chosen)
    stage = GeneratorStage(settings, Fabric(accelerator="cpu", devices=1))
    learn = stage.step

    def step_and_stop(batch: object, number: int, progress: float) -> dict[str, float]:
        if number + 1 == STOPPED_AT:
            os.kill(os.getpid(), signal.SIGTERM)
        return learn(batch, number, progress)

    if stop:
        stage.step = step_and_stop  # type: ignore[method-assign]
    run = Run(stage, settings.loop, folder, config=plain(settings))
    assert run.train(resume=True) == (STOPPED_AT if stop else STEPS)
    stage.export(folder / "weights.safetensors")
    return (folder / "weights.safetensors").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM for one process")
def test_stopped_and_resumed_with_two_processes_gives_the_weights_of_one_run(
    tmp_path: Path,
) -> None:
    cache = make_dances(tmp_path / "dances", sketched=True)
    recipe = write_generator_recipe(tmp_path / "generator.toml", cache)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the processes: the order of sums decides the last bits
    try:
        with threadpool_limits(1):
            halfway = train(recipe, tmp_path / "stopped", 2, stop=True)
            resumed = train(recipe, tmp_path / "stopped", 2)
            whole = train(recipe, tmp_path / "whole", 0)
    finally:
        torch.set_num_threads(threads)
    assert halfway != resumed
    assert resumed == whole
    losses = [
        [entry for entry in read_log(tmp_path / name) if entry.kind == "train"]
        for name in ("stopped", "whole")
    ]
    assert losses[0] == losses[1]
    assert {entry.step for entry in losses[0]} == set(range(1, STEPS + 1))
