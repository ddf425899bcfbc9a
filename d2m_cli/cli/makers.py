"""What makes music for an evaluation: a bundle's generator and codec, as plain functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from d2m_cli.data.cache import PieceFile
    from d2m_cli.evaluation.baselines import System
    from d2m_cli.evaluation.protocol import Report
    from d2m_cli.features.i3d import VisualSettings
    from d2m_cli.spec import Level
    from d2m_cli.types import Dance, FloatArray

_BLOCK_CODES = 4096
"""Codes that are encoded at once, so that memory does not grow with the piece."""


@dataclass(frozen=True)
class Codec:
    """A codec as functions on music `(N,)` at `SAMPLE_RATE`."""

    reconstruct: Callable[[FloatArray], FloatArray]
    random: Callable[[float, int], FloatArray]
    """Random codes (seconds, seed) as sound."""
    distinct: Callable[[FloatArray], int]
    """How many codes of the codebook a piece uses."""


def generated_system(
    videos: dict[str, Path],
    bundle: str | None,
    level: Level,
    seeds: int,
    device: str,
    report: Report,
) -> System:
    """Music that a bundle makes for each video, with `seeds` seeds."""
    from d2m_cli.evaluation.baselines import System
    from d2m_cli.official import open_maker

    maker = open_maker(bundle, device)
    pieces: dict[str, list[FloatArray]] = {}
    for number, (name, path) in enumerate(videos.items()):
        report(f"make {level}", number, len(videos))
        pieces[name] = [maker.generate(path, level, seed=seed).read() for seed in range(seeds)]
    report(f"make {level}", len(videos), len(videos))
    return System(f"d2m {level}", pieces)


def system_from_cache(
    files: Sequence[PieceFile],
    bundle: str | None,
    level: Level,
    seeds: int,
    device: str,
    report: Report,
) -> System:
    """Music that a bundle makes for prepared dances, with `seeds` seeds.

    Raises `DataError` for a dance without the visual features that the bundle takes.
    """
    import soundfile

    from d2m_cli.evaluation.baselines import System
    from d2m_cli.pipeline import Dance2Music

    maker = Dance2Music.from_bundle(bundle, device)
    pieces: dict[str, list[FloatArray]] = {}
    for number, file in enumerate(files):
        report(f"make {level}", number, len(files))
        dance = _prepared_dance(file, maker.visual_settings)
        pieces[file.entry.name] = [
            soundfile.read(
                maker.perform(dance, level, maker.choose_style(None, None, seed), seed),
                dtype="float32",
            )[0]
            for seed in range(seeds)
        ]
    report(f"make {level}", len(files), len(files))
    return System(f"d2m {level}", pieces)


def codec_of_bundle(bundle: str | None, level: Level, device: str) -> Codec:
    """A bundle's codec. Raises `BundleError` when it has none of this level."""
    import numpy as np
    import torch

    from d2m_cli.bundles.bundle import load_bundle
    from d2m_cli.codec.stream import decode_windows
    from d2m_cli.codec.vqvae import VQVAE
    from d2m_cli.device import choose_device
    from d2m_cli.spec import CODEBOOK_SIZE, SAMPLE_RATE

    place = choose_device(device)
    vqvae = VQVAE(levels=(level.number,))
    load_bundle(bundle).load_into(vqvae, f"codec_{level}.safetensors")
    vqvae.to(place).eval()

    def decode(codes: torch.Tensor) -> FloatArray:
        pieces = [piece.cpu().numpy() for piece in decode_windows(vqvae, codes.to(place), level)]
        return np.concatenate(pieces)

    @torch.inference_mode()
    def encode(samples: FloatArray) -> torch.Tensor:
        whole = torch.from_numpy(np.pad(samples, (0, -len(samples) % level.hop)))
        blocks = whole.split(_BLOCK_CODES * level.hop)
        latents = (vqvae.encode(block[None].to(place), level) for block in blocks)
        return torch.cat([vqvae.quantise(latent, level)[0][0] for latent in latents])

    def reconstruct(samples: FloatArray) -> FloatArray:
        return decode(encode(samples))[: len(samples)]

    def random(seconds: float, seed: int) -> FloatArray:
        length = round(seconds * SAMPLE_RATE)
        count = -(-length // level.hop)
        codes = np.random.default_rng(seed).integers(CODEBOOK_SIZE, size=count)
        return decode(torch.from_numpy(codes))[:length]

    return Codec(reconstruct, random, lambda samples: len(encode(samples).unique()))


def _prepared_dance(file: PieceFile, wanted: VisualSettings) -> Dance:
    """A cached piece as the generator hears it."""
    import numpy as np

    from d2m_cli.cli.inputs import motion_of_piece
    from d2m_cli.errors import DataError
    from d2m_cli.features.rhythm import estimate_rhythm
    from d2m_cli.types import Dance, Visual

    entry = file.entry
    visual = file.whole("visual") if "visual" in entry.holds else np.zeros((0, 0), np.float32)
    if len(visual) != wanted.channels or entry.visual_rate != wanted.rate:
        raise DataError(
            f"'{entry.name}' was prepared without the visual features that the bundle takes: run "
            "`d2m prepare` with the same --bundle."
        )
    motion = motion_of_piece(file)
    nothing = np.zeros((0, 1, 1, 3), np.uint8)
    return Dance(
        motion, Visual(visual, wanted.rate), estimate_rhythm(motion), entry.seconds, nothing
    )
