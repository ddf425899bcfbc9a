"""Codes that a generator made, for a synthesizer that shall know what they sound like.

The file (`examples/recipes/generate_codes.py` makes it) is safetensors with `train` and
`validation`, each `(P, T)` codes of `P` pieces made for the beats and styles of the split's music.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from d2m_cli.codec.codebook import look_up
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.segments import generator
from d2m_cli.errors import DataError
from d2m_cli.evaluation.embedding import music_statistics
from d2m_cli.evaluation.frechet import Embeddings, frechet_distance, standardise
from d2m_cli.evaluation.quality import measure as measure_quality
from d2m_cli.spec import CODEBOOK_SIZE, Level
from d2m_cli.training.music import MusicCrops
from d2m_cli.types import IntArray

REAL_PIECES = 24
SEED = 4321


@dataclass(frozen=True)
class CodesSettings:
    """How much a synthesizer hears of a generator's codes."""

    file: Path = Path("cache/codes.safetensors")
    share: float = 0.0
    """Share of each batch that is decoded from generated codes; at 0 the file is not read."""


class GeneratedCodes:
    """Draws stretches of generated codes, and measures how they sound."""

    def __init__(self, settings: CodesSettings, level: Level, length: int) -> None:
        """Stretches have `length` codes. Raises `DataError` when the file does not hold them."""
        self.level, self.length = level, length
        self._real: Embeddings | None = None
        try:
            stored = load_file(settings.file)
            self.training, self.held_out = stored["train"].long(), stored["validation"].long()
        except (OSError, SafetensorError, KeyError) as error:
            raise DataError(
                f"{settings.file} holds no generated codes ({error}): make them with "
                "examples/recipes/generate_codes.py, or set share = 0."
            ) from error
        for part in (self.training, self.held_out):
            if part.ndim != 2 or part.shape[1] < length or int(part.max()) >= CODEBOOK_SIZE:
                raise DataError(
                    f"{settings.file} holds {tuple(part.shape)} codes, not pieces of at least "
                    f"{length} codes below {CODEBOOK_SIZE}."
                )

    def draw(self, numbers: Sequence[int], seed: int) -> IntArray:
        """Codes `(F, T)` of random stretches of the training pieces, by the number of the draw."""
        rows = [np.zeros((0, self.length), np.int64)]
        for number in numbers:
            random = generator(seed, number, "codes")
            piece = int(random.integers(len(self.training)))
            begin = int(random.integers(self.training.shape[1] - self.length + 1))
            rows.append(self.training[None, piece, begin : begin + self.length].numpy())
        return np.concatenate(rows)

    @torch.no_grad()
    def measure(self, vqvae: VQVAE, music: MusicCrops) -> dict[str, float]:
        """How the held-out pieces sound, decoded by `vqvae`, beside real `music`.

        `generated_distance` is the Frechet distance over `music_statistics`; peakiness and flatness
        are those of `evaluation.quality`.
        """
        codebook = vqvae.codebook(self.level)
        waves = [
            vqvae.decode(look_up(codes.to(codebook.device), codebook), self.level)[0].cpu().numpy()
            for codes in self.held_out.split(1)
        ]
        if self._real is None:
            random = np.random.default_rng(SEED)
            real = music.draw(REAL_PIECES, len(waves[0]), (0.7, 0.7), random)
            self._real = np.concatenate([music_statistics(wave) for wave in real])
        made = np.concatenate([music_statistics(wave) for wave in waves])
        known, made = standardise(self._real, [self._real, made])
        figures = [measure_quality(wave) for wave in waves]
        return {
            "generated_distance": frechet_distance(known, made),
            "generated_peakiness": float(np.mean([f.chroma_peakiness or 0.0 for f in figures])),
            "generated_flatness": float(np.mean([f.flatness or 0.0 for f in figures])),
        }
