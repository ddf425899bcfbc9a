"""Where the work of `prepare` runs: processes of this machine, or a Ray cluster."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from d2m_cli.cluster import Engine, ray_session
from d2m_cli.errors import D2MError

Item = TypeVar("Item")
Result = TypeVar("Result")


def run(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int, engine: Engine
) -> Iterator[Result]:
    """Results of `work` on each item, in the order in which they are done.

    `workers` processes share the work; with Ray it is the size of the cluster that is started when
    `RAY_ADDRESS` names none. `work` must be picklable. Raises `D2MError` when a process dies, or
    Ray is not installed or does not start.
    """
    if engine is Engine.RAY:
        yield from _run_ray(work, items, workers)
    elif workers <= 1:
        yield from map(work, items)
    else:
        yield from _run_processes(work, items, workers)


def _run_processes(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> Iterator[Result]:
    # Spawned, not forked: MediaPipe and torch hold threads that a fork would break.
    spawn = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_use_one_thread) as pool:
        jobs = [pool.submit(work, item) for item in items]
        try:
            for job in as_completed(jobs):
                yield job.result()
        except BrokenProcessPool as error:
            raise D2MError(
                "A worker process died (out of memory?): run the same command again with fewer "
                "--workers; finished pieces are kept."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _use_one_thread() -> None:
    """The processes are the parallelism: numerical libraries (not yet loaded) add no threads."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def _run_ray(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> Iterator[Result]:
    with ray_session(workers) as ray:

        @ray.remote(num_cpus=1)  # type: ignore[untyped-decorator]
        def task(item: Item) -> Result:
            return work(item)

        pending = [task.remote(item) for item in items]
        while pending:
            done, pending = ray.wait(pending)
            yield ray.get(done[0])
