"""Makes a take: score, sketch, codes, sound and loudness, into a folder that appears whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from d2m_cli.errors import BundleError
from d2m_cli.features.motion import dance_energy, limb_energy
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.generation.edges import with_edges
from d2m_cli.generation.styles import Style
from d2m_cli.output.audio import level_loudness, write_wav
from d2m_cli.output.places import scratch_folder
from d2m_cli.progress import Step, timed
from d2m_cli.sketch.arrange import Sketch, dance_score, sketch_of
from d2m_cli.sketch.score import Tonality
from d2m_cli.spec import Level, RenderQuality
from d2m_cli.studio.settings import TakeSettings, rhythm_for
from d2m_cli.studio.takes import (
    MUSIC,
    Score,
    Take,
    beats_of,
    write_codes,
    write_facts,
    write_sketch,
)
from d2m_cli.studio.work import Stages
from d2m_cli.types import Codes, Dance

if TYPE_CHECKING:
    from d2m_cli.generation.level_model import LevelModel

COST = {Level.HIGH: (0.1, 0.25, 0.1), Level.LOW: (0.4, 1.2, 0.25)}
"""Seconds of work for a second of music on a usual computer: the first pass, decoding, ..."""


@dataclass(frozen=True)
class Written:
    """A piece that is written but not played."""

    dance: Dance
    """With the grid that the piece lies on."""
    style: Style
    sketch: Sketch
    score: Score


def write_piece(
    maker: D2MMaker, dance: Dance, settings: TakeSettings, tonality: Tonality | None = None
) -> Written:
    """The score and the sketch of a piece for a dance whose rhythm is the piece's own.

    Raises `BundleError` for an unknown style.
    """
    if settings.style is None:
        style = maker.pick_style(dance, settings.seed)
    else:
        style = maker.choose_style(settings.style, None, settings.seed)
    motion = dance.motion
    whole, limbs = (settings.energy * e for e in (dance_energy(motion), limb_energy(motion)))
    written = dance_score(
        dance.rhythm,
        whole.clip(max=1.0),
        style.name,
        style.rules,
        settings.seed,
        dance.events,
        limbs.clip(max=1.0),
        tonality,
    )
    sketch = sketch_of(written, dance.seconds)
    score = written.score
    home = Tonality(score.key, score.scale)
    kept = Score(tuple(score.notes), written.grid.first, score.rules.meter, home)
    return Written(dance, style, sketch, kept)


def make_take(
    maker: D2MMaker, dance: Dance, settings: TakeSettings, folder: Path, work: Stages
) -> Take:
    """A whole new take in `folder`, which is there and empty; its name is the take's.

    Raises `Cancelled`, and what `Dance2Music.compose` does.
    """
    timings: dict[str, float] = {}
    dance = replace(dance, rhythm=rhythm_for(dance, settings))
    with timed(timings, Step.COMPOSE):
        model = level_model(maker, settings.level)
        written = write_piece(maker, dance, settings)
        work.check()
        codes = new_codes(model, written, settings, work)
    with scratch_folder() as scratch, timed(timings, Step.DECODE):
        raw = Path(scratch) / "raw.wav"
        sound = maker.decode(Codes(codes, settings.level), dance.seconds, work)
        write_wav(raw, with_edges(sound, dance))
        work(Step.POSTPROCESS, 0, 1)
        gain = level_loudness(raw, folder / MUSIC)
    work(Step.POSTPROCESS, 1, 1)
    write_codes(folder, codes)
    write_sketch(folder, dance.rhythm, written.sketch, written.score)
    take = Take(
        folder=folder,
        id=folder.name,
        settings=settings,
        style=written.style.name,
        seconds=dance.seconds,
        tempo=dance.rhythm.bpm,
        beats=beats_of(dance.rhythm, written.score.meter),
        meter=written.score.meter,
        arrangement=written.sketch.arrangement,
        gain=gain,
        timings=timings,
    )
    write_facts(take)
    work.check()
    return take


def level_model(maker: D2MMaker, level: Level) -> LevelModel:
    """The networks of a level. Raises `BundleError` where the bundle lacks it."""
    if level not in maker.levels:
        raise BundleError(
            f"The bundle '{maker.bundle.name}' has no {level} level: "
            f"choose {' or '.join(maker.levels)}."
        )
    return maker.level_model(level)


def new_codes(
    model: LevelModel, written: Written, settings: TakeSettings, work: Stages
) -> np.ndarray:
    """Codes `(T,)` of a piece."""
    parts = model.sample_codes(
        written.dance,
        written.style,
        settings.seed,
        settings.quality.passes,
        lambda share: work(Step.COMPOSE, share, 1.0),
        written.sketch,
    )
    return np.concatenate([part.cpu().numpy() for part in parts])


def expected(settings: TakeSettings, seconds: float, takes: Iterable[Take]) -> dict[str, float]:
    """Seconds that each stage will take, as the last take of the kind took, or by a rule of thumb.

    `seconds` is the length of what is to be made.
    """
    kind = settings.level, settings.quality
    known = [take for take in takes if (take.settings.level, take.settings.quality) == kind]
    for take in reversed(known):
        made = sum(part.end - part.start for part in take.parts) or take.seconds
        return {stage: spent * seconds / made for stage, spent in take.timings.items()}
    each, decode, _ = COST[settings.level]
    passes = RenderQuality(settings.quality).passes
    return {Step.COMPOSE: each * (1 + passes) * seconds, Step.DECODE: decode * seconds}
