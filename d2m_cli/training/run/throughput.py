"""How fast a run goes: steps per second, share of time waiting for data, memory, time left."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from d2m_cli.training.run.prefetch import Prefetcher


class Throughput:
    """Measures from one log line to the next; what validation takes does not count."""

    def __init__(self, batches: Prefetcher) -> None:
        self._batches = batches
        self._start()

    def lap(self, steps: int, left: int) -> dict[str, float]:
        """Figures of the `steps` since the last call, when `left` steps are still to come.

        `waiting` is the share of the time in which a step waited for its batch.
        """
        seconds = max(time.perf_counter() - self._begun, 1e-9)
        figures = {
            "steps_per_second": steps / seconds,
            "waiting": (self._batches.waited - self._waited) / seconds,
            "minutes_left": left * seconds / steps / 60,
            **peak_memory(),
        }
        self._start()
        return figures

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Time within the block does not count."""
        begun = time.perf_counter()
        yield
        self._begun += time.perf_counter() - begun

    def _start(self) -> None:
        self._begun, self._waited = time.perf_counter(), self._batches.waited


def peak_memory() -> dict[str, float]:
    """`peak_memory_mb` that this process has held: on the GPU where there is one, else in all.

    Empty on Windows, which does not report it.
    """
    if torch.cuda.is_available():
        return {"peak_memory_mb": torch.cuda.max_memory_allocated() / 1e6}
    if sys.platform == "win32":
        return {}
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return {"peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6}
