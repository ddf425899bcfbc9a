"""Choice of the compute device."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from d2m_cli.errors import D2MError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")


def choose_device(name: str = "auto") -> torch.device:
    """Device for `name` (one of `DEVICES`); `auto` takes CUDA, then MPS, then the CPU.

    MPS is taken by `auto` only where it computes what the CPU does; where not, a line on standard
    error says so. Raises `D2MError` when the device does not exist on this machine.
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
        if name == "mps" and not agrees_with_cpu("mps"):
            print(
                "note: the Apple GPU computes otherwise than the CPU: not used",
                file=sys.stderr,
            )
            name = "cpu"
    if name not in present:
        raise D2MError(f"Unknown device '{name}': choose one of {', '.join(DEVICES)}.")
    if not present[name]:
        raise D2MError(f"This machine has no '{name}' device: omit --device, or use cpu.")
    # numpy looks up its number limits once; asked only later, it warns that tiny numbers are gone.
    for kind in (np.float32, np.float64):
        np.finfo(kind)
    torch.set_flush_denormal(True)
    # TF32 rounds convolutions so coarsely that 3 % of the codes are others than on a CPU.
    torch.backends.cudnn.allow_tf32 = False
    return torch.device(name)


def agrees_with_cpu(name: str) -> bool:
    """Whether a device computes what the CPU does in small examples of what the networks do."""
    import torch
    from torch.nn import functional

    draw = torch.Generator().manual_seed(0)
    sound, kernel = (torch.randn(*size, generator=draw) for size in ((2, 8, 96), (8, 8, 5)))

    def compute(device: str) -> torch.Tensor:
        x, w = sound.to(device), kernel.to(device)
        wide = functional.conv1d(x, w, padding=6, dilation=3)
        back = functional.conv_transpose1d(functional.gelu(wide), w, stride=2)
        normal = functional.group_norm(back, 2)
        return torch.cat([normal.softmax(dim=1), normal @ normal.mT], dim=-1).cpu()

    try:
        return torch.allclose(compute(name), compute("cpu"), rtol=1e-3, atol=1e-3)
    except (RuntimeError, NotImplementedError, AssertionError):
        return False
