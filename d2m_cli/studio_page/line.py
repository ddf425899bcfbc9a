"""Long work in line: one thing at a time, in a thread; it reports and can be cancelled."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from threading import Condition, Thread
from typing import Any

from d2m_cli.errors import Cancelled, D2MError
from d2m_cli.progress import Step
from d2m_cli.studio.work import Show, Work

Run = Callable[[Show, Callable[[], bool]], Any]
"""Work: it shows how far it is, and asks now and then whether it is cancelled."""

_STEP_BACK = 3
"""How much less of a busy processor the work gets than what answers the page, as `nice` counts."""

WORDS = {
    Step.ANALYZE: "watching the dance",
    Step.COMPOSE: "composing",
    Step.DECODE: "making it sound",
    Step.POSTPROCESS: "setting the loudness",
    Step.WRITE: "writing",
}


class State(StrEnum):
    """Of a piece of work; what is done or cancelled leaves the line."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"


@dataclass
class Job:
    """A piece of work in line."""

    number: int
    name: str
    """For people."""
    run: Run
    state: State = State.WAITING
    work: Work | None = None
    """How far it is."""
    cancelled: bool = False
    error: str = ""

    def record(self) -> dict[str, Any]:
        """As plain data for the page."""
        stage = WORDS.get(Step(self.work.stage), "") if self.work else "beginning"
        return {
            "id": self.number,
            "name": self.name,
            "state": self.state.value,
            "stage": "stopping" if self.cancelled else stage,
            "share": round(self.work.share, 3) if self.work else None,
            "left": round(self.work.left, 1) if self.work and self.work.share else None,
            "error": self.error,
        }


class Line:
    """Runs jobs one after the other; `changed` is called, in any thread, when one reports."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._jobs: dict[int, Job] = {}
        self._numbers = itertools.count(1)
        self._news = Condition()
        self._closed = False
        self._thread = Thread(target=self._work, name="d2m-studio-work", daemon=True)
        self._thread.start()

    def records(self) -> list[dict[str, Any]]:
        """The line as plain data, in its order."""
        with self._news:
            return [job.record() for job in self._jobs.values()]

    def add(self, name: str, run: Run) -> int:
        """Put work at the end of the line; gives its number."""
        with self._news:
            number = next(self._numbers)
            self._jobs[number] = Job(number, name, run)
            self._news.notify_all()
        self._changed()
        return number

    def cancel(self, number: int) -> None:
        """Take work out of the line; what runs stops as soon as it asks."""
        with self._news:
            job = self._jobs.get(number)
            if job is None:
                return
            job.cancelled = True
            if job.state is not State.RUNNING:
                del self._jobs[number]
        self._changed()

    def close(self) -> None:
        """Cancel everything and wait until the thread has ended."""
        with self._news:
            self._closed = True
            for job in self._jobs.values():
                job.cancelled = True
            self._news.notify_all()
        self._thread.join()

    def _work(self) -> None:
        if sys.platform not in ("win32", "darwin"):  # there the whole process would step back
            os.nice(_STEP_BACK)
        while (job := self._next()) is not None:
            error = self._run(job)
            with self._news:
                if error and not job.cancelled:
                    job.state, job.error = State.FAILED, error
                else:
                    del self._jobs[job.number]
            self._changed()

    def _run(self, job: Job) -> str:
        """Do the work; gives what went wrong, in one sentence."""

        def show(work: Work) -> None:
            job.work = work
            self._changed()

        self._changed()
        try:
            job.run(show, lambda: job.cancelled)
        except Cancelled:
            job.cancelled = True
        except D2MError as error:
            return str(error)
        except Exception as error:
            return f"unexpected {type(error).__name__}: {error} (this is a defect of d2m)."
        return ""

    def _next(self) -> Job | None:
        with self._news:
            while not self._closed:
                for job in self._jobs.values():
                    if job.state is State.WAITING:
                        job.state = State.RUNNING
                        return job
                self._news.wait()
            return None
