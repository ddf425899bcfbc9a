"""Batches drawn in a thread while earlier steps run; the time waited for them is measured."""

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

AHEAD = 3
"""Batches that are drawn, or being drawn, before they are needed."""


class Prefetcher:
    """Gives `draw(first)`, `draw(first + 1)` ... up to `draw(end - 1)`, in this order.

    `draw` must depend on its number alone, so that drawing ahead changes nothing. An error in it
    is raised when its batch is asked for. Leaving the `with` block ends the thread.
    """

    def __init__(self, draw: Callable[[int], Any], first: int, end: int) -> None:
        self.waited = 0.0
        """Seconds that `next` has waited so far."""
        self._draw, self._next, self._end = draw, first, end
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
        """The next batch."""
        begun = time.perf_counter()
        batch = self._pending.popleft().result()
        self.waited += time.perf_counter() - begun
        self._fill()
        return batch

    def _fill(self) -> None:
        while len(self._pending) < AHEAD and self._next < self._end:
            self._pending.append(self._pool.submit(self._draw, self._next))
            self._next += 1
