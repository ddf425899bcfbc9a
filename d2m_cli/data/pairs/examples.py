"""Batches for the generator: music, a dance warped onto its beats, and the sound of the track."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.cache.sketches import segment_sketch
from d2m_cli.data.cache.style_windows import style_of_window, windows_in
from d2m_cli.data.pairs.dataset import PairDataset, SegmentDataset, SegmentSettings
from d2m_cli.data.pairs.music_alone import MusicAlone
from d2m_cli.data.pairs.segments import Segment, generator
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.style import SECONDS as STYLE_SECONDS
from d2m_cli.spec import MOTION_RATE, NOISE_CHANNELS, NOISE_RATE
from d2m_cli.types import FloatArray

STYLE_MEMORY = 4096
"""Style vectors kept (2.5 MB)."""

CLOCK = 2.0
"""Beats per second where the rhythm is hidden; their confidence is then 0."""


@dataclass(frozen=True)
class PairSettings:
    """Where the pairs come from, and how far rhythm estimates err."""

    music: Path = Path("cache/music")
    dances: Path | None = Path("cache/dances")
    """Caches that `d2m prepare` made; one cache for both gives each dance its own music, and `None`
    none: nobody is in sight."""
    without: tuple[str, ...] = ()
    """Names of pieces of music to leave out, with `*` for any text (unclear licence, say)."""
    max_unsteadiness: float = 0.04
    phase_error: float = 0.03
    """Standard deviation in beats of the constant offset between dance beat and music beat."""
    no_motion: float = 0.1
    """Share of examples in which the motion is hidden, so that it can be missing."""
    no_visual: float = 0.3
    no_style: float = 0.1
    no_rhythm: float = 0.0
    """The same for the beat, which is read from the motion: a clock of its own stands instead."""
    no_sketch: float = 0.05
    no_drums: float = 0.1


class ConditionArrays(NamedTuple):
    """Arrays of the fields of `models.generator.Conditions`, in a batch or without its axis."""

    motion: FloatArray
    visual: FloatArray
    phase: NDArray[np.float64]
    confidence: FloatArray
    noise: FloatArray
    style: FloatArray
    drum_onsets: FloatArray | None
    """None without a sketch."""


class Batch(NamedTuple):
    """`B` dances with their music of `N` samples, or one without the axis `B`."""

    audio: FloatArray
    """`(B, N)`"""
    conditions: ConditionArrays
    sketch: FloatArray | None
    """`(B, N)` sound of the music's sketch; None without one."""


class Pairs:
    """Draws dances and their music from prepared caches."""

    def __init__(
        self,
        settings: PairSettings,
        visual: VisualSettings,
        split: str,
        seconds: float,
        seed: int,
        sketched: bool = False,
    ) -> None:
        """`sketched`: with the music's sketch.

        Raises `DataError` when the caches hold nothing for the split."""
        self.settings, self._seed, self._sketched = settings, seed, sketched
        segments = SegmentSettings(
            split=split,
            seconds=seconds,
            seed=seed,
            max_unsteadiness=settings.max_unsteadiness,
            without=settings.without,
            visual_channels=visual.channels,
            visual_rate=visual.rate,
            sketched=sketched,
        )
        self.dataset = _dataset(settings, segments)
        self.has_visual = self.dataset.has_visual
        self._pieces = [PieceFile(settings.music, entry) for entry in self.dataset.entries]
        self._style = lru_cache(STYLE_MEMORY)(self._style_of_window)

    def __getstate__(self) -> dict[str, Any]:
        """For a process that draws: all but the styles that are kept."""
        return {name: value for name, value in vars(self).items() if name != "_style"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._style = lru_cache(STYLE_MEMORY)(self._style_of_window)

    def draw(self, numbers: Iterable[int]) -> Batch:
        """These draws of the data set; each depends on the seed and its number alone."""
        examples = [self._example(number) for number in numbers]
        conditions = map(_stacked, zip(*(e.conditions for e in examples), strict=True))
        return Batch(
            np.stack([example.audio for example in examples]),
            ConditionArrays(*conditions),
            _stacked([example.sketch for example in examples]),
        )

    def phases(self, numbers: Iterable[int]) -> NDArray[np.float64]:
        """Beats `(B, T)` of the music of these draws, as they are."""
        return np.stack([self.dataset[number].phase for number in numbers])

    def _example(self, number: int) -> Batch:
        """One draw, without the axis `B`."""
        sample, settings = self.dataset[number], self.settings
        random = generator(self._seed, number, "pair")
        error = settings.phase_error * random.standard_normal()
        style = self._style_near(sample.segment, random)
        shares = (settings.no_motion, settings.no_visual, settings.no_style)
        motion, visual, style = (
            part * np.float32(random.random() >= share)
            for part, share in zip((sample.motion, sample.visual, style), shares, strict=True)
        )
        phase, confidence = sample.phase + error, sample.confidence
        seconds = len(phase) / MOTION_RATE
        noise = random.standard_normal(
            (NOISE_CHANNELS, int(seconds * NOISE_RATE) + 2), dtype=np.float32
        )
        if random.random() < settings.no_rhythm:
            phase = np.arange(len(phase)) * (CLOCK / MOTION_RATE)
            confidence = np.zeros_like(confidence)
        sketch, drum_onsets = self._sketch(sample.segment, seconds, random)
        conditions = ConditionArrays(
            motion=motion,
            visual=visual,
            phase=phase,
            confidence=confidence,
            noise=noise,
            style=style,
            drum_onsets=drum_onsets,
        )
        return Batch(sample.audio, conditions, sketch)

    def _sketch(
        self, segment: Segment, seconds: float, random: np.random.Generator
    ) -> tuple[FloatArray | None, FloatArray | None]:
        """Sound `(N,)` of a segment's sketch and curves `(BANDS, T_h)` of its drum onsets."""
        if not self._sketched:
            return None, None
        draws = random.random(2)
        shown = (
            bool(draws[0] >= self.settings.no_sketch),
            bool(draws[1] >= self.settings.no_drums),
        )
        start = segment.begin / MOTION_RATE
        return segment_sketch(self._pieces[segment.piece], start, seconds, random, shown)

    def _style_near(self, segment: Segment, random: np.random.Generator) -> FloatArray:
        """Style of a random window of the track, if possible not the one of the segment."""
        windows = windows_in(self.dataset.entries[segment.piece].seconds)
        own = int(segment.begin / MOTION_RATE // STYLE_SECONDS)
        others = [window for window in range(windows) if window != own] or [0]
        return self._style(segment.piece, int(random.choice(others)))

    def _style_of_window(self, piece: int, window: int) -> FloatArray:
        return style_of_window(self._pieces[piece], window)


def _dataset(
    settings: PairSettings, segments: SegmentSettings
) -> SegmentDataset | PairDataset | MusicAlone:
    if settings.dances is None:
        return MusicAlone(settings.music, segments)
    if settings.music == settings.dances:
        return SegmentDataset(settings.dances, segments)
    return PairDataset(settings.music, settings.dances, segments)


def _stacked(parts: Sequence[Any]) -> Any:
    """Arrays as one with the axis `B` before theirs; None where there are none."""
    return None if parts[0] is None else np.stack(parts)
