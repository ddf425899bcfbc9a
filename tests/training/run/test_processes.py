"""Several processes learn what one with the joined batch would learn; only the first one writes."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lightning.fabric import Fabric
from project import ROOT
from recipes_for_tests import write_recipe
from torch import Tensor

from d2m_cli.training.run.checkpoint import load_newest
from d2m_cli.training.run.log import read_log
from d2m_cli.training.run.settings import read_settings
from d2m_cli.training.stages import STAGES


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One step of codec and generator under torchrun, in two processes (gloo)."""
    folder = tmp_path_factory.mktemp("both")
    recipes = [str(write_recipe(stage, folder)) for stage in ("codec", "generator")]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*torchrun, str(ROOT / "tests/helpers/train_both.py"), *recipes, str(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "distributed_backend=gloo" in done.stdout + done.stderr
    assert done.stdout.count("Weights:") == 2, "only the first process reports"
    return folder


def tensors(state: Any, path: str = "") -> Iterator[tuple[str, Tensor]]:
    """All tensors in a stage's state."""
    if isinstance(state, Tensor):
        yield path, state
    elif isinstance(state, dict):
        for name, part in state.items():
            yield from tensors(part, f"{path}/{name}")


@pytest.mark.parametrize("name", ["codec", "generator"])
def test_two_processes_learn_what_one_with_the_joined_batch_learns(
    name: str, trained: Path
) -> None:
    recipe, folder, kind = trained / f"{name}.toml", trained / name, STAGES[name]
    assert (folder / kind.weights).exists()
    assert len([r for r in read_log(folder) if (r.kind, r.name) == ("pace", "waiting")]) == 1
    saved = load_newest(folder)
    assert saved is not None and saved["step"] == 1

    joined = read_settings(recipe, kind.settings, ["batch=4"])
    stage = kind.build(joined, Fabric(accelerator="cpu", devices=1))
    figures = stage.step(stage.draw(0), 0, 0.0)
    logged = {r.name: r.value for r in read_log(folder) if r.kind == "train"}
    assert logged == pytest.approx(figures, rel=1e-3)
    expected = dict(tensors(stage.state()))
    shared = dict(tensors(saved["stage"]))
    assert shared.keys() == expected.keys()
    assert any("exp_avg" in path for path in shared)
    for path, value in expected.items():
        # A weight moves by the sign of its gradient in Adam's first update: where that is nearly
        # zero, rounding decides (1 % of the weights, or one of a small bias). The gradients
        # themselves (exp_avg) must all agree.
        scale = float(value.abs().max())
        far = ((shared[path] - value).abs() > 1e-3 * scale + 1e-7).float().mean()
        allowed = 0.0 if "exp_avg" in path else max(0.01, 1 / value.numel())
        assert far <= allowed, (path, float(far))
