"""Work that goes on in a thread of its own while the caller does something else."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from d2m_cli.progress import Progress

T = TypeVar("T")


def begin(work: Callable[[], T]) -> Future[T]:
    """Start `work` now; `result()` of what is returned waits for it, and raises its error."""
    thread = ThreadPoolExecutor(1)
    begun = thread.submit(work)
    thread.shutdown(wait=False)
    return begun


def watched(begun: Future[T], progress: Progress) -> Progress:
    """`progress` that raises the error of what was begun, as soon as there is one."""

    def report(stage: str, done: float, total: float) -> None:
        if begun.done():
            begun.result()
        progress(stage, done, total)

    return report
