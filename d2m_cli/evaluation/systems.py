"""What makes music for an evaluation: a bundle's generator and codec, as plain functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from d2m_cli.data.cache.pieces import PieceFile
    from d2m_cli.evaluation.baselines import System
    from d2m_cli.features.i3d import VisualSettings
    from d2m_cli.features.pose.doors import Door
    from d2m_cli.generation.pipeline import Dance2Music
    from d2m_cli.progress import Progress
    from d2m_cli.spec import Level
    from d2m_cli.types import Analysis, FloatArray

_BLOCK_CODES = 4096
"""Codes that are encoded at once, so that memory does not grow with the piece."""


@dataclass(frozen=True)
class CodecFunctions:
    """A codec as functions on music `(N,)` at `SAMPLE_RATE`."""

    reconstruct: Callable[[FloatArray], FloatArray]
    random: Callable[[float, int], FloatArray]
    """Random codes (seconds, seed) as sound."""
    distinct: Callable[[FloatArray], int]
    """How many codes of the codebook a piece uses."""


def generated_systems(
    videos: dict[str, Path],
    bundle: str | None,
    levels: Sequence[Level],
    seeds: int,
    device: str,
    progress: Progress,
    pose: Door | str | None = None,
    soundfont: Path | None = None,
) -> list[System]:
    """Music that a bundle makes for each video at each level, with `seeds` seeds.

    With a `soundfont` there is a row `RENDERED`, too. Raises what `play_for_dance` raises.
    """
    from d2m_cli.generation.pipeline import Dance2Music

    maker = Dance2Music.from_bundle(bundle, device)
    analyzed = ((name, maker.analyze(path, pose=pose)) for name, path in videos.items())
    return _systems(maker, analyzed, len(videos), levels, seeds, progress, soundfont)


def systems_from_cache(
    files: Sequence[PieceFile],
    bundle: str | None,
    levels: Sequence[Level],
    seeds: int,
    device: str,
    progress: Progress,
    soundfont: Path | None = None,
) -> list[System]:
    """Music that a bundle makes for prepared dances at each level, with `seeds` seeds.

    With a `soundfont` there is a row `RENDERED`, too. Raises what `play_for_dance` raises, and
    `DataError` for a dance without the visual features that the bundle takes.
    """
    from d2m_cli.errors import BundleError
    from d2m_cli.generation.d2m import D2MMaker
    from d2m_cli.generation.open import open_maker
    from d2m_cli.generation.pipeline import Dance2Music

    maker = open_maker(bundle, device)
    if not isinstance(maker, D2MMaker):
        raise BundleError(
            f"'{maker.bundle.name}' takes no prepared dances: give videos, or another --bundle."
        )
    wanted = maker.visual_settings
    analyzed = ((file.entry.name, _prepared_dance(file, wanted)) for file in files)
    made = Dance2Music(maker)
    return _systems(made, analyzed, len(files), levels, seeds, progress, soundfont)


def _systems(
    maker: Dance2Music,
    analyzed: Iterable[tuple[str, Analysis]],
    count: int,
    levels: Sequence[Level],
    seeds: int,
    progress: Progress,
    soundfont: Path | None,
) -> list[System]:
    """The music of `count` dances, each analyzed once for all levels and seeds."""
    from d2m_cli.evaluation.baselines import RENDERED, System

    pieces: dict[str, dict[str, list[FloatArray]]] = {f"d2m {level}": {} for level in levels}
    for number, (name, dance) in enumerate(analyzed):
        progress("generate", number, count)
        for level, seed in product(levels, range(seeds)):
            music = maker.compose(dance, level, seed=seed).samples
            pieces[f"d2m {level}"].setdefault(name, []).append(music)
        if soundfont is not None:
            played = [_rendered(maker, dance, seed, soundfont) for seed in range(seeds)]
            pieces.setdefault(RENDERED, {})[name] = played
    progress("generate", count, count)
    return [System(name, made) for name, made in pieces.items()]


def _rendered(maker: Dance2Music, analysis: Analysis, seed: int, soundfont: Path) -> FloatArray:
    """The score behind the music that `maker` composes with that seed, played on a soundfont."""
    from d2m_cli.errors import BundleError
    from d2m_cli.features.motion import dance_energy, limb_energy
    from d2m_cli.generation.d2m import D2MMaker
    from d2m_cli.songs.dances import play_for_dance

    if not isinstance(maker.maker, D2MMaker):
        raise BundleError("The released models write no score: leave out --soundfont.")
    dance = analysis.dance
    style = maker.maker.pick_style(dance, seed)
    energy = dance_energy(dance.motion)
    return play_for_dance(
        dance.rhythm,
        energy,
        dance.seconds,
        style.name,
        style.rules,
        seed,
        soundfont,
        events=dance.events,
        limbs=limb_energy(dance.motion),
    )


def codec_of_bundle(bundle: str | None, level: Level, device: str) -> CodecFunctions:
    """A bundle's codec. Raises `BundleError` when it has none of this level."""
    import numpy as np
    import torch

    from d2m_cli.bundles.bundle import load_bundle
    from d2m_cli.bundles.codec import load_codec
    from d2m_cli.codec.stream import decode_windows
    from d2m_cli.device import choose_device
    from d2m_cli.spec import CODEBOOK_SIZE, SAMPLE_RATE

    place = choose_device(device)
    vqvae = load_codec(load_bundle(bundle), level).to(place)

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

    return CodecFunctions(reconstruct, random, lambda samples: len(encode(samples).unique()))


def _prepared_dance(file: PieceFile, wanted: VisualSettings) -> Analysis:
    """A cached piece as input of the generator."""
    import numpy as np

    from d2m_cli.errors import DataError
    from d2m_cli.evaluation.dances import motion_of_piece
    from d2m_cli.features.events import dance_events
    from d2m_cli.features.rhythm import estimate_rhythm
    from d2m_cli.types import Analysis, Dance, Visual

    entry = file.entry
    visual = file.whole("visual") if "visual" in entry.holds else np.zeros((0, 0), np.float32)
    if len(visual) != wanted.channels or entry.visual_rate != wanted.rate:
        raise DataError(
            f"'{entry.name}' was prepared without the visual features that the bundle takes: run "
            "`d2m prepare` with the same --bundle."
        )
    motion = motion_of_piece(file)
    rhythm = estimate_rhythm(motion)
    shown = Visual(visual, wanted.rate)
    events = dance_events(motion, rhythm)
    return Analysis(Dance(motion, shown, rhythm, entry.seconds, events=events))
