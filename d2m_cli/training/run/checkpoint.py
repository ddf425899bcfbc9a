"""Checkpoints of a training run: written whole or not at all, and the newest whole one is found."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import torch

from d2m_cli.files import whole_file

PREFIX, SUFFIX = "step_", ".ckpt"
KEPT = 2
"""Checkpoints left on disk: the newest, and one more in case that is damaged."""


def save_checkpoint(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Write `state` as the checkpoint of `step` and drop all but the newest ones.

    Raises `OutputError`; the checkpoints before it stay.
    """
    path = folder / f"{PREFIX}{step:08d}{SUFFIX}"
    with whole_file(path, RuntimeError) as draft:  # torch reports a full disk as RuntimeError
        torch.save(state, draft)
    for old in _newest_first(folder)[KEPT:]:
        old.unlink(missing_ok=True)
    return path


def load_newest(folder: Path) -> dict[str, Any] | None:
    """State of the newest checkpoint in `folder` that can be read whole, or None."""
    for path in _newest_first(folder):
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except Exception:  # whatever a damaged file makes torch raise: try the one before
            continue
        assert isinstance(state, dict)
        return state
    return None


def discard_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a run that shall not go on."""
    for path in _newest_first(folder):
        path.unlink(missing_ok=True)


def random_states() -> dict[str, Any]:
    """States of the global generators of Python, numpy, torch and CUDA, as a checkpoint holds them.

    The stages draw from generators of their own, made from seed and step; these are for whatever
    a library may draw.
    """
    kind, keys, *rest = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": (kind, torch.from_numpy(np.asarray(keys).astype(np.int64)), *rest),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def restore_random_states(states: dict[str, Any]) -> None:
    """Take up what `random_states` returned; CUDA's only where there are as many devices."""
    version, internal, gauss = states["python"]
    random.setstate((version, tuple(internal), gauss))
    kind, keys, *rest = states["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(states["torch"])
    if torch.cuda.is_available() and len(states["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all(states["cuda"])


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{PREFIX}*{SUFFIX}"), reverse=True)
