"""Pieces of work of networks side by side, each on one core.

Threads that share one operation wait for one another at its end, many hundred times a second; on a
machine with other work they mostly wait. Pieces that do not need one another wait once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import torch

T = TypeVar("T")
R = TypeVar("R")


@cache
def _cores() -> int:
    """As many as torch has threads, by `OMP_NUM_THREADS` or the machine."""
    import torch

    return torch.get_num_threads()


def workers(device: torch.device) -> int:
    """Pieces that run at a time: as many as cores, or one where the device is no CPU."""
    return _cores() if device.type == "cpu" else 1


def even_parts(length: int, most: int, step: int, device: torch.device) -> int:
    """Length of parts of `length` that keep all workers at work: `most` or less, whole `step`s."""
    rounds = -(-length // (most * workers(device)))
    part = -(-length // (rounds * workers(device)))
    return min(most, -(-part // step) * step)


def side_by_side(work: Callable[[T], R], things: Iterable[T], device: torch.device) -> Iterator[R]:
    """`work` of each thing, in order; some later things are worked on meanwhile.

    Each worker has one thread of torch, rounds as `choose_device` says, and is in the caller's
    modes of gradient and inference.
    """
    import torch

    count = workers(device)
    if count == 1:
        yield from map(work, things)
        return
    inference, gradient = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    def run(thing: T) -> R:
        with torch.inference_mode(inference), torch.set_grad_enabled(gradient):
            return work(thing)

    pool = ThreadPoolExecutor(count, initializer=_settle)
    waiting: deque[Future[R]] = deque()
    try:
        for thing in things:
            waiting.append(pool.submit(run, thing))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(count)  # what a worker sets is what new threads would begin with


@contextmanager
def on_one_core(device: torch.device) -> Iterator[None]:
    """Let the networks of this thread use one core, while others have work for the rest."""
    import torch

    count = _cores()
    if device.type != "cpu":
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(count)


def _settle() -> None:
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
