"""Batches of `d2m generate`: what came of each video, a line of JSON each, workers of Ray."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from d2m_cli.cli.failures import sentence
from d2m_cli.cluster import ATTEMPTS, Engine, Lost, spread
from d2m_cli.files import not_writable
from d2m_cli.progress import Progress, silent

if TYPE_CHECKING:
    from d2m_cli.cli.generate.output_options import OutputOptions
    from d2m_cli.cli.generate.plan import Job, Plan
    from d2m_cli.cli.options import MusicOptions
    from d2m_cli.generation.pipeline import Dance2Music
    from d2m_cli.report.summary import Summary

LOST = (
    f"{ATTEMPTS} workers were lost with it (out of memory?): take a shorter part, or fewer "
    "--workers."
)

Make = Callable[["Dance2Music", "Job", "MusicOptions", "OutputOptions", Progress], list["Summary"]]


class Outcome(NamedTuple):
    """What came of a video."""

    summaries: list[Summary]
    error: str | None
    """Why there is no music, in one sentence."""
    seconds: float
    """That it took."""
    worker: str
    lost: int = 0
    """Workers that were lost with it before."""


class BatchLog:
    """Adds a line of JSON for each video to a file, as soon as it is done.

    Args:
        path: the file; None writes nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def begin(self, plan: Plan) -> None:
        """Lines for what is there already, and for what cannot be done. Raises `OutputError`."""
        self._write("")
        for piece in plan.done:
            self._add(out=[str(piece.out)], status="there")
        for video, error in plan.refused.items():
            self._add(video=str(video), status="failed", error=sentence(error))

    def add(self, job: Job, outcome: Outcome) -> None:
        """The line of a video. Raises `OutputError`."""
        self._add(
            video=str(job.video),
            out=[str(summary.out) for summary in outcome.summaries],
            status="failed" if outcome.error else "done",
            **({"error": outcome.error} if outcome.error else {}),
            seconds=round(outcome.seconds, 2),
            worker=outcome.worker,
            **({"workers_lost": outcome.lost} if outcome.lost else {}),
        )

    def _add(self, **row: object) -> None:
        line = json.dumps({"time": datetime.now(UTC).isoformat(timespec="seconds"), **row})
        self._write(line + "\n")

    def _write(self, text: str) -> None:
        if self._path is None:
            return
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise not_writable(self._path, error) from error


def over_ray(
    make: Make,
    jobs: Sequence[Job],
    music: MusicOptions,
    output: OutputOptions,
    progress: Progress,
) -> Iterator[tuple[int, Outcome]]:
    """What came of each video, with its number, as workers of Ray finish them."""
    begin = partial(_open_maker, music)
    work = partial(_attempt, make=make, music=music, output=output)
    gpus = 1.0 if music.device.startswith("cuda") else 0.0
    progress("videos", 0, len(jobs))
    found = spread(begin, work, jobs, Engine.RAY, output.workers, gpus)
    for count, done in enumerate(found, 1):
        progress("videos", count, len(jobs))
        if isinstance(done, Lost):
            yield done.number, Outcome([], LOST, 0.0, "", ATTEMPTS)
        else:
            yield done.number, done.result._replace(worker=done.worker, lost=done.lost)


def _open_maker(music: MusicOptions) -> Dance2Music:
    from d2m_cli.generation.pipeline import Dance2Music

    return Dance2Music.from_bundle(music.bundle, music.device, motion=music.motion, flow=music.flow)


def _attempt(
    maker: Dance2Music, job: Job, make: Make, music: MusicOptions, output: OutputOptions
) -> Outcome:
    begun = perf_counter()
    try:
        summaries, error = make(maker, job, music, output, silent), None
    except Exception as failed:
        summaries, error = [], sentence(failed)
    return Outcome(summaries, error, perf_counter() - begun, "")
