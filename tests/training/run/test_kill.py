"""A run killed at any moment goes on as if nothing had been."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from lightning.fabric import Fabric
from project import ROOT
from recipes_for_tests import write_recipe
from safetensors.torch import load_file
from threadpoolctl import threadpool_limits

from d2m_cli.training.run.log import LogEntry, read_log
from d2m_cli.training.run.loop import Run
from d2m_cli.training.run.settings import plain, read_settings
from d2m_cli.training.stages import STAGES


def kill_after_three_steps(stage: str, recipe: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "d2m_cli.cli", "train", stage, "--device", "cpu"]
    command += ["--config", str(recipe), "--folder", str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not list(folder.glob("step_0000000[3-7].ckpt")) and time.monotonic() < deadline:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    assert running.wait() == -signal.SIGKILL, "the run ended before it could be killed"
    assert list(folder.glob("step_0000000[3-7].ckpt")), "the run was too slow to be killed"
    # The first validation has written them, whole.
    assert load_file(folder / STAGES[stage].weights)


def losses(folder: Path) -> list[LogEntry]:
    return [record for record in read_log(folder) if record.kind == "train"]


@pytest.mark.parametrize("name", ["codec", "generator"])
def test_killed_run_goes_on_bit_for_bit(name: str, tmp_path: Path) -> None:
    recipe, kind = write_recipe(name, tmp_path), STAGES[name]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    kill_after_three_steps(name, recipe, killed)
    settings = read_settings(recipe, kind.settings)
    states = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the killed process: the order of sums decides the last bits
    try:
        with threadpool_limits(1):  # of numpy's BLAS, too: it makes the batches
            for folder, resume in ((killed, True), (whole, False)):
                stage = kind.build(settings, Fabric(accelerator="cpu", devices=1))
                Run(stage, settings.loop, folder, config=plain(settings)).train(resume)
                stage.export(folder / kind.weights)
                states.append((folder / kind.weights).read_bytes())
    finally:
        torch.set_num_threads(threads)
    assert states[0] == states[1]
    assert losses(killed) == losses(whole)
    assert {record.step for record in losses(killed)} == set(range(1, 9))
