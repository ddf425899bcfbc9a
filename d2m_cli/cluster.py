"""Work spread over workers that keep what they have loaded: this process, or actors of Ray.

A worker that is lost (killed, out of memory, its machine gone) loses no item: another one does it
again, up to `ATTEMPTS` times. Ray is imported only where it is asked for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from enum import StrEnum
from logging import ERROR
from pathlib import Path
from platform import node
from threading import current_thread
from typing import Any, Generic, NamedTuple, TypeVar

from d2m_cli.errors import D2MError

State = TypeVar("State")
Item = TypeVar("Item")
Result = TypeVar("Result")

ATTEMPTS = 3
"""Workers that may be lost with one item before it counts as failed."""

STARTS = 3
"""Tries to start a local cluster: Ray gives a node 30 s, and a busy machine may need more."""

LOOPBACK = "127.0.0.1"
ALONE = {
    # Else Ray takes this machine's own address for the loopback one, and listens on all of them.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Ray gives its processes 15 s to start, and a busy machine needs more.
    "RAY_agent_register_timeout_ms": "120000",
    # Else Ray reports to its makers that a cluster was started.
    "RAY_USAGE_STATS_ENABLED": "0",
    # Else every worker warns where no graphics card is asked for.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""Variables of Ray for a cluster of one machine."""
ADDRESS = "RAY_ADDRESS"
"""Variable that names a running cluster."""

SHARED_SETTINGS = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "D2M_HOME", "D2M_FFMPEG", "PYTHONPATH")
"""Variables that workers have as this process has them."""


class Engine(StrEnum):
    """Where the work is done."""

    LOCAL = "local"
    RAY = "ray"


class Done(NamedTuple, Generic[Result]):
    """An item that a worker has done."""

    number: int
    """Its place among the items."""
    result: Result
    worker: str
    """Machine and process."""
    lost: int = 0
    """Workers that were lost with it before."""


class Lost(NamedTuple):
    """An item with which `ATTEMPTS` workers were lost."""

    number: int


@contextmanager
def ray_session(workers: int) -> Iterator[Any]:
    """The module `ray`, connected to the cluster that `RAY_ADDRESS` names or to a new local one.

    A local one has `workers` processors, listens on the loopback address and ends with the block.
    Raises `D2MError` when Ray is not installed or does not start.
    """
    own: dict[str, Any] = {}
    if not os.environ.get(ADDRESS):
        own = {"num_cpus": workers, "_node_ip_address": LOOPBACK, "include_dashboard": False}
        for name, value in ALONE.items():  # read when Ray is imported
            os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise D2MError("Ray is not installed: `pip install 'd2m[ray]'`.") from error
    for tried in range(1, STARTS + 1):
        try:
            ray.init(log_to_driver=False, logging_level=ERROR, **own)
            break
        except Exception as error:  # Ray has no class of its own for a node that does not start
            ray.shutdown()
            if tried == STARTS or not own:
                raise D2MError(
                    f"Ray did not start ({error}): check {ADDRESS}, or use --engine local."
                ) from error
    try:
        with redirect_stdout(_WithoutRaysReports(sys.stdout)):
            yield ray
    finally:
        ray.shutdown()


class _WithoutRaysReports:
    """Standard output without what Ray's own thread prints of lost workers, among our results."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, unless the thread is Ray's."""
        if current_thread().name == "ray_listen_error_messages":
            return len(text)
        return int(self._stream.write(text))


def spread(
    begin: Callable[[], State],
    work: Callable[[State, Item], Result],
    items: Sequence[Item],
    engine: Engine = Engine.LOCAL,
    workers: int = 2,
    gpus: float = 0.0,
) -> Iterator[Done[Result] | Lost]:
    """Results of `work` on each item as they are done, by workers that call `begin` once.

    With Ray both must be picklable, and `work` answers an error as a result: what it raises ends
    everything. A worker takes one processor and `gpus` graphics cards.
    """
    if engine is Engine.LOCAL:
        state = begin()
        for number, item in enumerate(items):
            yield Done(number, work(state, item), f"this process, {os.getpid()}")
        return
    with ray_session(workers) as ray:
        yield from _spread_over_actors(ray, begin, work, items, min(workers, len(items)), gpus)


def spread_in_order(
    begin: Callable[[], State],
    work: Callable[[State, Item], Result],
    items: Sequence[Item],
    engine: Engine,
    workers: int,
    progress: Callable[[float, float], None],
) -> list[Result]:
    """Results of `work` on each item, in the order of the items; `begin` and `work` as `spread`.

    `progress` is called with how many are done, and how many there are. Raises what `work` raises,
    and `D2MError` for an item that workers were lost with.
    """
    results: dict[int, Result] = {}
    progress(0, len(items))
    for done in spread(begin, work, items, engine, workers):
        if isinstance(done, Lost):
            raise D2MError(
                f"{ATTEMPTS} workers were lost with {items[done.number]} (out of memory?): take "
                "fewer workers."
            )
        results[done.number] = done.result
        progress(len(results), len(items))
    return [results[number] for number in range(len(items))]


def _spread_over_actors(
    ray: Any,
    begin: Callable[[], State],
    work: Callable[[State, Item], Result],
    items: Sequence[Item],
    workers: int,
    gpus: float,
) -> Iterator[Done[Result] | Lost]:
    hired = ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=0)(_Worker)
    known = {name: os.environ[name] for name in SHARED_SETTINGS if name in os.environ}
    hired = hired.options(runtime_env={"env_vars": known})
    waiting, folder = list(reversed(range(len(items)))), Path.cwd()
    lost = dict.fromkeys(range(len(items)), 0)
    idle = [hired.remote(begin, folder) for _ in range(workers)]
    busy: dict[Any, tuple[int, Any]] = {}
    while waiting or busy:
        while waiting and idle:
            number, actor = waiting.pop(), idle.pop()
            busy[actor.do.remote(work, items[number])] = (number, actor)
        (answer, *_), _ = ray.wait([*busy])
        number, actor = busy.pop(answer)
        try:
            result, worker = ray.get(answer)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except ray.exceptions.RayError as error:
            if getattr(error, "actor_init_failed", False):
                last = str(error).strip().splitlines()[-1]
                raise D2MError(f"A worker of Ray could not begin ({last.strip()}).") from error
            lost[number] += 1
            idle.append(hired.remote(begin, folder))
            if lost[number] < ATTEMPTS:
                waiting.append(number)
            else:
                yield Lost(number)
            continue
        idle.append(actor)
        yield Done(number, result, worker, lost[number])


class _Worker:
    """What an actor of Ray runs: it keeps what `begin` gave."""

    def __init__(self, begin: Callable[[], Any], folder: Path) -> None:
        with suppress(OSError):  # relative names mean what they mean to the caller
            os.chdir(folder)
        self._state = begin()

    def do(self, work: Callable[[Any, Any], Any], item: Any) -> tuple[Any, str]:
        """`work` on an item, and who did it."""
        return work(self._state, item), f"{node()}, {os.getpid()}"
