"""Batches drawn while earlier steps run; the time waited for them is measured."""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from types import TracebackType
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from d2m_cli.errors import D2MError
from d2m_cli.training.run.handing import Handed, Hander, take

AHEAD = 3
"""Batches that are drawn, or being drawn, before they are needed; two a worker at least."""

Draw = Callable[[int], Any]


class Prefetcher:
    """Gives `draw(first)`, `draw(first + 1)` ... up to `draw(end - 1)`, in this order.

    `draw` must depend on its number alone, so that drawing ahead changes nothing, whoever draws: a
    thread, or as many processes as there are `workers`, for which it must be picklable. An error in
    it is raised when its batch is asked for. Leaving the `with` block ends thread or processes.
    """

    def __init__(self, draw: Draw, first: int, end: int, workers: int = 0) -> None:
        self.waited = 0.0
        """Seconds that `next` has waited so far."""
        self._next, self._end, self._ahead = first, end, max(AHEAD, 2 * workers)
        self._draw: Draw = _drawn if workers else draw
        self._shared = workers > 0
        self._pool: Executor
        if workers:
            # Spawned, not forked: torch and CUDA hold threads that a fork would break.
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(workers, spawn, _begin, (draw,))
        else:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="batches")
        self._pending: deque[Future[Any]] = deque()

    def __enter__(self) -> "Prefetcher":
        self._fill()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def next(self) -> Any:
        """The next batch. Raises `D2MError` when a process that draws has died."""
        begun = time.perf_counter()
        try:
            batch = self._pending.popleft().result()
            self._fill()
            if self._shared:
                batch = take(batch)
        except BrokenProcessPool as error:
            raise D2MError(
                "A process that draws batches died (out of memory?): resume with fewer "
                "loop.workers."
            ) from error
        self.waited += time.perf_counter() - begun
        return batch

    def _fill(self) -> None:
        while len(self._pending) < self._ahead and self._next < self._end:
            self._pending.append(self._pool.submit(self._draw, self._next))
            self._next += 1


_draw: Draw | None = None
"""In a process that draws: what it draws with."""
_hander = Hander()
_limits: threadpool_limits | None = None
"""Kept, since they end with it."""


def _begin(draw: Draw) -> None:
    """Prepare a process that draws: on one thread, and as long as the run lives.

    Signals are left to the run, which stops after its step.
    """
    global _draw, _limits
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(1)
    _limits = threadpool_limits(1)  # numpy's BLAS, which is loaded before any variable could be set
    _draw = draw


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _drawn(number: int) -> Handed:
    assert _draw is not None
    return _hander.give(_draw(number))
