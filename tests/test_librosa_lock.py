"""Processes that meet an empty cache of compiled functions at the same moment."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from d2m_cli.librosa_lock import beat_track, librosa
import numpy as np
curve = np.random.default_rng(0).random(300)
librosa.onset.onset_detect(onset_envelope=curve)
beat_track(onset_envelope=curve)
"""


def test_processes_that_start_together_leave_a_cache_that_works(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "OMP_NUM_THREADS": "1"}
    together = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [process.wait(timeout=300) for process in together] == [0, 0]
    assert list(tmp_path.rglob("*.nbc"))
    # Files of two makers crash the process that reads them.
    assert subprocess.run(command, env=environment, timeout=300).returncode == 0
