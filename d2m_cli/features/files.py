"""Features of a dance kept as files, so that other programs (and a later run) can use them."""

from pathlib import Path

import numpy as np

from d2m_cli.features.motion import channel_names
from d2m_cli.files import whole_file
from d2m_cli.types import Dance


def save_features(dance: Dance, path: Path) -> None:
    """Write a dance's features to `path` (.npz; docs/formats.md lists them).

    Raises `OutputError`.
    """
    with whole_file(path) as draft:
        np.savez_compressed(
            draft,
            motion=dance.motion.features,
            motion_channels=np.array(channel_names()),
            motion_found=dance.motion.found,
            motion_rate=dance.motion.rate,
            visual=dance.visual.features,
            visual_rate=dance.visual.rate,
            beat_phase=dance.rhythm.phase,
            beat_strength=dance.rhythm.confidence,
            rhythm_rate=dance.rhythm.rate,
            seconds=dance.seconds,
        )
