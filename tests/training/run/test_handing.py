"""Batches that processes draw arrive whole, and their memory is used again."""

import gc
import os
import sys
from functools import partial
from typing import NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from d2m_cli.training.run import handing
from d2m_cli.training.run.handing import Hander, take
from d2m_cli.training.run.prefetch import Prefetcher


class Sent(NamedTuple):
    number: int
    sound: NDArray[np.float32]
    nothing: None
    process: int
    threads: int


def sound_of(number: int, samples: int) -> NDArray[np.float32]:
    return np.random.default_rng(number).random((4, samples), dtype=np.float32)


def draw(number: int, samples: int = 50_000) -> Sent:
    return Sent(number, sound_of(number, samples), None, os.getpid(), torch.get_num_threads())


def test_batches_of_processes_are_what_was_drawn_and_stay_so() -> None:
    batches = Prefetcher(partial(draw), 0, 12, workers=2)
    with batches:
        kept = [batches.next() for _ in range(12)]
    assert [batch.number for batch in kept] == list(range(12))
    assert {batch.threads for batch in kept} == {1} and os.getpid() not in {b.process for b in kept}
    for batch in kept:
        np.testing.assert_array_equal(batch.sound, sound_of(batch.number, 50_000))
        assert torch.from_numpy(batch.sound).add_(1.0) is not None, "training may write to it"


@pytest.mark.skipif(sys.platform != "linux", reason="memory is shared on Linux alone")
def test_memory_is_used_again_once_a_batch_is_forgotten() -> None:
    hander = Hander()
    first = take(hander.give(draw(0)))
    second = take(hander.give(draw(1)))
    np.testing.assert_array_equal(first.sound, sound_of(0, 50_000))
    tensor = torch.from_numpy(first.sound)
    del first
    gc.collect()
    third = take(hander.give(draw(2)))
    np.testing.assert_array_equal(tensor.numpy(), sound_of(0, 50_000))
    assert len(hander._memories) == 3
    del tensor
    gc.collect()
    fourth = take(hander.give(draw(3)))
    assert len(hander._memories) == 3
    for number, batch in ((1, second), (2, third), (3, fourth)):
        np.testing.assert_array_equal(batch.sound, sound_of(number, 50_000))
    larger = take(hander.give(draw(4, 60_000)))
    np.testing.assert_array_equal(larger.sound, sound_of(4, 60_000))


def test_without_shared_memory_a_batch_is_pickled(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(size: int) -> None:
        raise RuntimeError("unable to write to file </torch_1>: No space left on device")

    monkeypatch.setattr(handing.torch.UntypedStorage, "_new_shared", full)
    handed = Hander().give(draw(0))
    assert handed.memory is None
    np.testing.assert_array_equal(take(handed).sound, sound_of(0, 50_000))
