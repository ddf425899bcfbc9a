"""Training segments as arrays, from one cache (a dance with its music) or from two."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.data.cache.manifest import CachedPiece, read_manifest
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.cache.sketches import HOLDS as SKETCH
from d2m_cli.data.pairs.augment import STRAIGHT, Augmentation, degrade, film, mirror_picture
from d2m_cli.data.pairs.retime import beats_per_beat, first_beats, source_times, warp
from d2m_cli.data.pairs.segments import Segment, SegmentTable, generator
from d2m_cli.errors import DataError
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.motion import JOINTS, joint_positions, motion_from_positions
from d2m_cli.pcm import to_float
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE, SEGMENT_SECONDS
from d2m_cli.types import BoolArray, FloatArray, Motion

Array = NDArray[Any]


class Sample(NamedTuple):
    """A dance with music: `T` steps at `MOTION_RATE`, `N` samples at `SAMPLE_RATE`."""

    motion: FloatArray
    """`(53, T)`, see `features.motion`."""
    visual: FloatArray
    """`(C_v, T_v)` I3D vectors at the settings' rate; zeros when the dance has none."""
    audio: FloatArray
    """`(N,)` music, -1..1."""
    phase: NDArray[np.float64]
    """`(T,)` beats of the music."""
    confidence: FloatArray
    """`(T,)` 0..1, how clear the music's beat is."""
    segment: Segment
    """The stretch of music."""


class MusicOfSegment(NamedTuple):
    """The part of a `Sample` that comes from the music; the letters are the same."""

    audio: FloatArray
    phase: NDArray[np.float64]
    confidence: FloatArray


@dataclass(frozen=True)
class SegmentSettings:
    """Which segments are drawn, and what is done to them."""

    split: str = "train"
    seconds: float = SEGMENT_SECONDS
    seed: int = 0
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    """`None` shows every dance as it is, from the front."""
    max_unsteadiness: float = 0.1
    """Music whose beats wander more (see `CachedPiece.steadiness`) is left out."""
    without: tuple[str, ...] = ()
    """Names of pieces to leave out, with `*` for any text (unclear licence, say)."""
    sketched: bool = False
    """Only music that holds its sketch."""
    visual_channels: int = VisualSettings().channels
    visual_rate: float = VisualSettings().rate
    """Size `C_v` and rate (1/s) of the visual vectors."""


class SegmentDataset:
    """Segments of dances with their own music.

    `dataset[d]` is draw `d` (`segments.SegmentTable`); draws never end, `len` is one epoch.
    """

    def __init__(self, cache: Path, settings: SegmentSettings) -> None:
        """Raises `DataError` when the cache holds no dance with music for the settings."""
        self.entries = select(cache, settings, ("motion", *music_holds(settings)))
        self._music = [PieceFile(cache, entry) for entry in self.entries]
        self._dances = [DanceReader(cache, entry, settings) for entry in self.entries]
        self.has_visual = any("visual" in entry.holds for entry in self.entries)
        """Whether any dance has visual vectors."""
        self._table = SegmentTable(self.entries, settings.seconds, settings.seed)
        self._seed = settings.seed

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, number: int) -> Sample:
        segment = self._table.draw(number)
        times = (segment.begin + np.arange(self._table.steps)) / MOTION_RATE
        rng = generator(self._seed, number, "view")
        motion, visual = self._dances[segment.piece].at(times, rng)
        music = music_of_segment(self._music[segment.piece], segment, self._table.steps)
        return Sample(motion, visual, *music, segment)


class PairDataset:
    """Music without dance, each segment with a dance warped onto its beats.

    The dance is drawn among those whose tempo allows it (`retime.MAX_RATIO`), at any of its beats.
    """

    def __init__(self, music: Path, dances: Path, settings: SegmentSettings) -> None:
        """Raises `DataError` when a cache holds nothing for the settings, or no tempos match."""
        chosen = select(dances, settings, ("motion", "beats"))
        self._dances = [DanceReader(dances, entry, settings) for entry in chosen]
        self.has_visual = any("visual" in entry.holds for entry in chosen)
        """Whether any dance has visual vectors."""
        entries = select(music, settings, ("beats", *music_holds(settings)))
        partners = {entry: self._find_partners(entry) for entry in entries}
        self.entries = [entry for entry in entries if partners[entry]]
        if not self.entries:
            raise DataError(f"No dance of {dances} has a tempo near any music of {music}.")
        self._partners = [partners[entry] for entry in self.entries]
        self._music = [PieceFile(music, entry) for entry in self.entries]
        self._table = SegmentTable(self.entries, settings.seconds, settings.seed)
        self._seed = settings.seed

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, number: int) -> Sample:
        segment = self._table.draw(number)
        music = music_of_segment(self._music[segment.piece], segment, self._table.steps)
        rng = generator(self._seed, number, "view")
        dance, times = self._match(segment.piece, music.phase, rng)
        motion, visual = dance.at(times, rng)
        return Sample(motion, visual, *music, segment)

    def _find_partners(self, music: CachedPiece) -> list[tuple["DanceReader", float]]:
        """Dances whose tempo allows `music`, with their beats per beat of the music."""
        ratios = [(d, beats_per_beat(d.entry.bpm or 0.0, music.bpm or 0.0)) for d in self._dances]
        return [(dance, multiple) for dance, multiple in ratios if multiple is not None]

    def _match(self, piece: int, phase: Array, rng: Generator) -> tuple["DanceReader", Array]:
        """A dance and the times in it that belong to the steps of `phase` `(T,)` of a piece."""
        partners = self._partners[piece]
        for place in rng.permutation(len(partners)):
            dance, multiple = partners[place]
            starts = first_beats(phase, dance.beats, multiple)
            if starts:
                first = starts[int(rng.integers(len(starts)))]
                return dance, source_times(phase, dance.beats, first, multiple)
        raise DataError("No dance is as long as the segment: use shorter segments.")


class DanceReader:
    """One dance, read at any times and seen by any camera.

    It is held in memory: its movement is small, and a warp needs any part of it.
    """

    def __init__(self, cache: Path, entry: CachedPiece, settings: SegmentSettings) -> None:
        """Raises `DataError` when the visual vectors have another size than the settings."""
        file = PieceFile(cache, entry)
        self.entry = entry
        self.beats: Array = np.zeros(0)
        if "beats" in entry.holds:
            self.beats = file.whole("beats").astype(np.float64)
        self._settings = settings
        self._shown = file.whole("joints" if "joints" in entry.holds else "motion")
        self._found = file.whole("found")
        self._visual = file.whole("visual") if "visual" in entry.holds else None
        if self._visual is not None and len(self._visual) != settings.visual_channels:
            raise DataError(
                f"{cache} has visual vectors of {len(self._visual)} numbers, training expects "
                f"{settings.visual_channels}: prepare it with the same visual encoder."
            )

    def at(self, times: Array, rng: Generator) -> tuple[FloatArray, FloatArray]:
        """Motion `(53, T)` and visual vectors `(C_v, T_v)` at `times` `(T,)` in seconds.

        `T` steps at `MOTION_RATE` of the segment.
        """
        found = warp(self._found.astype(np.float64), times, MOTION_RATE) > 0.5
        shown = warp(self._shown, times, MOTION_RATE)
        motion = view(shown, found, self._settings.augmentation, rng)
        return motion.features, self._visual_at(times).astype(np.float32)

    def _visual_at(self, times: Array) -> Array:
        rate, seconds = self._settings.visual_rate, len(times) / MOTION_RATE
        count = math.ceil(seconds * rate)
        if self._visual is None or self.entry.visual_rate is None:
            return np.zeros((self._settings.visual_channels, count))
        places = warp(times, np.arange(count) / rate, MOTION_RATE)
        return warp(self._visual, places, self.entry.visual_rate)


def view(
    shown: Array, found: BoolArray, augmentation: Augmentation | None, rng: Generator
) -> Motion:
    """Motion of a stretch of `joints` `(17, 3, T)` or `motion` `(53, T)`, augmented."""
    positions: Array
    if shown.ndim == 3:
        positions, visibility = film(shown.transpose(2, 0, 1), augmentation or STRAIGHT, rng)
    else:
        motion = Motion(np.asarray(shown, np.float32), found, MOTION_RATE)
        positions = joint_positions(motion).astype(np.float64)
        visibility = shown[2 * len(JOINTS) : 3 * len(JOINTS)].T
        if augmentation is not None:
            positions, visibility = mirror_picture(positions, visibility, augmentation, rng)
    if augmentation is None:
        return motion_from_positions(positions, visibility, found)
    return degrade(positions, visibility, found, augmentation, rng)


def music_of_segment(file: PieceFile, segment: Segment, steps: int) -> MusicOfSegment:
    """Music of the `steps` of a segment, read from its piece."""
    begin, end = segment.begin, segment.begin + steps
    first = round(begin * SAMPLE_RATE / MOTION_RATE)
    count = round(steps * SAMPLE_RATE / MOTION_RATE)
    curves = dict.fromkeys(("phase", "confidence"), (begin, end))
    found = file.slices({"audio": (first, first + count), **curves})
    phase = found["phase"].astype(np.float64)
    return MusicOfSegment(to_float(found["audio"]), phase, found["confidence"])


def music_holds(settings: SegmentSettings) -> tuple[str, ...]:
    """Arrays that a piece of music must have."""
    return ("audio", *SKETCH) if settings.sketched else ("audio",)


def select(cache: Path, settings: SegmentSettings, holds: Sequence[str]) -> list[CachedPiece]:
    """Entries of a cache in the split that hold the named arrays and are steady and long enough.

    Raises `DataError` when none is left.
    """
    entries = [
        entry
        for entry in read_manifest(cache).entries
        if entry.split == settings.split
        and set(holds) <= set(entry.holds)
        and entry.seconds >= settings.seconds
        and (entry.steadiness is None or entry.steadiness <= settings.max_unsteadiness)
        and not any(fnmatchcase(entry.name, pattern) for pattern in settings.without)
    ]
    if not entries:
        raise DataError(
            f"{cache} has no piece for '{settings.split}' that holds {', '.join(holds)}, is at "
            f"least {settings.seconds:g} s long and whose beat intervals differ by no more than "
            f"{settings.max_unsteadiness:.0%} (max_unsteadiness)."
        )
    return entries
