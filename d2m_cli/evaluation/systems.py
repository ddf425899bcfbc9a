"""What makes music for an evaluation: a bundle's generator and codec, as plain functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m_cli.cluster import Engine, spread_in_order

if TYPE_CHECKING:
    from d2m_cli.data.cache.pieces import PieceFile
    from d2m_cli.evaluation.baselines import System
    from d2m_cli.features.i3d import VisualSettings
    from d2m_cli.features.pose.doors import Door
    from d2m_cli.generation.pipeline import Dance2Music
    from d2m_cli.progress import Progress
    from d2m_cli.spec import Composing, Level
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


@dataclass(frozen=True)
class Wanted:
    """Music that a bundle is to make for every dance of an evaluation."""

    bundle: str | None
    levels: Sequence[Level]
    seeds: int
    """Pieces for each dance and level."""
    device: str = "auto"
    pose: Door | str | None = None
    soundfont: Path | None = None
    """With one there is a row `RENDERED`, too."""
    engine: Engine = Engine.LOCAL
    workers: int = 2
    composing: Composing | None = None


def generated_systems(videos: dict[str, Path], wanted: Wanted, progress: Progress) -> list[System]:
    """Music that a bundle makes for each video. Raises what `play_for_dance` raises."""
    return _systems(_look_at_video, list(videos.items()), wanted, progress)


def systems_from_cache(
    files: Sequence[PieceFile], wanted: Wanted, progress: Progress
) -> list[System]:
    """Music that a bundle makes for prepared dances.

    Raises what `play_for_dance` raises, `DataError` for a dance without the visual features that
    the bundle takes, `BundleError` for a bundle that takes no prepared dances.
    """
    return _systems(_look_at_cache, [(f.entry.name, f) for f in files], wanted, progress)


def _systems(
    look: Callable[[Dance2Music, Any, Wanted], Analysis],
    items: Sequence[tuple[str, Any]],
    wanted: Wanted,
    progress: Progress,
) -> list[System]:
    """The music of dances, each looked at once for all levels and seeds."""
    from d2m_cli.evaluation.baselines import System

    made = spread_in_order(
        partial(_open_maker, wanted),
        partial(_music_of, look=look, wanted=wanted),
        items,
        wanted.engine,
        wanted.workers,
        partial(progress, "generate"),
    )
    names = dict.fromkeys(name for pieces in made for name in pieces)
    return [
        System(name, {dance: pieces[name] for (dance, _), pieces in zip(items, made, strict=True)})
        for name in names
    ]


def _open_maker(wanted: Wanted) -> Dance2Music:
    from d2m_cli.generation.pipeline import Dance2Music

    return Dance2Music.from_bundle(wanted.bundle, wanted.device, composing=wanted.composing)


def _music_of(
    maker: Dance2Music,
    item: tuple[str, Any],
    look: Callable[[Dance2Music, Any, Wanted], Analysis],
    wanted: Wanted,
) -> dict[str, list[FloatArray]]:
    """Pieces for one dance by the name of their system, one a seed."""
    from d2m_cli.evaluation.baselines import RENDERED

    dance, seeds = look(maker, item[1], wanted), range(wanted.seeds)
    pieces = {
        f"d2m {level}": [maker.compose(dance, level, seed=seed).samples for seed in seeds]
        for level in wanted.levels
    }
    if wanted.soundfont is not None:
        pieces[RENDERED] = [_rendered(maker, dance, seed, wanted.soundfont) for seed in seeds]
    return pieces


def _look_at_video(maker: Dance2Music, path: Path, wanted: Wanted) -> Analysis:
    return maker.analyze(path, pose=wanted.pose)


def _look_at_cache(maker: Dance2Music, file: PieceFile, wanted: Wanted) -> Analysis:
    from d2m_cli.errors import BundleError
    from d2m_cli.generation.d2m import D2MMaker

    if not isinstance(maker.maker, D2MMaker):
        raise BundleError(
            f"'{maker.maker.bundle.name}' takes no prepared dances: give videos, or another "
            "--bundle."
        )
    return _prepared_dance(file, maker.maker.visual_settings)


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
