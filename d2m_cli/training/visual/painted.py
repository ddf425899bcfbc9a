"""Visual vectors for dances without pictures: their joints are filmed, painted and seen by I3D."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from d2m_cli.data.cache.manifest import Entry, read_manifest, write_manifest
from d2m_cli.data.cache.pieces import Arrays, PieceFile, write_piece
from d2m_cli.data.pairs.augment import Augmentation, film
from d2m_cli.data.pairs.painted import paint, random_look
from d2m_cli.errors import DataError
from d2m_cli.features.i3d import I3DExtractor, VisualSettings
from d2m_cli.features.motion import HIPS
from d2m_cli.models.i3d import InceptionI3d

TAKE = 300
"""Motion steps that are filmed with one camera and painted in one look."""


def add_painted_visuals(
    cache: Path,
    i3d: Path,
    settings: VisualSettings,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Give every dance with 3-D joints in `cache` its `visual` vectors `(C_v, T_v)`.

    The camera and the dancer's look change every 10 s. Raises `DataError` for a damaged cache or
    weights `i3d` that cannot be read.
    """
    network = InceptionI3d(width=settings.width)
    try:
        network.load_state_dict(load_file(i3d))
    except (OSError, SafetensorError) as error:
        raise DataError(f"{i3d} cannot be read ({error}): train the stage visual.") from error
    network.eval()
    manifest = read_manifest(cache)
    entries = []
    for number, entry in enumerate(manifest.entries):
        if "joints" in entry.holds:
            entry = _with_visual(cache, entry, network, settings, np.random.default_rng(number))
        entries.append(entry)
        progress(number + 1, len(manifest.entries))
    write_manifest(cache, replace(manifest, entries=tuple(entries)))


@torch.inference_mode()
def _with_visual(
    cache: Path,
    entry: Entry,
    network: InceptionI3d,
    settings: VisualSettings,
    random: np.random.Generator,
) -> Entry:
    file = PieceFile(cache, entry)
    arrays: Arrays = {name: file.whole(name) for name in entry.holds}
    joints = np.asarray(arrays["joints"].transpose(2, 0, 1), np.float64)

    encoder = I3DExtractor(settings, network.features)
    for begin in range(0, len(joints), TAKE):
        positions, visibility = film(joints[begin : begin + TAKE], Augmentation(), random)
        positions -= positions[:, HIPS].mean(axis=(0, 1))
        look = random_look(settings.size, random)
        for frame in paint(positions, visibility, settings.size, look, random):
            encoder.add(frame)
    visual = encoder.visual()
    holds = tuple(dict.fromkeys((*entry.holds, "visual")))
    seen = replace(entry, holds=holds, visual_rate=visual.rate)
    write_piece(cache, seen, arrays | {"visual": visual.features}, source="painted")
    return seen
