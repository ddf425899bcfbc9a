"""What a long piece of work tells while it runs, and how long its stages took."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter

from d2m_cli.types import FrameArray

Progress = Callable[[str, float, float], None]
"""Called with a stage's name, how much of it is done, and how much there is to do."""


def silent(stage: str, done: float, total: float) -> None:
    """Progress that nobody watches."""


def counted(frames: Iterable[FrameArray], total: float, progress: Progress) -> Iterator[FrameArray]:
    """Pass on the frames of a video and report each as a step of the stage `watch`."""
    for number, frame in enumerate(frames):
        progress("watch", number, total)
        yield frame
    progress("watch", total, total)


@contextmanager
def timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    """Note the seconds that the block takes as those of a stage."""
    begin = perf_counter()
    yield
    timings[stage] = perf_counter() - begin
