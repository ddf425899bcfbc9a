"""Codes that a generator made, with the music that they should sound like.

The generator made them of the music's own sketch, so there is music that they should sound like.
The file (`make_codes` writes it) is safetensors with `train` and
`validation`, each `(P, T)` codes, and `train_music` and `validation_music`, each `(P, N)` 16-bit
samples, of `P` pieces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from d2m_cli.codec.codebook import look_up
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.pairs.music_crops import MusicCrops
from d2m_cli.data.pairs.segments import generator
from d2m_cli.errors import DataError
from d2m_cli.metrics.codec import mel_distance
from d2m_cli.metrics.descriptors import measure as measure_quality
from d2m_cli.metrics.embeddings import music_statistics
from d2m_cli.metrics.frechet import Embeddings, frechet_distance, standardise
from d2m_cli.pcm import to_float
from d2m_cli.spec import CODEBOOK_SIZE, Level
from d2m_cli.types import FloatArray, IntArray

REAL_PIECES = 24
SEED = 4321


@dataclass(frozen=True)
class CodesSettings:
    """Which codes of a generator a synthesizer is trained on, and how often."""

    file: Path = Path("cache/codes.safetensors")
    share: float = 0.0
    """Share of each batch that is decoded from generated codes; at 0 the file is not read."""


class CodedPieces(NamedTuple):
    """The pieces of a split."""

    codes: Tensor
    """`(P, T)`"""
    music: Tensor
    """`(P, N)`, 16-bit."""


class GeneratedCodes:
    """Draws stretches of generated codes, and measures how they sound."""

    def __init__(self, settings: CodesSettings, level: Level, length: int) -> None:
        """Stretches have `length` codes. Raises `DataError` when the file does not hold them."""
        self.level, self.length = level, length
        self._real: Embeddings | None = None
        try:
            stored = load_file(settings.file)
            self.training, self.held_out = (
                CodedPieces(stored[split].long(), stored[f"{split}_music"])
                for split in ("train", "validation")
            )
        except (OSError, SafetensorError, KeyError) as error:
            raise DataError(
                f"{settings.file} cannot be read as generated codes ({error}): make them with "
                "`d2m train codes`, or set generated.share = 0."
            ) from error
        for codes, music in (self.training, self.held_out):
            enough = codes.ndim == 2 and codes.shape[1] >= length
            if (
                not enough
                or int(codes.max()) >= CODEBOOK_SIZE
                or music.shape != (len(codes), codes.shape[1] * level.hop)
            ):
                raise DataError(
                    f"{settings.file} holds {tuple(codes.shape)} codes for {tuple(music.shape)} "
                    f"samples, not music and its codes (below {CODEBOOK_SIZE}) in pieces of at "
                    f"least {length} codes."
                )

    def draw(self, numbers: Sequence[int], seed: int) -> tuple[IntArray, FloatArray]:
        """Codes `(F, T)` and music `(F, N)` of random stretches, by the number of the draw."""
        hop, length = self.level.hop, self.length
        codes, music = np.zeros((len(numbers), length), np.int64), []
        for row, number in enumerate(numbers):
            random = generator(seed, number, "codes")
            piece = int(random.integers(len(self.training.codes)))
            begin = int(random.integers(self.training.codes.shape[1] - length + 1))
            codes[row] = self.training.codes[piece, begin : begin + length]
            music.append(self.training.music[piece, hop * begin : hop * (begin + length)].numpy())
        return codes, to_float(np.reshape(music, (-1, hop * length)))

    @torch.no_grad()
    def measure(self, vqvae: VQVAE, music: MusicCrops) -> dict[str, float]:
        """How the held-out pieces sound, decoded by `vqvae`, beside real `music`.

        `generated_distance` is the Frechet distance over `music_statistics` from other music,
        `generated_mel` the log-mel distance from the music that they were made of; peakiness and
        flatness are those of `evaluation.quality`.
        """
        codebook = vqvae.codebook(self.level)
        waves = [
            vqvae.decode(look_up(codes.to(codebook.device), codebook), self.level)[0].cpu().numpy()
            for codes in self.held_out.codes.split(1)
        ]
        true = to_float(self.held_out.music.numpy())
        if self._real is None:
            random = np.random.default_rng(SEED)
            real = music.draw(REAL_PIECES, len(waves[0]), (0.7, 0.7), random)
            self._real = np.concatenate([music_statistics(wave) for wave in real])
        made = np.concatenate([music_statistics(wave) for wave in waves])
        known, made = standardise(self._real, [self._real, made])
        figures = [measure_quality(wave) for wave in waves]
        apart = [mel_distance(*pair) for pair in zip(waves, true, strict=True)]
        return {
            "generated_distance": frechet_distance(known, made),
            "generated_mel": float(np.mean(apart)),
            "generated_peakiness": float(np.mean([f.chroma_peakiness or 0.0 for f in figures])),
            "generated_flatness": float(np.mean([f.flatness or 0.0 for f in figures])),
        }
