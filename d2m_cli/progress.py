"""What a long piece of work tells while it runs, and how long its stages took."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from time import perf_counter

from d2m_cli.types import FrameArray


class Step(StrEnum):
    """One step of the path from a dance video to its music, as progress and `--json` name it."""

    ANALYZE = "analyze"
    COMPOSE = "compose"
    DECODE = "decode"
    POSTPROCESS = "postprocess"
    WRITE = "write"


Progress = Callable[[str, float, float], None]
"""Called with a step's name, how much of it is done, and how much there is to do."""


def silent(stage: str, done: float, total: float) -> None:
    """Progress that nobody watches."""


def counted(frames: Iterable[FrameArray], total: float, progress: Progress) -> Iterator[FrameArray]:
    """Pass on the frames of a video and report each under `Step.ANALYZE`."""
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
