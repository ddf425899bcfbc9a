"""The command's own process: how it ends."""

import subprocess
import sys

from project import ROOT

ENDING = """
import atexit, sys
from d2m_cli.cli.process import ending_at_once
class Left:
    def __del__(self): print("taken apart")
left = Left()
with ending_at_once():
    atexit.register(print, "at the end")
    print("said")
    sys.exit(3)
"""


def test_a_process_ends_at_once_but_not_before_what_is_due() -> None:
    command = [sys.executable, "-c", ENDING]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split("\n")) == (3, ["said", "at the end", ""])
