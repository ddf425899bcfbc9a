import os
import random
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from d2m_cli.errors import D2MError, OutputError
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.training.run.checkpoint import load_newest, random_states, restore_random_states
from d2m_cli.training.run.display import Silent
from d2m_cli.training.run.log import RunLog, read_log
from d2m_cli.training.run.loop import LoopSettings, Run, Validation
from d2m_cli.training.run.prefetch import Prefetcher
from d2m_cli.training.run.settings import SettingsError


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

    def export(self, path: Path) -> None:
        path.write_text(str(self.x))


class Notes(Silent):
    """Keeps what a run shows."""

    def __init__(self) -> None:
        self.reports: list[tuple[str, int, dict[str, float]]] = []
        self.notes: list[str] = []
        self.done: list[tuple[int, int]] = []

    def figures(self, kind: str, step: int, figures: Mapping[str, float]) -> None:
        self.reports.append((kind, step, dict(figures)))

    def progress(self, done: int, total: int) -> None:
        self.done.append((done, total))

    def note(self, text: str) -> None:
        self.notes.append(text)


def test_logs_means_and_validates(tmp_path: Path) -> None:
    stage, display = Descent(), Notes()
    settings = LoopSettings(steps=4, log_every=2, validate_every=3)
    assert Run(stage, settings, tmp_path, display=display).train() == 4
    reports = display.reports
    assert display.done == [(1, 4), (2, 4), (3, 4), (4, 4)]
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
    assert Run(Descent(signal_at=2), settings, tmp_path).train() == 3
    assert signal.getsignal(signal.SIGTERM) is handler

    stage = Descent()
    assert Run(stage, settings, tmp_path).train(resume=True) == 5
    assert stage.x == 2.0
    assert stage.progress == [3 / 5, 4 / 5]


def test_a_run_is_not_resumed_with_other_settings(tmp_path: Path) -> None:
    display = Notes()
    config = {"rate": 0.1, "loop": {"steps": 2}}
    Run(Descent(), LoopSettings(steps=2), tmp_path, config=config).train()
    other = Run(Descent(), LoopSettings(steps=2), tmp_path, config={"rate": 0.2})
    with pytest.raises(SettingsError, match=r"rate was 0\.1 and is 0\.2"):
        other.train(resume=True)
    config["loop"] = {"steps": 3}
    settings = LoopSettings(steps=3)
    Run(Descent(), settings, tmp_path, config=config, display=display).train(resume=True)
    assert display.notes == ["loop.steps was 2 and is 3"]


def test_losses_that_are_no_numbers_end_the_run_unsaved(tmp_path: Path) -> None:
    class Diverging(Descent):
        def step(self, batch: int, number: int, progress: float) -> dict[str, float]:
            super().step(batch, number, progress)
            return {"x": self.x if number < 2 else float("nan")}

    settings = LoopSettings(steps=6, checkpoint_minutes=0)
    with pytest.raises(D2MError, match="NaN or infinite at step 3"):
        Run(Diverging(), settings, tmp_path).train()
    saved = load_newest(tmp_path)
    assert saved is not None and saved["step"] == 2


def test_a_disk_that_fills_up_ends_the_run_in_one_sentence(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="file sizes cannot be limited here")

    class Growing(Descent):
        def step(self, batch: int, number: int, progress: float) -> dict[str, float]:
            if number == 2:
                resource.setrlimit(resource.RLIMIT_FSIZE, (400, limits[1]))
            return super().step(batch, number, progress)

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    settings = LoopSettings(steps=6, log_every=2, validate_every=100, checkpoint_minutes=0)
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            Run(Growing(), settings, tmp_path).train()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert Run(Descent(), settings, tmp_path).train(resume=True) == 6


def test_a_disk_that_refuses_the_board_alone_is_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = pytest.importorskip("resource", reason="file sizes cannot be limited here")
    usual = threading.excepthook
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(OutputError, match="cannot be written"), RunLog(tmp_path, 0) as log:
            resource.setrlimit(resource.RLIMIT_FSIZE, (60, limits[1]))
            log.figures("train", 1, {"x": 1.0})
            board = next(t for t in threading.enumerate() if "AsyncWriter" in type(t).__name__)
            board.join(timeout=60)
            assert not board.is_alive()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert threading.excepthook is usual
    assert "Traceback" not in capsys.readouterr().err


class Dice(Descent):
    """x is whatever the global generators draw."""

    def step(self, batch: int, number: int, progress: float) -> dict[str, float]:
        self.x = random.random() + float(np.random.rand()) + float(torch.rand(()))
        return {"x": self.x}


def test_global_random_states_go_on(tmp_path: Path) -> None:
    settings = LoopSettings(steps=6, log_every=1)
    states = random_states()
    assert Run(Dice(), settings, tmp_path / "stopped").train(max_minutes=0) == 1
    random.seed(5), np.random.seed(5), torch.manual_seed(5)
    Run(Dice(), settings, tmp_path / "stopped").train(resume=True)
    restore_random_states(states)
    Run(Dice(), settings, tmp_path / "whole").train()
    stopped, whole = (
        [record for record in read_log(tmp_path / name) if record.kind == "train"]
        for name in ("stopped", "whole")
    )
    assert stopped == whole and len({record.value for record in whole}) == 6


def test_lines_after_the_last_checkpoint_are_dropped(tmp_path: Path) -> None:
    settings = LoopSettings(steps=4, log_every=1)
    Run(Descent(), settings, tmp_path).train(max_minutes=0)
    with RunLog(tmp_path, 1) as log:
        log.figures("train", 2, {"x": 99.0})
    Run(Descent(), settings, tmp_path).train(resume=True)
    values = [record.value for record in read_log(tmp_path) if record.kind == "train"]
    assert values == [32, 16, 8, 4]


def test_what_a_run_leaves_to_look_at(tmp_path: Path) -> None:
    Run(Descent(), LoopSettings(steps=2, log_every=1), tmp_path).train()
    assert {path.name for path in tmp_path.iterdir()} == {
        *("log.csv", "curves.png", "samples", "tensorboard", "settings.json"),
        "step_00000002.ckpt",
    }
    for step in ("00000001", "00000002"):
        names = {path.name for path in (tmp_path / "samples" / step).iterdir()}
        assert names == {"tone.wav", "spectrograms.png"}
    tone, rate = soundfile.read(tmp_path / "samples/00000002/tone.wav")
    assert (len(tone), rate) == (SAMPLE_RATE // 2, SAMPLE_RATE)
    board = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert set(board.Tags()["scalars"]) > {"train/x", "validation/squared", "pace/waiting"}
    assert board.Tags()["images"] == ["spectrograms"] and board.Tags()["audio"] == ["tone"]


def test_time_budget_ends_the_run_with_a_checkpoint(tmp_path: Path) -> None:
    assert Run(Descent(), LoopSettings(steps=1000), tmp_path).train(max_minutes=0) == 1
    saved = load_newest(tmp_path)
    assert saved is not None and (saved["step"], saved["stage"]) == (1, {"x": 32.0})


def test_a_new_run_does_not_mix_with_an_old_one(tmp_path: Path) -> None:
    Run(Descent(), LoopSettings(steps=2), tmp_path).train()
    with pytest.raises(OutputError, match="holds another run"):
        Run(Descent(), LoopSettings(steps=2), tmp_path).train()


class Threads(Descent):
    """Counts who drew its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[tuple[int, int]] = []
        self.draw = _drawn_by  # type: ignore[method-assign, assignment]

    def step(self, batch: Any, number: int, progress: float) -> dict[str, float]:
        self.drawn.append(batch)
        return super().step(number, number, progress)


def _drawn_by(number: int) -> tuple[int, int]:
    if number == 99:
        os.kill(os.getpid(), signal.SIGKILL)
    return number, os.getpid()


def test_processes_draw_in_the_same_order_and_weights_are_written(tmp_path: Path) -> None:
    stage, weights = Threads(), tmp_path / "x.txt"
    settings = LoopSettings(steps=6, validate_every=4, workers=2)
    Run(stage, settings, tmp_path / "run", weights=weights).train()
    assert [number for number, _ in stage.drawn] == list(range(6))
    assert os.getpid() not in {drawer for _, drawer in stage.drawn}
    assert weights.read_text() == "1.0"


@pytest.mark.skipif(os.name == "nt", reason="Windows kills processes in another way")
def test_a_dead_process_is_one_sentence() -> None:
    dead = pytest.raises(D2MError, match=r"loop\.workers")
    with Prefetcher(_drawn_by, 99, 100, workers=1) as batches, dead:
        batches.next()
