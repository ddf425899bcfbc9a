"""How far long work is, and how long its steps took."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import perf_counter

from d2m_cli.types import FrameArray


class Step(StrEnum):
    """One step of the path from a dance video to its music, as progress and `--json` name it."""

    LISTEN = "listen"
    ANALYZE = "analyze"
    COMPOSE = "compose"
    DECODE = "decode"
    POSTPROCESS = "postprocess"
    WRITE = "write"


Progress = Callable[[str, float, float], None]
"""Called with the name of a step or a file, how much of it is done, and how much there is to do.

All long work reports in this form; a total of 0 means that it is unknown.
"""


def silent(stage: str, done: float, total: float) -> None:
    """Progress that is not shown."""


def counted(frames: Iterable[FrameArray], total: float, progress: Progress) -> Iterator[FrameArray]:
    """Pass on the frames `(H, W, 3)` of a video and report each under `Step.ANALYZE`."""
    for number, frame in enumerate(frames):
        progress(Step.ANALYZE, number, total)
        yield frame
    progress(Step.ANALYZE, total, total)


@contextmanager
def timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Note the seconds that the block takes as those of a stage."""
    begin = perf_counter()
    yield
    timings[stage] = perf_counter() - begin
