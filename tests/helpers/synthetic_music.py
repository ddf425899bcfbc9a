"""A small prepared cache of music-like sound, for tests of the training stages."""

from pathlib import Path

import numpy as np

from d2m_cli.data.cache.manifest import CachedPiece, Manifest, write_manifest
from d2m_cli.data.cache.pieces import write_piece
from d2m_cli.data.pairs.music_crops import MusicSettings
from d2m_cli.spec import SAMPLE_RATE

SECONDS = 5

CODEC = """
level = "low"
batch = 2
samples = 4096
probe_crops = 4
kmeans_vectors = 2500
validation_crops = 1
[music]
cache = "{cache}"
[optimiser]
warm_up_steps = 3
[loop]
steps = 8
log_every = 1
validate_every = 1000
checkpoint_minutes = 0.0
"""
"""Recipe of a codec that is trained in seconds."""


def sound(seed: int) -> np.ndarray:
    """Hits over a changing chord, `(N,)` -1..1."""
    random = np.random.default_rng(seed)
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * f * time) for f in random.uniform(80, 2000, 5)) / 5
    drum_onsets = np.exp(-15 * np.remainder(time, random.uniform(0.3, 0.6)))
    return 0.4 * chord * (0.5 + drum_onsets) + 0.2 * drum_onsets * random.standard_normal(len(time))


def make_cache(folder: Path) -> MusicSettings:
    """Three training and one validation piece in a cache below `folder`."""
    entries = []
    for number, split in enumerate(("train", "train", "train", "validation")):
        entry = CachedPiece(
            name=f"piece{number}",
            song=f"piece{number}",
            split=split,
            genre="",
            style="",
            licence="",
            seconds=float(SECONDS),
            holds=("audio",),
        )
        samples = (np.clip(sound(number), -1, 1) * 32767).astype(np.int16)
        write_piece(folder, entry, {"audio": samples}, source="synthetic")
        entries.append(entry)
    write_manifest(folder, Manifest("music", tuple(entries)))
    return MusicSettings(cache=folder)
