"""What all trainings on a GPU share: a schedule by the clock, averages, steps as CUDA graphs."""

import json
import math
import os
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from d2m_cli.training.codec import wavelet_init

FILTERS = wavelet_init.packet_filters
WARM_UP_SECONDS = 15.0
CHECK_EVERY = 20
"""Steps between two looks at the clock."""
PREPARED = 4
"""Steps without effect before a graph is taken: the fastest kernels are chosen in them."""


class Clock:
    """Progress through the seconds that are left until `end`, or through a number of steps."""

    def __init__(self, end: float, steps: int | None) -> None:
        self.start, self.end, self.steps, self.number = time.time(), end, steps, 0

    @property
    def progress(self) -> float:
        """0 at the start, 1 at the end."""
        if self.steps:
            return self.number / self.steps
        return (time.time() - self.start) / max(1.0, self.end - self.start)

    def rate_share(self, final: float = 0.01) -> float:
        """Share of the highest rate: a short warm-up, then a cosine."""
        begun = 1.0 if self.steps else min(1.0, (time.time() - self.start) / WARM_UP_SECONDS)
        falling = 0.5 * (1 + math.cos(math.pi * min(1.0, self.progress)))
        return max(begun, 0.02) * (final + (1 - final) * falling)


class Average:
    """Moving average of a module's weights on its device."""

    def __init__(self, module: nn.Module, decay: float = 0.999) -> None:
        self.module, self.decay = module, decay
        self.live = [p for p in module.parameters() if p.requires_grad]
        self.mean = [p.detach().clone() for p in self.live]

    @torch.no_grad()
    def update(self) -> None:
        """Move towards the weights as they are."""
        torch._foreach_lerp_(self.mean, [p.detach() for p in self.live], 1 - self.decay)

    @torch.no_grad()
    def restart(self) -> None:
        """Begin with the weights as they are (in place: a graph knows where the averages lie)."""
        torch._foreach_copy_(self.mean, [p.detach() for p in self.live])

    @torch.no_grad()
    def swap(self) -> None:
        """Put the averages in the place of the weights, or the weights back."""
        for mean, live in zip(self.mean, self.live, strict=True):
            kept = live.detach().clone()
            live.copy_(mean)
            mean.copy_(kept)


def optimiser(module: nn.Module, device: torch.device, betas: tuple[float, float]) -> Any:
    """Adam whose rate is a tensor, so that a graph can be told another."""
    trained = [p for p in module.parameters() if p.requires_grad]
    cuda = device.type == "cuda"
    rate = torch.tensor(0.0, device=device)
    return torch.optim.Adam(trained, rate, betas, capturable=cuda, fused=None)


def set_rate(adam: Any, rate: float) -> None:
    """Change an optimiser's rate in place."""
    for group in adam.param_groups:
        group["lr"].fill_(rate)


def as_graph(
    step: Callable[[], Tensor], device: torch.device
) -> tuple[Callable[[], None], Callable[[], Tensor]]:
    """`step`, which returns its figures, as something to run and something to read them.

    On a GPU it becomes a graph: the kernels of a small network are launched faster than Python can.
    Rates must be 0 while this runs.
    """
    if device.type != "cuda" or os.environ.get("GRAPHS") == "0":
        kept: list[Tensor] = [step()]

        def run() -> None:
            kept[0] = step()

        return run, lambda: kept[0]
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(PREPARED):
            step()
    torch.cuda.current_stream().wait_stream(side)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        figures = step()
    return graph.replay, lambda: figures


class Log:
    """Lines of JSON, on the screen as well."""

    def __init__(self, path: Path) -> None:
        self.file, self.start = path.open("a"), time.time()

    def __call__(self, **figures: Any) -> None:
        """Write a line."""
        rounded = {k: round(v, 5) if isinstance(v, float) else v for k, v in figures.items()}
        line = json.dumps({"t": round(time.time() - self.start, 1), **rounded})
        print(line, flush=True)
        self.file.write(line + "\n")
        self.file.flush()


def write(path: Path, state: dict[str, Tensor]) -> None:
    """Write weights in half precision, whole or not at all."""
    half = {k: v.detach().half().cpu().contiguous() for k, v in state.items()}
    draft = path.with_suffix(".draft")
    save_file(half, draft)
    draft.replace(path)


def quick() -> None:
    """Single precision with TF32, and the fastest convolutions."""
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    wavelet_init.packet_filters = lru_cache(maxsize=32)(_filters)


def _filters(bands: int) -> Tensor:
    """The wavelet's filters on the GPU: a graph cannot hold a copy from the host."""
    return FILTERS(bands).to("cuda" if torch.cuda.is_available() else "cpu")
