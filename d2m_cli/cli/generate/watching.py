"""What `d2m generate` knows of a video before it composes, and how batches get it early."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import nullcontext
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from d2m_cli.ahead import begin, watched
from d2m_cli.analysis.child import expect
from d2m_cli.cli.generate.look import look
from d2m_cli.cli.generate.plan import Job
from d2m_cli.cli.options import MusicOptions
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.ingest.probe import probe
from d2m_cli.output.mux import rehearse
from d2m_cli.output.unchanged import unchanged
from d2m_cli.progress import Progress
from d2m_cli.types import Analysis, Clip

_LITTLE = 15.0
"""Seconds of music that are written without a trial: little is lost where they cannot be."""


class Seen(NamedTuple):
    """A video that was looked at; motion alone has no clip."""

    clip: Clip | None
    analysis: Analysis


def watch(maker: Dance2Music, job: Job, music: MusicOptions, progress: Progress) -> Seen:
    """Look at a job's video, while its networks load and its output is tried."""
    clip = None if job.video == music.motion else probe(job.video, music.start, music.end)
    maker.maker.prepare(music.level)
    trial = begin(partial(_rehearse_first, job, clip))
    with unchanged(clip) if clip else nullcontext():
        analysis = look(maker, clip, music, watched(trial, progress))
    trial.result()
    return Seen(clip, analysis)


def _rehearse_first(job: Job, clip: Clip | None) -> None:
    """Make sure that the first video that is asked for can be written, where work may be lost."""
    if clip is None or clip.seconds * len(job.pieces) < _LITTLE:
        return
    for out in [piece.out for piece in job.pieces if not piece.audio_only][:1]:
        rehearse(clip, out)


class _Stopped(Exception):
    """Nobody wants to know any more."""


class WatchingAhead:
    """Watches one job after the other, the next one while music is made for this one."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._after = dict(pairwise(jobs))
        self._begun: dict[Job, Future[Seen]] = {}
        self._stopped = False
        expect(len(jobs))

    def close(self) -> None:
        """End what was begun."""
        self._stopped = True
        expect(0)

    def watch(self, maker: Dance2Music, job: Job, music: MusicOptions, progress: Progress) -> Seen:
        """As the function `watch`."""
        begun = self._begun.pop(job, None)
        seen = begun.result() if begun else watch(maker, job, music, progress)
        if after := self._after.get(job):
            self._begun[after] = begin(partial(watch, maker, after, music, self._go_on))
        return seen

    def _go_on(self, stage: str, done: float, total: float) -> None:
        if self._stopped:
            raise _Stopped
