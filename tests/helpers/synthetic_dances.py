"""A small prepared cache of dances with their own music, and a recipe of a tiny generator."""

from pathlib import Path

import numpy as np
from project import ROOT
from synthetic_music import sound

from d2m_cli.data.cache.manifest import CachedPiece, Manifest, write_manifest
from d2m_cli.data.cache.pieces import write_piece
from d2m_cli.data.cache.sketches import sketch_arrays
from d2m_cli.features.motion import motion_from_positions
from d2m_cli.pcm import to_float
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE

SECONDS = 5
BPM = 120.0

GENERATOR = """
codec = "{codec}"
level = "high"
batch = 2
seconds = 0.5
heard_seconds = 0.2
validation_segments = 2
[pairs]
music = "{cache}"
dances = "{cache}"
no_motion = 0.3
[visual]
size = 32
width = 0.0625
[sizes]
width = 0.01
min_channels = 8
features = 8
style_features = 8
predicts_std = true
[losses]
likelihood = 1.0
[optimiser]
warm_up_steps = 1
[discriminator]
channels = [16, 16, 32, 32]
scales = 2
[discriminator.optimiser]
warm_up_steps = 1
[loop]
steps = 8
log_every = 1
validate_every = 1000
checkpoint_minutes = 0.0
"""


def make_dances(cache: Path, sketched: bool = False) -> Path:
    """Three dances to train on and one to validate, each swinging on the beats of its music."""
    entries = []
    steps = np.arange(SECONDS * round(MOTION_RATE))
    phase = (steps / MOTION_RATE * BPM / 60).astype(np.float32)
    for number, split in enumerate(("train", "train", "train", "validation")):
        random = np.random.default_rng(number)
        place = random.normal(0, 0.3, (17, 2))
        place[[1, 2]], place[[7, 8]] = [[0.2, 0.5], [-0.2, 0.5]], [[0.1, 0.0], [-0.1, 0.0]]
        swing = random.normal(0, 0.2, (17, 2)) * np.cos(np.pi * phase)[:, None, None]
        motion = motion_from_positions(place + swing)
        arrays = {
            "motion": motion.features,
            "found": motion.found.astype(np.uint8),
            "audio": (np.clip(sound(number), -1, 1) * 32767).astype(np.int16),
            "beats": np.arange(0, SECONDS, 60 / BPM).astype(np.float32),
            "phase": phase,
            "confidence": np.full(len(steps), 0.8, np.float32),
        }
        if sketched:
            arrays |= sketch_arrays(to_float(arrays["audio"]), arrays["beats"])
        assert len(arrays["audio"]) == SECONDS * SAMPLE_RATE
        about = {"bpm": BPM, "steadiness": 0.0, "found": 1.0}
        entry = CachedPiece(
            f"d{number}",
            f"d{number}",
            split,
            "waltz",
            "made",
            "own",
            SECONDS,
            tuple(arrays),
            **about,
        )
        write_piece(cache, entry, arrays, "made")
        entries.append(entry)
    write_manifest(cache, Manifest("motion", tuple(entries)))
    return cache


def write_generator_recipe(path: Path, cache: Path) -> Path:
    """A generator of a few thousand weights on the embedded codec."""
    codec = ROOT / "weights/codec_high.safetensors"
    path.write_text(GENERATOR.format(codec=codec, cache=cache))
    return path
