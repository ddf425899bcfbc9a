"""What a codec keeps of held-out music, beside Opus at a few rates."""

import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.pairs.music_crops import MusicCrops, MusicSettings
from d2m_cli.errors import DataError
from d2m_cli.metrics.codec import code_use, score
from d2m_cli.metrics.opus import LEVELS, through_opus
from d2m_cli.report.table_data import TableData
from d2m_cli.spec import CODEBOOK_SIZE, Level
from d2m_cli.training.codec.load import load_codec
from d2m_cli.training.codec.stage import CodecConfig
from d2m_cli.training.codec.validation import (
    BATCH,
    CROPS,
    QUIET,
    SPLITS,
    draw_crops,
    mean_mel_distance,
    measure,
)
from d2m_cli.training.run.settings import read_run
from d2m_cli.types import FloatArray, IntArray

USE_CROPS = 240
"""Crops in which the use of the codebook is counted: far more codes than there are entries."""

COLUMNS = ("Codec", "kbit/s", "Log-mel", "Onset F", "SI-SDR", "Quiet", "Entries used", "Perplexity")
NOTE = (
    "Log-mel: mean |log10 mel| distance, 80 bands. Quiet: the same at a tenth of the level. "
    f"Use of the codebook: {USE_CROPS} crops."
)


def open_codec(
    place: Path, level: Level | None, music: Path | None, without: tuple[str, ...]
) -> tuple[VQVAE, Level, MusicCrops]:
    """A codec, its level and held-out music: from a run of `d2m train codec`, or a weights file.

    A run holds its level and music; `level` and `music` replace them. Raises `DataError` when a
    weights file comes without them.
    """
    weights, settings = place, MusicSettings()
    if place.is_dir():
        config = read_run(place, CodecConfig)
        weights, level, settings = place / "codec.safetensors", level or config.level, config.music
    elif level is None or music is None:
        raise DataError(f"{place} is a weights file: add --level and --music.")
    if music is not None:
        settings = MusicSettings(music, without=without or settings.without)
    return load_codec(weights, level).eval(), level, MusicCrops(settings, SPLITS)


def codec_table(vqvae: VQVAE, level: Level, music: MusicCrops, count: int = CROPS) -> TableData:
    """A row for the codec, and one for Opus at each of a few rates, on the same `count` crops."""
    ours = measure(vqvae, level, music, count)
    bits = level.code_rate * math.log2(CODEBOOK_SIZE) / 1000
    used, perplexity = code_use(_many_codes(vqvae, level, music), CODEBOOK_SIZE)
    use = f"{used} ({100 * used / CODEBOOK_SIZE:.0f} %)"
    rows = [_row(str(level), bits, ours, ours["mel_quiet"], use, f"{perplexity:.0f}")]
    crops = draw_crops(music, count)
    for compression in LEVELS:
        decoded, bits = through_opus(crops, compression)
        quiet, _ = through_opus(crops * QUIET, compression)
        scores = asdict(score(crops, decoded, np.zeros((1, 1), int), 1))
        rows.append(_row("Opus", bits, scores, mean_mel_distance(quiet, crops * QUIET), "", ""))
    return TableData(f"Codec, {count} crops of held-out music", list(COLUMNS), rows, NOTE)


def _row(
    name: str, bits: float, scores: dict[str, float], quiet: float, use: str, perplexity: str
) -> list[str]:
    figures = (f"{scores['mel']:.3f}", f"{scores['onset_f']:.3f}", f"{scores['si_sdr']:.1f}")
    return [name, f"{bits:.1f}", *figures, f"{quiet:.3f}", use, perplexity]


def _many_codes(vqvae: VQVAE, level: Level, music: MusicCrops) -> IntArray:
    """Codes of `USE_CROPS` crops, coded a few at a time."""
    crops: FloatArray = draw_crops(music, USE_CROPS)
    with torch.no_grad():
        parts = [
            vqvae.quantise(vqvae.encode(part, level), level)[0].numpy()
            for part in torch.from_numpy(crops).split(BATCH)
        ]
    return np.concatenate(parts)
