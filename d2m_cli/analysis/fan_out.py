"""Hands each picture to several feature extractors at once, so that the video is decoded once."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable

from d2m_cli.types import FrameArray

QUEUE_LENGTH = 32
"""Pictures that may wait for the slower consumer: bounds the memory."""


def share_frames(frames: Iterable[FrameArray], *consumers: Callable[[FrameArray], None]) -> int:
    """Give every frame `(H, W, 3)` to every consumer, each in its own thread; returns their count.

    The native code of MediaPipe, torch and ffmpeg runs outside Python's lock, so that the consumers
    really work at the same time. The first error of a consumer, or of the source, is raised here.
    """
    workers = [_Worker(consume) for consume in consumers]
    count = 0
    try:
        for frame in frames:
            for worker in workers:
                worker.put(frame)
            count += 1
    finally:
        for worker in workers:
            worker.finish()
    for worker in workers:
        if worker.error is not None:
            raise worker.error
    return count


class _Worker:
    def __init__(self, consume: Callable[[FrameArray], None]) -> None:
        self.error: Exception | None = None
        self._consume = consume
        self._queue: queue.Queue[FrameArray | None] = queue.Queue(QUEUE_LENGTH)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, frame: FrameArray) -> None:
        if self.error is not None:
            raise self.error
        self._queue.put(frame)

    def finish(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (frame := self._queue.get()) is not None:
            if self.error is None:
                try:
                    self._consume(frame)
                except Exception as error:  # handed to the caller's thread by share_frames
                    self.error = error
