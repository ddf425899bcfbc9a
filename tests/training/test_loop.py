import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from d2m_cli.errors import OutputError
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.training.checkpoint import load_newest
from d2m_cli.training.loop import LoopSettings, Validation, run
from d2m_cli.training.run_log import read_log


class Descent:
    """x goes half of the way to zero in every step."""

    def __init__(self, signal_at: int | None = None) -> None:
        self.x, self.signal_at = 64.0, signal_at
        self.progress: list[float] = []

    def draw(self, number: int) -> int:
        return number

    def step(self, batch: int, number: int, progress: float) -> dict[str, float]:
        assert batch == number
        if number == self.signal_at:
            os.kill(os.getpid(), signal.SIGTERM)
        self.x /= 2
        self.progress.append(progress)
        return {"x": self.x}

    def validate(self) -> Validation:
        tone = 0.1 * np.sin(np.arange(SAMPLE_RATE // 2) / 10).astype(np.float32)
        return Validation({"squared": self.x**2}, {"tone": tone})

    def state(self) -> dict[str, Any]:
        return {"x": self.x}

    def restore(self, state: dict[str, Any]) -> None:
        self.x = state["x"]


def silent(kind: str, step: int, figures: dict[str, float]) -> None:
    """Report nothing."""


def test_logs_means_and_validates(tmp_path: Path) -> None:
    stage, reports = Descent(), []
    settings = LoopSettings(steps=4, log_every=2, validate_every=3)
    done = run(stage, settings, tmp_path, lambda *report: reports.append(report))
    assert done == 4
    assert stage.progress == [0, 0.25, 0.5, 0.75]
    expected = [
        ("validation", 1, {"squared": 1024.0}),
        ("train", 2, {"x": 24.0}),
        ("validation", 3, {"squared": 64.0}),
        ("train", 4, {"x": 6.0}),
        ("validation", 4, {"squared": 16.0}),
    ]
    paces = [figures for kind, _, figures in reports if kind == "pace"]
    assert [report for report in reports if report[0] != "pace"] == expected
    lines = [(r.kind, r.step, {r.name: r.value}) for r in read_log(tmp_path) if r.kind != "pace"]
    assert lines == expected
    assert [0 <= pace["waiting"] <= 1 for pace in paces] == [True, True]
    assert paces[-1]["minutes_left"] == 0 and paces[-1]["peak_memory_mb"] > 50


def test_a_signal_ends_the_run_after_its_step_and_it_can_go_on(tmp_path: Path) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    settings = LoopSettings(steps=5)
    assert run(Descent(signal_at=2), settings, tmp_path, silent) == 3
    assert signal.getsignal(signal.SIGTERM) is handler

    stage = Descent()
    assert run(stage, settings, tmp_path, silent, resume=True) == 5
    assert stage.x == 2.0
    assert stage.progress == [3 / 5, 4 / 5]


def test_time_budget_ends_the_run_with_a_checkpoint(tmp_path: Path) -> None:
    assert run(Descent(), LoopSettings(steps=1000), tmp_path, silent, max_minutes=0) == 1
    saved = load_newest(tmp_path)
    assert saved is not None and (saved["step"], saved["stage"]) == (1, {"x": 32.0})


def test_a_new_run_does_not_mix_with_an_old_one(tmp_path: Path) -> None:
    run(Descent(), LoopSettings(steps=2), tmp_path, silent)
    with pytest.raises(OutputError, match="holds another run"):
        run(Descent(), LoopSettings(steps=2), tmp_path, silent)
