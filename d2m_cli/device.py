"""Choice of the compute device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from d2m_cli.errors import D2MError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(name: str = "auto") -> torch.device:
    """Device for `name` (one of `DEVICES`); `auto` takes CUDA, then MPS, then the CPU.

    Raises `D2MError` when the device does not exist on this machine.
    """
    import numpy as np
    import torch

    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if name == "auto":
        name = next(n for n in ("cuda", "mps", "cpu") if present[n])
    if name not in present:
        raise D2MError(f"Unknown device '{name}': choose one of {', '.join(DEVICES)}.")
    if not present[name]:
        raise D2MError(f"This machine has no '{name}' device: omit --device, or use cpu.")
    # numpy looks up its number limits once; asked only later, it warns that tiny numbers are gone.
    for kind in (np.float32, np.float64):
        np.finfo(kind)
    torch.set_flush_denormal(True)
    return torch.device(name)
