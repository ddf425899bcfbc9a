"""Where a stage runs: devices, nodes, precision; which draws are whose, and what is shared."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from lightning.fabric import Fabric
from lightning.fabric.plugins.environments import TorchElasticEnvironment
from lightning.fabric.strategies import DDPStrategy
from numpy.typing import NDArray
from torch import Tensor

from d2m_cli.data.pairs import segments
from d2m_cli.device import choose_device
from d2m_cli.errors import D2MError

PRECISIONS = ("32-true", "bf16-mixed")
STRATEGIES = ("auto", "ddp")


@dataclass(frozen=True)
class ComputeSettings:
    """What a run computes on; nothing here decides the outcome but the number of processes."""

    device: str = "auto"
    devices: int = 1
    """Processes on each node."""
    nodes: int = 1
    precision: str = "32-true"
    strategy: str = "auto"
    """`ddp`, or `auto`: `ddp` when there are several processes."""


def make_fabric(machines: ComputeSettings, find_unused_parameters: bool = False) -> Fabric:
    """Start the processes of `machines`, or join those that `torchrun` or a cluster has started.

    Under `torchrun` its own numbers of devices and nodes hold. `find_unused_parameters`: a
    step may leave out some of the parameters. Raises `D2MError` for an unknown precision,
    strategy or device.
    """
    for name, value, known in (
        ("precision", machines.precision, PRECISIONS),
        ("strategy", machines.strategy, STRATEGIES),
    ):
        if value not in known:
            raise D2MError(f"Unknown {name} '{value}': choose one of {', '.join(known)}.")
    device = choose_device(machines.device).type
    torch.backends.cudnn.allow_tf32 = True  # what is learnt need not be the same on every device
    devices, nodes = machines.devices, machines.nodes
    if TorchElasticEnvironment.detect():
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        nodes = int(os.environ["WORLD_SIZE"]) // devices
    several = devices * nodes > 1 or machines.strategy == "ddp"
    fabric = Fabric(
        accelerator=device,
        devices=devices,
        num_nodes=nodes,
        precision=machines.precision,  # type: ignore[arg-type]  # checked above
        strategy=DDPStrategy(find_unused_parameters=find_unused_parameters) if several else "auto",
    )
    fabric.launch()
    return fabric


@dataclass(frozen=True)
class OwnDraws:
    """A `TrainingStage.draw` that holds no network: other processes may draw with it."""

    source: Callable[[range], Any]
    """Draws of these numbers, as one batch."""
    batch: int
    rank: int = 0
    world: int = 1

    @classmethod
    def of(cls, fabric: Fabric, batch: int, source: Callable[[range], Any]) -> "OwnDraws":
        """Those of this process of a run."""
        return cls(source, batch, fabric.global_rank, fabric.world_size)

    def __call__(self, number: int) -> Any:
        """This process's part of the batch of step `number`."""
        return self.source(segments.own_draws(number, self.batch, self.rank, self.world))


def on_device(array: NDArray[Any], device: torch.device) -> Tensor:
    """An array `(B, ...)` as a tensor on a device; towards CUDA through pinned memory."""
    tensor = torch.from_numpy(array)
    if device.type != "cuda":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def own_draws(fabric: Fabric, number: int, batch: int) -> range:
    """Numbers of the draws that this process makes for step `number`, `batch` of them."""
    return segments.own_draws(number, batch, fabric.global_rank, fabric.world_size)


def joined(fabric: Fabric, part: Tensor) -> Tensor:
    """The parts `(B, ...)` of all processes, in the order of the joined batch; no gradient."""
    if fabric.world_size == 1:
        return part.detach()
    parts = [torch.empty_like(part) for _ in range(fabric.world_size)]
    torch.distributed.all_gather(parts, part.detach().contiguous())
    return torch.cat(parts)


def summed(fabric: Fabric, part: Tensor) -> Tensor:
    """The sum over all processes, in the same shape."""
    total = fabric.all_reduce(part, reduce_op="sum")
    assert isinstance(total, Tensor)
    return total
