"""What each step from real music to composed music adds and takes, in figures of what is heard.

Convention: half of the pieces is the reference. The other half goes through the codec without and
with quantising, as sketches of real music through the generator, and as sketches composed on the
same beats by the rules of a style and, where the bundle has one, by its learned composer. A figure
is the mean difference of a set from the reference, in units of the spread of the reference's
pieces. *Movement*: log share of modulation of 9 to 21 Hz in the two lower and the
two next of eight mel bands. *Grain*: log10 flatness in 0.4-1, 1-2.5 and 2.5-5 kHz. *Pulse*:
normalised autocorrelation at the lag of a beat. *Variety*: spread over pieces of the flatness of
the bands, as a share of the reference's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from d2m_cli.bundles.contents import COMPOSER
from d2m_cli.data.cache.music_beats import MusicRhythm, music_rhythm
from d2m_cli.errors import BundleError, DataError
from d2m_cli.evaluation.yardstick import distances
from d2m_cli.features.style import style_vector
from d2m_cli.generation.composing import compose_learned, load_composer
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.generation.level_model import LevelModel
from d2m_cli.generation.maker import Maker
from d2m_cli.generation.styles import Style, named_style, style_for_dance
from d2m_cli.metrics.embeddings import MUSIC, music_statistics
from d2m_cli.progress import Progress
from d2m_cli.report.table_data import TableData
from d2m_cli.sketch.arrange import Sketch, arrange
from d2m_cli.sketch.arrangement import Arrangement
from d2m_cli.sketch.drums import find_drum_onsets
from d2m_cli.sketch.partials import analyse
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE, Level, RenderQuality
from d2m_cli.types import Codes, Dance, FloatArray, Motion, Rhythm, Visual

REAL, UNQUANTISED, CODEC = "real music", "codec, not quantised", "codec"
REAL_SKETCH = "its sketches, generator"
COMPOSED, LEARNED = "composed by rules, generator", "learned composer, generator"
ENERGY = 1.0
"""Of the dance that the composed sketches are for, 0..1: one that never rests."""

MOVEMENT = (26, 30)
"""Columns of `music_statistics`: 9 to 21.6 Hz of the two lower pairs of bands."""
GRAIN = (17, 18, 19)
PULSE = 39


@dataclass(frozen=True)
class Stage:
    """Figures of a set of pieces."""

    name: str
    distance: float
    movement: tuple[float, ...]
    grain: tuple[float, ...]
    pulse: float
    variety: float


def stages(
    maker: Maker,
    level: Level,
    quality: RenderQuality,
    pieces: Sequence[FloatArray],
    progress: Progress,
) -> list[Stage]:
    """Figures of real music `(N,)` at `SAMPLE_RATE` and of every step to composed music.

    Pieces without a beat are left out of the steps. Raises `BundleError` for a bundle whose
    generator takes no sketch, `DataError` for too few pieces.
    """
    if not isinstance(maker, D2MMaker):
        raise BundleError(f"'{maker.bundle.name}' makes its music without sketches: no table.")
    steps = _Steps(maker, level, quality)
    reference, other = pieces[::2], pieces[1::2]
    sets: dict[str, list[FloatArray]] = {REAL: list(other)}
    for number, piece in enumerate(other):
        progress("make", number, len(other))
        for name, made in steps.made(piece, number).items():
            sets.setdefault(name, []).append(made)
    progress("make", len(other), len(other))
    apart = distances(MUSIC, reference, sets)
    known = _means(reference)
    centre, spread = known.mean(axis=0), known.std(axis=0)
    return [_stage(name, apart[name], _means(made), centre, spread) for name, made in sets.items()]


def stages_table(found: Sequence[Stage], level: Level, pieces: int) -> TableData:
    """One line a step."""
    rows = [
        (
            stage.name,
            f"{stage.distance:.1f}",
            *(", ".join(f"{x:.1f}" for x in xs) for xs in (stage.movement, stage.grain)),
            f"{stage.pulse:.1f}",
            f"{stage.variety:.2f}",
        )
        for stage in found
    ]
    return TableData(
        f"What each step adds, level {level} ({pieces} pieces in two halves)",
        ("step", "distance", "movement", "grain", "pulse", "variety"),
        rows,
        "differences from real music in units of its spread over pieces (docs/evaluation.md)",
    )


class _Steps:
    """Makes each step of a piece."""

    def __init__(self, maker: D2MMaker, level: Level, quality: RenderQuality) -> None:
        self.maker, self.level, self.quality = maker, level, quality
        self.model: LevelModel = maker.level_model(level)
        has_one = COMPOSER in maker.bundle.config["files"]
        self.composer = load_composer(maker.bundle) if has_one else None

    def made(self, piece: FloatArray, seed: int) -> dict[str, FloatArray]:
        """The steps of one piece; without a beat only those of the codec."""
        made = {
            UNQUANTISED: self._codec(piece, lambda latents: latents),
            CODEC: self._codec(piece, lambda x: self.model.vqvae.quantise(x, self.level)[1]),
        }
        try:
            rhythm = music_rhythm(piece)
        except DataError:
            return made
        real = self._real_sketch(piece, rhythm)
        style = Style("real music", style_vector(piece))
        name = style_for_dance(self.maker.styles, rhythm.bpm)
        named = named_style(self.maker.styles, self.maker.style_vectors, name, seed)
        dance = self._still_dance(rhythm, len(piece) / SAMPLE_RATE)
        energy = np.full(len(rhythm.phase), ENERGY, np.float32)
        still = dance.rhythm, energy, dance.seconds
        composed = arrange(*still, named.name, named.rules, seed)
        made[REAL_SKETCH] = self._generated(dance, style, seed, real)
        made[COMPOSED] = self._generated(dance, named, seed, composed)
        if self.composer is not None:
            learned = compose_learned(self.composer, *still, named, seed)
            made[LEARNED] = self._generated(dance, named, seed, learned)
        return made

    @torch.inference_mode()
    def _codec(
        self, piece: FloatArray, change: Callable[[torch.Tensor], torch.Tensor]
    ) -> FloatArray:
        hop = self.level.hop * self.model.vqvae.codes_per_frame(self.level)
        wave = torch.from_numpy(np.pad(piece, (0, -len(piece) % hop)))
        latents = change(self.model.vqvae.encode(wave[None].to(self.model.device), self.level))
        return self.model.vqvae.decode(latents, self.level)[0, : len(piece)].cpu().numpy()

    def _generated(self, dance: Dance, style: Style, seed: int, sketch: Sketch) -> FloatArray:
        parts = self.model.sample_codes(dance, style, seed, self.quality.passes, sketch=sketch)
        codes = Codes(torch.cat(list(parts)).cpu().numpy(), self.level)
        return np.concatenate(list(self.model.decode(codes, dance.seconds)))

    def _real_sketch(self, piece: FloatArray, rhythm: MusicRhythm) -> Sketch:
        words = Arrangement("", tuple(rhythm.beats.tolist()), (), (), ())
        return Sketch(analyse(piece, rhythm.beats), find_drum_onsets(piece), words)

    def _still_dance(self, rhythm: MusicRhythm, seconds: float) -> Dance:
        """A dance on the beats of the music of which nothing else is known."""
        shape = self.model.generator.settings
        steps, vectors = len(rhythm.phase), int(seconds * shape.visual_rate) + 2
        motion = np.zeros((shape.motion_channels, steps), np.float32)
        visual = np.zeros((shape.visual_channels, vectors), np.float32)
        return Dance(
            Motion(motion, np.zeros(steps, bool), MOTION_RATE),
            Visual(visual, shape.visual_rate),
            Rhythm(rhythm.phase, rhythm.confidence, MOTION_RATE),
            seconds,
        )


def _means(pieces: Sequence[FloatArray]) -> FloatArray:
    """Mean figures `(P, 40)` of each piece."""
    return np.stack([music_statistics(piece).mean(axis=0) for piece in pieces])


def _stage(
    name: str, distance: float, rows: FloatArray, centre: FloatArray, spread: FloatArray
) -> Stage:
    apart = (rows.mean(axis=0) - centre) / spread
    grain = list(GRAIN)
    return Stage(
        name,
        distance,
        tuple(float(apart[column]) for column in MOVEMENT),
        tuple(float(apart[column]) for column in GRAIN),
        float(apart[PULSE]),
        float((rows[:, grain].std(axis=0) / spread[grain]).mean()),
    )
