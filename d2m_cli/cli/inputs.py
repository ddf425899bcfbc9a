"""What the evaluation commands read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from d2m_cli.types import FloatArray


def read_music(path: Path) -> FloatArray:
    """Samples `(N,)` at `SAMPLE_RATE` of a sound file or of the sound of a video."""
    import numpy as np

    from d2m_cli.ingest.sound import read_sound
    from d2m_cli.spec import SAMPLE_RATE

    blocks = list(read_sound(path, SAMPLE_RATE))
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)
