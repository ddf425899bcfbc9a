"""Settings of the command's own process, which nobody who imports d2m gets."""

import gc
import os
import sys

SWITCH_SECONDS = 0.0005
"""After which a thread hands Python's lock on: the pose needs it for a moment now and then, while
torch is imported beside it."""

MANY_OBJECTS = 100_000
"""New ones between two searches for garbage: what a command imports is none."""


def settle_process() -> None:
    """To be called before a library starts threads."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # threads that spin starve the others
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(MANY_OBJECTS)
