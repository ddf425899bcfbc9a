"""Batches from one process to another through shared memory: nobody pickles or receives arrays.

Memory is used again as soon as the batch that came in it is forgotten: fresh pages cost as
much as drawing a third of what they hold. Only Linux frees such memory by itself, however the
processes end; elsewhere, and where it is too small (a container's `/dev/shm` may be), a batch is
pickled whole.
"""

import pickle
import sys
import weakref
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

ALIGNED = 64
"""Bytes: arrays begin at multiples of it, the first one behind the mark."""
IN_USE, FREE = 0, 1
"""Marks in the first byte of a memory."""


class Handed(NamedTuple):
    """A batch on its way."""

    frame: bytes
    """The batch without the contents of its arrays."""
    places: tuple[slice, ...] = ()
    """Where these lie in `memory`."""
    memory: torch.Tensor | None = None
    """Bytes in shared memory; torch hands over what to find them by."""


class Hander:
    """Of the process that gives: it keeps the memories that it has given batches in."""

    def __init__(self) -> None:
        self._memories: list[torch.Tensor] = []

    def give(self, batch: Any) -> Handed:
        """What to send in place of a batch of arrays, of any classes that can be pickled."""
        if sys.platform != "linux":
            return Handed(pickle.dumps(batch, protocol=5))
        buffers: list[pickle.PickleBuffer] = []
        frame = pickle.dumps(batch, protocol=5, buffer_callback=buffers.append)
        parts = [np.frombuffer(buffer.raw(), np.uint8) for buffer in buffers]
        rooms = [ALIGNED, *(-(-len(part) // ALIGNED) * ALIGNED for part in parts)]
        ends = np.cumsum(rooms).tolist()
        try:
            memory = self._free(ends[-1])
        except RuntimeError:  # no space left
            return Handed(pickle.dumps(batch, protocol=5))
        places = tuple(slice(b, b + len(part)) for b, part in zip(ends, parts, strict=False))
        for place, part in zip(places, parts, strict=True):
            memory.numpy()[place] = part
        return Handed(frame, places, memory)

    def _free(self, size: int) -> torch.Tensor:
        """A memory of `size` bytes or more that nobody uses."""
        for memory in self._memories:
            if len(memory) >= size and memory[0] == FREE:
                memory[0] = IN_USE
                return memory
        storage = torch.UntypedStorage._new_shared(size)
        self._memories.append(torch.empty(0, dtype=torch.uint8).set_(storage))
        self._memories[-1][0] = IN_USE
        return self._memories[-1]


def take(handed: Handed) -> Any:
    """The batch; its arrays lie in the memory, which is free again when the last one is gone."""
    if handed.memory is None:
        return pickle.loads(handed.frame)
    memory = handed.memory.numpy()
    weakref.finalize(memory, _release, handed.memory.numpy()[:1]).atexit = False
    return pickle.loads(handed.frame, buffers=[memory[place] for place in handed.places])


def _release(mark: NDArray[np.uint8]) -> None:
    mark[0] = FREE
