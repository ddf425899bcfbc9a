"""A look at a video in a process of its own, so that nobody else holds Python's lock meanwhile.

The importing of torch holds it for a second, in which the pose would often wait. The child needs no
torch; what the readers need of the pictures comes back to them as it is decoded.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any, Protocol

from d2m_cli.analysis.child import child, end, give_back
from d2m_cli.analysis.video import FrameReader, Pictures, read_video
from d2m_cli.errors import D2MError
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.progress import Progress, silent
from d2m_cli.types import Clip, FrameArray


class FarReader(FrameReader, Protocol):
    """A reader that another process decodes for; its `add` takes shrunk frames, too."""

    @property
    def shrink(self) -> Callable[[FrameArray], FrameArray]:
        """Picklable: what `add` needs of a frame."""


def read_video_apart(
    clip: Clip,
    *readers: FarReader,
    pose: PoseOptions = PoseOptions(),
    progress: Progress = silent,
    meanwhile: Callable[[], None] = lambda: None,
) -> Pictures:
    """What `read_video` gives, and raises, from a process of its own.

    Each reader gets its pictures as its `shrink` leaves them, in the thread of the caller;
    `meanwhile` is called once the process knows its task. Raises `D2MError` when that process ends
    before it has told everything.
    """
    process, done = child(), False
    assert process.stdin and process.stdout
    try:
        with suppress(BrokenPipeError):
            wishes = [(reader.step, reader.shrink) for reader in readers]
            pickle.dump((clip, pose, wishes), process.stdin)
            process.stdin.flush()
        meanwhile()
        while not done:
            number, what = _next(process)
            if number is not None:
                for _ in range(readers[number].step):
                    readers[number].add(what)
            elif isinstance(what, Pictures | Exception):
                done = True
            else:
                progress(*what)
        if isinstance(what, Exception):
            raise what
        return what
    finally:
        (give_back if done else end)(process)


def _next(process: subprocess.Popen[bytes]) -> tuple[int | None, Any]:
    """The number of a reader and what it gets; without a number progress, or how the look ended.

    Raises `D2MError` where the process is gone.
    """
    assert process.stdout
    try:
        number, what = pickle.load(process.stdout)
    except (EOFError, pickle.UnpicklingError):
        raise D2MError(_why_it_ended(process.wait())) from None
    return number, what


def _why_it_ended(status: int) -> str:
    begin = "The look at the video, a process of its own, was ended"
    if status >= 0:
        return f"{begin} by an error (exit status {status}): the lines above say more."
    if status == -signal.SIGTERM:
        return f"{begin} from outside: begin again."
    return f"{begin} (signal {-status}): most often memory ran out, so free some and begin again."


class _Sender:
    """Stands for a reader in the child: sends it what it needs."""

    def __init__(
        self, step: int, shrink: Callable[[FrameArray], FrameArray], send: Callable[[Any], None]
    ) -> None:
        self.step, self.shrink, self._send, self._count = step, shrink, send, 0

    def add(self, frame: FrameArray) -> None:
        if self._count % self.step == 0:
            self._send(self.shrink(frame))
        self._count += 1


def _get_ready() -> None:
    """Import what the look will need, while nobody waits for it."""
    with suppress(ImportError):
        import d2m_cli.features.pose.people  # noqa: F401


def main() -> None:
    """The child: takes tasks from standard input, and tells on standard output what it sees."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends d2m, which then ends this process
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    lock = Lock()

    def send(number: int | None, what: Any) -> None:
        with lock:
            pickle.dump((number, what), answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()

    _get_ready()
    while True:
        try:
            clip, pose, wishes = pickle.load(sys.stdin.buffer)
        except EOFError:
            os._exit(0)  # nobody asks any more
        senders = [
            _Sender(step, shrink, partial(send, number))
            for number, (step, shrink) in enumerate(wishes)
        ]
        try:
            told: Pictures | Exception
            told = read_video(clip, *senders, pose=pose, progress=lambda *how: send(None, how))
        except Exception as error:
            told = error
        with suppress(BrokenPipeError):
            send(None, told)
