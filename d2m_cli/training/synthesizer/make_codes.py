"""Codes that a bundle's generator makes of music's own sketches, beside that music.

The stage "synthesizer" learns from them what a generator's codes should sound like;
`GeneratedCodes` reads the file. Letters: `T` codes, `N` audio samples.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from d2m_cli.bundles.bundle import Bundle
from d2m_cli.data.pairs.examples import Batch, Pairs, PairSettings
from d2m_cli.errors import DataError
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.files import whole_file
from d2m_cli.generation.level_model import LevelModel
from d2m_cli.models.generator import UPSAMPLING
from d2m_cli.pcm import to_int16
from d2m_cli.progress import Progress, silent
from d2m_cli.spec import Level, code_count
from d2m_cli.training.generator.inputs import conditions_on

NOTHING_HIDDEN: dict[str, Any] = dict.fromkeys(
    ("no_motion", "no_visual", "no_style", "no_rhythm", "no_sketch", "no_drums"), 0.0
)


def make_codes(
    bundle: Bundle,
    level: Level,
    pairs: PairSettings,
    file: Path,
    *,
    seconds: float = 8.0,
    pieces: int = 240,
    device: torch.device | None = None,
    progress: Progress = silent,
) -> None:
    """Write codes and music of `pieces` training pieces of `seconds`, and a tenth for validation.

    `pairs` names the music and the dances. Raises `DataError` for a bundle without the
    level, or caches that hold nothing for it.
    """
    if level.value not in bundle.settings["generators"]:
        raise DataError(f"Bundle '{bundle.config['name']}' has no level '{level}'.")
    model = LevelModel(bundle, level, device or torch.device("cpu"))
    visual = VisualSettings(**bundle.settings["visual"])
    settings = replace(pairs, **NOTHING_HIDDEN)
    length, sketched = code_count(seconds, level), model.generator.settings.drum_bands > 0
    tensors: dict[str, Tensor] = {}
    for split, count in (("train", pieces), ("validation", -(-pieces // 10))):
        drawn = Pairs(settings, visual, split, seconds, 0, sketched)
        codes = torch.empty(count, length, dtype=torch.int16)
        music = np.empty((count, length * level.hop), np.int16)
        for number in range(count):
            batch = drawn.draw([number])
            codes[number] = torch.cat(list(_codes(model, batch, length, number)))
            music[number] = to_int16(batch.audio[0, : music.shape[1]])
            progress(split, number + 1, count)
        tensors.update({split: codes, f"{split}_music": torch.from_numpy(music)})
    with whole_file(file) as draft:
        save_file(tensors, draft)


@torch.inference_mode()
def _codes(model: LevelModel, batch: Batch, count: int, seed: int) -> Iterable[Tensor]:
    """`count` codes, in parts `(T,)`, that the generator makes of a batch of one."""
    conditions = conditions_on(model.device, batch.conditions)
    draw = torch.Generator().manual_seed(seed)
    if batch.sketch is None:
        return list(model.looked_up(conditions, count, None, draw))
    sound = torch.from_numpy(batch.sketch).to(model.device)
    latents = model.vqvae.encode(sound[:, : count * model.level.hop], model.level)
    latents = functional.pad(latents, (0, UPSAMPLING))  # the generator works in blocks of codes
    return list(
        model.looked_up(conditions, count, lambda first, last: latents[..., first:last], draw)
    )
