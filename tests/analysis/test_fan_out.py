"""Every frame reaches every consumer in order, and an error of either side comes out."""

import threading

import numpy as np
import pytest

from d2m_cli.analysis.fan_out import QUEUE_LENGTH, share_frames
from d2m_cli.types import FrameArray


def frames(count: int) -> list[FrameArray]:
    return [np.full((2, 2, 3), number % 256, np.uint8) for number in range(count)]


def test_every_consumer_sees_every_frame_in_order_in_a_thread_of_its_own() -> None:
    seen: dict[str, list[int]] = {"a": [], "b": []}
    threads = set()

    def take(name: str, frame: FrameArray) -> None:
        seen[name].append(int(frame[0, 0, 0]))
        threads.add(threading.get_ident())

    count = share_frames(frames(3 * QUEUE_LENGTH), lambda f: take("a", f), lambda f: take("b", f))
    assert count == 3 * QUEUE_LENGTH
    assert seen["a"] == seen["b"] == list(range(3 * QUEUE_LENGTH))
    assert len(threads) == 2 and threading.get_ident() not in threads


def test_a_consumer_s_error_stops_the_work_and_is_raised() -> None:
    def fail(frame: FrameArray) -> None:
        if frame[0, 0, 0] == 5:
            raise RuntimeError("five")

    with pytest.raises(RuntimeError, match="five"):
        share_frames(frames(200), fail, lambda frame: None)


def test_the_source_s_error_is_raised_after_the_frames_before_it() -> None:
    seen = []

    def source():
        yield from frames(3)
        raise ValueError("cut off")

    with pytest.raises(ValueError, match="cut off"):
        share_frames(source(), lambda frame: seen.append(1))
    assert len(seen) == 3
