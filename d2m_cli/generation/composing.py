"""A sketch by the composer that has learned from real music's sketches.

Rules say what is played, the network how it sounds: the rules of the style write a score as ever,
whose groove, figures and harmony the composer is asked for, beside the energy and the accents of
the dance (`sketch/wishes.py`). The plan is that of the score: where a section comes back, so does
its music, and a new one begins without looking back. What the dance does is answered once more at
the end (`sketch/answer_frames.py`).

Letters: `S` sixteenths of the piece, `V` values of a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m_cli.bundles.bundle import Bundle
from d2m_cli.bundles.contents import COMPOSER
from d2m_cli.generation.styles import Style
from d2m_cli.models.composer import HEARD, Composer, ComposerShape, Wishes
from d2m_cli.sketch.answer import pauses
from d2m_cli.sketch.answer_frames import sound_for_dance
from d2m_cli.sketch.arrange import DanceScore, Sketch, in_words
from d2m_cli.sketch.compose import compose
from d2m_cli.sketch.frames import Frames
from d2m_cli.sketch.grid import Grid
from d2m_cli.sketch.humanise import varied
from d2m_cli.sketch.levels import levels
from d2m_cli.sketch.pitches import chroma_of
from d2m_cli.sketch.plan import Plan
from d2m_cli.sketch.score import TUNED, Score
from d2m_cli.sketch.wishes import wishes_of_score
from d2m_cli.spec import SIXTEENTHS_PER_BEAT, Composing
from d2m_cli.types import STRONG_ACCENT, Events, FloatArray, Rhythm

TEMPERATURES = (0.85, 1.0)
"""Of onsets and of levels; below 1 the likelier values are drawn more often than in real music."""


@torch.inference_mode()
def compose_learned(
    composer: Composer,
    rhythm: Rhythm,
    energy: FloatArray,
    seconds: float,
    style: Style,
    seed: int,
    events: Events = Events(),
    limbs: FloatArray | None = None,
) -> Sketch:
    """Sketch for a dance by a learned `composer`; `energy` `(T,)`, `limbs` `(2, T)` and all else as
    in `sketch.arrange.arrange`."""
    dice = np.random.default_rng((seed, crc32(style.name.encode())))
    grid = Grid.of(rhythm, style.rules.meter)
    lively = grid.curve(energy)
    heard = grid.heard(events, lively, limbs)
    plan = grid.plan(events)
    score = compose(plan, lively, varied(style.rules, dice), dice, grid.first, grid.close)
    wishes = _wishes(composer, grid, score, lively, heard.accents, style.vector)
    random = np.random.default_rng((seed, crc32(style.name.encode()), 1))
    frames = _Writer(composer, wishes, earlier_places(grid, plan), random).write(grid.count)
    strong = [time for time, strength in heard.accents if strength >= STRONG_ACCENT]
    found = pauses(heard.freezes, strong, grid.first)
    closing = chroma_of(levels(score, TUNED)[grid.close :]).sum(axis=0)
    partials, onsets = sound_for_dance(frames, heard, found, grid, closing, seconds, random)
    words = in_words(DanceScore(score, grid, tuple(found), dice), seconds)
    words = replace(words, composer=Composing.LEARNED.value)
    return Sketch(partials, onsets, words)


def load_composer(bundle: Bundle) -> Composer:
    """The learned composer of a bundle. Raises `BundleError` when its file does not fit."""
    composer = Composer(ComposerShape(**bundle.settings["composer"]))
    bundle.load_into(composer, COMPOSER)
    return composer


def earlier_places(grid: Grid, plan: Plan) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each sixteenth `(S,)` an earlier one with its music, or -1, and where its idea began."""
    known: dict[tuple[int, int, int], int] = {}
    begun: dict[int, int] = {}
    earlier, began = np.full(grid.count, -1), np.zeros(grid.count, int)
    for step in range(grid.count):
        bar, inside = divmod(grid.first + step, grid.bar)
        section, place = plan.section(bar)
        music = section.idea, place, inside
        earlier[step] = known.get(music, -1)
        known.setdefault(music, step)
        began[step] = begun.setdefault(section.idea, step)
    return earlier, began


def _wishes(
    composer: Composer,
    grid: Grid,
    score: Score,
    lively: NDArray[np.float64],
    accents: Sequence[tuple[float, float]],
    vector: FloatArray,
) -> Wishes:
    struck = np.zeros(grid.count, bool)
    for time, strength in accents:
        if strength >= STRONG_ACCENT and 0 <= round(time) < grid.count:
            struck[round(time)] = True
    wanted = wishes_of_score(score, lively, struck, grid.bar)
    step = np.diff(grid.seconds(np.arange(grid.count + 1)))
    tempo = np.log2(60.0 / (SIXTEENTHS_PER_BEAT * step) / 120.0).astype(np.float32)
    style = torch.from_numpy(vector[: composer.shape.style].astype(np.float32))[None]
    return Wishes(
        torch.arange(grid.first, grid.first + grid.count)[None] % SIXTEENTHS_PER_BEAT,
        torch.from_numpy(tempo)[None],
        composer.normalised(style),
        torch.from_numpy(wanted)[None],
    )


class _Writer:
    """Writes the frames one after the other."""

    def __init__(
        self,
        composer: Composer,
        wishes: Wishes,
        places: tuple[NDArray[np.int64], NDArray[np.int64]],
        random: np.random.Generator,
    ) -> None:
        self.composer, self.wishes, self.random = composer, wishes, random
        self.earlier, self.began = places
        self.state: Tensor | None = None

    def write(self, count: int) -> Frames:
        shape = self.composer.shape
        onsets = np.zeros((count, shape.bands), np.uint8)
        levels = np.zeros((count, shape.pitches), np.uint8)
        numbers = torch.zeros(count, 3 * shape.bands + 2 * shape.pitches)
        for step in range(count):
            places = self._heard(step)
            heard = [numbers[max(place, 0)][None, None] for place in places]
            known = torch.tensor([[[float(place >= 0) for place in places]]])
            now = Wishes(
                self.wishes.beat[:, step : step + 1],
                self.wishes.tempo[:, step : step + 1],
                self.wishes.style,
                self.wishes.wanted[:, step : step + 1],
            )
            context, copies, self.state = self.composer.contexts(heard, known, now, self.state)
            chances = self.composer.chances(context[0, 0], copies[0, 0])
            onsets[step], levels[step] = chances.draw(self.random, TEMPERATURES)
            numbers[step] = self.composer.seen(
                torch.from_numpy(onsets[step].astype(np.int64)),
                torch.from_numpy(levels[step].astype(np.int64)),
            )
        return Frames(onsets, levels)

    def _heard(self, step: int) -> list[int]:
        """Which frames are heard, -1 for none: those of `HEARD`, in a section that comes back its
        first time in place of all that lie a bar and more ago."""
        before, *back = HEARD
        if self.earlier[step] >= 0:
            return [step - before, *(int(self.earlier[step]) for _ in back)]
        places = [step - lag for lag in back]
        return [step - before, *(p if p >= self.began[step] else -1 for p in places)]
