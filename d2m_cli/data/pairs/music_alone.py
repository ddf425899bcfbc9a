"""Music that nobody dances to, as training takes it: its beats, and nobody in sight."""

import math
from pathlib import Path

import numpy as np

from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.pairs.dataset import (
    Sample,
    SegmentSettings,
    music_holds,
    music_of_segment,
    select,
)
from d2m_cli.data.pairs.segments import SegmentTable
from d2m_cli.features.motion import channel_names


class MusicAlone:
    """Segments of music; motion and picture are zeros, as where they are hidden in training.

    `dataset[d]` is draw `d` (`segments.SegmentTable`); draws never end, `len` is one epoch.
    """

    has_visual = False

    def __init__(self, cache: Path, settings: SegmentSettings) -> None:
        """Raises `DataError` when the cache holds no music for the settings."""
        self.entries = select(cache, settings, ("beats", *music_holds(settings)))
        self._music = [PieceFile(cache, entry) for entry in self.entries]
        self._table = SegmentTable(self.entries, settings.seconds, settings.seed)
        count = math.ceil(settings.seconds * settings.visual_rate)
        self._motion = np.zeros((len(channel_names()), self._table.steps), np.float32)
        self._visual = np.zeros((settings.visual_channels, count), np.float32)

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, number: int) -> Sample:
        segment = self._table.draw(number)
        music = music_of_segment(self._music[segment.piece], segment, self._table.steps)
        return Sample(self._motion, self._visual, *music, segment)
