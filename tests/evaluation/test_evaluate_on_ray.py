"""`d2m evaluate` on a Ray cluster makes what this process makes, also when a worker is lost."""

import os
import signal
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from capture_files import bvh_text
from project import ROOT
from threadpoolctl import threadpool_limits

import d2m_cli
from d2m_cli.errors import D2MError
from d2m_cli.evaluation.evaluate import Evaluation

DANCES = ("first", "second", "third")


def kill_one_at_work(folder: Path, killed: list[int], over: threading.Event) -> None:
    """Kill the first worker of Ray that works in `folder`."""
    while not over.is_set() and not killed:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                named = (process / "cmdline").read_text().startswith("ray::_Worker.do")
                if named and (process / "cwd").resolve() == folder:
                    os.kill(int(process.name), signal.SIGKILL)
                    killed.append(int(process.name))
                    break
            except OSError:
                continue
        time.sleep(0.005)


@pytest.mark.skipif(find_spec("ray") is None, reason="the extra `ray` is not installed")
@pytest.mark.skipif(sys.platform != "linux", reason="workers are found in /proc")
def test_ray_makes_the_same_and_loses_nothing_with_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "dances"
    folder.mkdir()
    for number, name in enumerate(DANCES):
        (folder / f"{name}.bvh").write_text(bvh_text(seconds=3.0 + number))

    def evaluate(engine: str) -> Evaluation:
        options = d2m_cli.EvaluateOptions(
            generate=["high"], baselines=False, reference="none", engine=engine, workers=2
        )
        return d2m_cli.evaluate(folder, options)

    killed, over = list[int](), threading.Event()
    killer = threading.Thread(target=kill_one_at_work, args=(tmp_path, killed, over))
    killer.start()
    try:
        shared = evaluate("ray")
    except D2MError as error:
        if "Ray did not start" not in str(error):
            raise
        pytest.skip(str(error))
    finally:
        over.set()
        killer.join()
    assert len(killed) == 1
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the workers: the order of sums decides the last bits
    try:
        with threadpool_limits(1):
            alone = evaluate("local")
    finally:
        torch.set_num_threads(threads)
    pieces = [done.first_pieces()["d2m high"] for done in (shared, alone)]
    assert pieces[0].keys() == pieces[1].keys() == set(DANCES)
    for name in DANCES:
        np.testing.assert_array_equal(pieces[0][name], pieces[1][name])
