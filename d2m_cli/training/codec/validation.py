"""What a codec keeps of held-out music.

python -m d2m_cli.training.codec.validation WEIGHTS.safetensors --level high --music cache/music
"""

import argparse
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from torch import Tensor

from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.pairs.music_crops import MusicCrops, MusicSettings
from d2m_cli.metrics.codec import code_use, mel_distance, score
from d2m_cli.metrics.opus import LEVELS, through_opus
from d2m_cli.report.table_data import TableData, rich_table
from d2m_cli.spec import CODEBOOK_SIZE, Level
from d2m_cli.training.codec.load import load_codec
from d2m_cli.types import FloatArray, IntArray

SPLITS = ("validation", "test")
CROPS = 24
SAMPLES = 44032
"""Length of a crop: 2 s in whole codes of either level."""
PEAK = 0.7
QUIET = 0.1
"""Gain of the quiet copy of the crops."""
SEED = 1234
BATCH = 8
AUDIO_EXAMPLES = 2
"""Crops to listen to."""
USE_CROPS = 240
"""Crops that tell how many entries are used: far more codes than there are entries."""

COLUMNS = ("Codec", "kbit/s", "Log-mel", "Onset F", "SI-SDR", "Quiet", "Entries used", "Perplexity")
NOTE = (
    "Log-mel: mean |log10 mel| distance, 80 bands. Quiet: the same at a tenth of the level. "
    f"Use of the codebook: {USE_CROPS} crops."
)


def measure(vqvae: VQVAE, level: Level, music: MusicCrops, count: int = CROPS) -> dict[str, float]:
    """`CodecScore` of `count` crops, always the same ones of `music`, and `mel_quiet`.

    `mel_quiet` is the mel distance of the same crops at a tenth of their level: a codec trained on
    loud music alone fails there.
    """
    crops = _crops(music, count)
    decoded, codes = _reconstruct(vqvae, level, torch.from_numpy(crops))
    quiet, _ = _reconstruct(vqvae, level, torch.from_numpy(crops * QUIET))
    scores = score(crops, decoded.numpy(), codes.numpy(), CODEBOOK_SIZE)
    return asdict(scores) | {"mel_quiet": _mean_distance(quiet.numpy(), crops * QUIET)}


def listen(vqvae: VQVAE, level: Level, music: MusicCrops, count: int) -> dict[str, FloatArray]:
    """The first of the `count` crops that `measure` takes and what the codec makes of them."""
    crops = _crops(music, min(count, AUDIO_EXAMPLES))
    decoded, _ = _reconstruct(vqvae, level, torch.from_numpy(crops))
    pairs = enumerate(zip(crops, decoded.numpy(), strict=True))
    return {
        f"{number}_{name}": wave
        for number, pair in pairs
        for name, wave in zip(("true", "decoded"), pair, strict=True)
    }


def _crops(music: MusicCrops, count: int) -> FloatArray:
    """The first `count` of the crops `(B, N)` that every measurement takes."""
    return music.draw(count, SAMPLES, (PEAK, PEAK), np.random.default_rng(SEED))


@torch.no_grad()
def _reconstruct(vqvae: VQVAE, level: Level, waves: Tensor) -> tuple[Tensor, Tensor]:
    """Decoded waves `(B, N)` and codes `(B, T)`, on the CPU."""
    device = vqvae.codebook(level).device
    decoded, codes = [], []
    for part in waves.to(device).split(BATCH):
        indices, entries = vqvae.quantise(vqvae.encode(part, level), level)
        decoded.append(vqvae.decode(entries, level).cpu())
        codes.append(indices.cpu())
    return torch.cat(decoded), torch.cat(codes)


def table(vqvae: VQVAE, level: Level, music: MusicCrops, count: int = CROPS) -> TableData:
    """A row for the codec, and one for Opus at each of a few rates, on the same `count` crops."""
    ours = measure(vqvae, level, music, count)
    bits = level.code_rate * math.log2(CODEBOOK_SIZE) / 1000
    used, perplexity = code_use(_many_codes(vqvae, level, music), CODEBOOK_SIZE)
    use = f"{used} ({100 * used / CODEBOOK_SIZE:.0f} %)"
    rows = [_row(str(level), bits, ours, ours["mel_quiet"], use, f"{perplexity:.0f}")]
    crops = _crops(music, count)
    for compression in LEVELS:
        decoded, bits = through_opus(crops, compression)
        quiet, _ = through_opus(crops * QUIET, compression)
        scores = asdict(score(crops, decoded, np.zeros((1, 1), int), 1))
        rows.append(_row("Opus", bits, scores, _mean_distance(quiet, crops * QUIET), "", ""))
    return TableData(f"Codec, {count} crops of held-out music", list(COLUMNS), rows, NOTE)


def _row(
    name: str, bits: float, scores: dict[str, float], quiet: float, use: str, perplexity: str
) -> list[str]:
    figures = (f"{scores['mel']:.3f}", f"{scores['onset_f']:.3f}", f"{scores['si_sdr']:.1f}")
    return [name, f"{bits:.1f}", *figures, f"{quiet:.3f}", use, perplexity]


def _mean_distance(decoded: FloatArray, crops: FloatArray) -> float:
    return float(np.mean([mel_distance(*pair) for pair in zip(decoded, crops, strict=True)]))


def _many_codes(vqvae: VQVAE, level: Level, music: MusicCrops) -> IntArray:
    """Codes of `USE_CROPS` crops, coded a few at a time."""
    crops = torch.from_numpy(_crops(music, USE_CROPS))
    with torch.no_grad():
        parts = [
            vqvae.quantise(vqvae.encode(part, level), level)[0].numpy()
            for part in crops.split(BATCH)
        ]
    return np.concatenate(parts)


def main() -> None:
    """Print the table of a weights file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--level", type=Level, choices=list(Level), required=True)
    parser.add_argument("--music", type=Path, required=True, help="cache of prepared music")
    parser.add_argument(
        "--without", nargs="*", default=[], help="pieces to leave out, as in recipes"
    )
    parser.add_argument("--crops", type=int, default=CROPS, help="how many are compared")
    options = parser.parse_args()
    vqvae = load_codec(options.weights, options.level).eval()
    music = MusicCrops(MusicSettings(options.music, tuple(options.without)), SPLITS)
    Console().print(rich_table(table(vqvae, options.level, music, options.crops)))


if __name__ == "__main__":
    main()
