"""The straight path from a video to its new music: analyze, compose, decode, postprocess."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from d2m_cli.errors import BundleError, InputError
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.generation.maker import Maker
from d2m_cli.generation.open import open_maker
from d2m_cli.generation.track import Track
from d2m_cli.ingest.probe import probe
from d2m_cli.official import FlowMethod
from d2m_cli.output.audio import level_loudness, write_wav
from d2m_cli.output.denoise import denoise
from d2m_cli.output.places import scratch_folder
from d2m_cli.progress import Progress, Step, silent, timed
from d2m_cli.spec import Level
from d2m_cli.types import Analysis

TEMPO_RANGE = (40.0, 240.0)
"""Beats per minute that can be asked for."""


class Dance2Music:
    """A bundle, ready to give dance videos their music."""

    def __init__(self, maker: Maker[Any, Any]) -> None:
        self.maker = maker
        """The bundle's networks."""

    def __repr__(self) -> str:
        bundle, levels = self.maker.bundle, ", ".join(self.levels)
        return f"Dance2Music('{bundle.name}', levels: {levels}, {len(self.styles)} styles)"

    @classmethod
    def from_bundle(
        cls,
        name_or_folder: str | Path | None = None,
        device: str = "auto",
        *,
        motion: Path | None = None,
        flow: FlowMethod = FlowMethod.TVL1,
    ) -> Dance2Music:
        """Open a bundle.

        Args:
            name_or_folder: of the bundle; None takes the one embedded in the project.
            device: auto, cpu, cuda or mps.
            motion: AIST++ motion file of the dance, for the bundle aist-official alone.
            flow: how optical flow is estimated, for the authors' released models alone.

        Raises:
            BundleError: the bundle is unknown or damaged, or makes no music.
            InputError: the motion file is missing or not of use.
            D2MError: this machine does not have the device.
        """
        return cls(open_maker(name_or_folder, device, motion, flow))

    @property
    def levels(self) -> list[Level]:
        """Levels that the bundle has."""
        return self.maker.levels

    @property
    def styles(self) -> list[str]:
        """Names of the bundle's styles, sorted."""
        return list(self.maker.style_names)

    def generate(
        self,
        video: str | Path,
        level: Level | str = Level.LOW,
        *,
        style: str | None = None,
        style_audio: str | Path | None = None,
        tempo: float | None = None,
        beat_offset: float | None = None,
        seed: int = 0,
        start: float = 0.0,
        end: float | None = None,
        denoised: bool = True,
        progress: Progress = silent,
    ) -> Track:
        """New music for a video: `analyze`, then `compose`. Wrong values are refused at once.

        Args:
            video: a file that ffmpeg reads.
            level: "low" (finer sound) or "high" (coarser codes, faster).
            style: one of `styles`, in any case; by default the dance's tempo picks one with drums.
            style_audio: a piece of music to take the style from instead.
            tempo: beats per minute (40 to 240) instead of the dance's own.
            beat_offset: seconds from the start to a beat, instead of the dance's own.
            seed: another seed gives another piece, the same one the same piece again.
            start: seconds at which the part of the video begins.
            end: seconds at which it ends; None: with the video.
            denoised: remove noise from the generated music.
            progress: called with a step's name, how much is done, and how much there is to do.

        Raises:
            InputError: the video cannot be used, or a value is out of its range.
            NoDancerError: the video shows nobody.
            BundleError: the bundle does not have the level or the style.
        """
        wish = self._wish(level, style, style_audio, tempo, beat_offset, seed)
        analysis = self.analyze(video, start=start, end=end, progress=progress)
        return self._compose(analysis, wish, denoised, progress)

    def analyze(
        self,
        video: str | Path,
        *,
        start: float = 0.0,
        end: float | None = None,
        progress: Progress = silent,
    ) -> Analysis:
        """The dance in a video, decoded once; `compose` makes as many pieces for it as are wished.

        Args and errors as in `generate`.
        """
        clip = probe(Path(video), start, end)
        begin = perf_counter()
        dance, thumbnails = self.maker.analyze(clip, progress)
        return Analysis(dance, clip, thumbnails, perf_counter() - begin)

    def compose(
        self,
        analysis: Analysis,
        level: Level | str = Level.LOW,
        *,
        style: str | None = None,
        style_audio: str | Path | None = None,
        tempo: float | None = None,
        beat_offset: float | None = None,
        seed: int = 0,
        denoised: bool = True,
        progress: Progress = silent,
    ) -> Track:
        """New music for a dance that `analyze` gave. Args and errors as in `generate`."""
        wish = self._wish(level, style, style_audio, tempo, beat_offset, seed)
        return self._compose(analysis, wish, denoised, progress)

    def check(
        self,
        level: Level | str = Level.LOW,
        *,
        style: str | None = None,
        style_audio: str | Path | None = None,
        tempo: float | None = None,
        beat_offset: float | None = None,
        seed: int = 0,
    ) -> None:
        """Refuse wrong values before a dance is analyzed. Args and errors as in `generate`."""
        self._wish(level, style, style_audio, tempo, beat_offset, seed)

    def _compose(
        self, analysis: Analysis, wish: _Wish, denoised: bool, progress: Progress
    ) -> Track:
        dance, seed = analysis.dance, wish.seed
        style = wish.style or self.maker.pick_style(dance, seed)
        if wish.tempo is not None or wish.beat_offset is not None:
            rhythm = estimate_rhythm(dance.motion, wish.tempo, wish.beat_offset)
            dance = replace(dance, rhythm=rhythm)
        timings: dict[str, float] = {Step.ANALYZE: analysis.elapsed}
        with timed(timings, Step.COMPOSE):
            codes = self.maker.sample_codes(dance, wish.level, style, seed, progress)
        folder = scratch_folder()
        raw, clean, final = (Path(folder.name) / f"{n}.wav" for n in ("raw", "clean", "music"))
        with timed(timings, Step.DECODE):
            write_wav(raw, self.maker.decode(codes, dance.seconds, progress))
        with timed(timings, Step.POSTPROCESS):
            if denoised:
                denoise(raw, clean, lambda done, total: progress(Step.POSTPROCESS, done, total))
            level_loudness(clean if denoised else raw, final)
        for path in (raw, clean):
            path.unlink(missing_ok=True)
        return Track(final, wish.level, style.name, seed, analysis, dance.rhythm, timings, folder)

    def _wish(
        self,
        level: Level | str,
        style: str | None,
        audio: str | Path | None,
        tempo: float | None,
        beat_offset: float | None,
        seed: int,
    ) -> _Wish:
        """What is asked for, if the bundle can make it."""
        known = [str(one) for one in Level]
        if level not in known:
            raise InputError(f"Unknown level '{level}': choose {' or '.join(known)}.")
        if level not in self.levels:
            raise BundleError(
                f"The bundle '{self.maker.bundle.name}' has no {level} level: "
                f"choose {' or '.join(self.levels)}."
            )
        if (tempo is not None or beat_offset is not None) and not self.maker.follows_tempo:
            raise InputError("The released models follow no tempo: omit tempo and beat offset.")
        low, high = TEMPO_RANGE
        if tempo is not None and not low <= tempo <= high:
            raise InputError(f"Tempo {tempo:g} is not in {low:g} to {high:g} beats per minute.")
        if seed < 0:
            raise InputError(f"Seed {seed} is negative: give 0 or more.")
        if style is not None and audio is not None:
            raise InputError("Give a style, or a piece of music to take it from, but not both.")
        chosen = None
        if style is not None or audio is not None:
            chosen = self.maker.choose_style(style, None if audio is None else Path(audio), seed)
        return _Wish(Level(level), chosen, tempo, beat_offset, seed)


@dataclass(frozen=True)
class _Wish:
    """What is asked for, checked."""

    level: Level
    style: Any
    """Of the maker's kind; None: picked for the dance."""
    tempo: float | None
    beat_offset: float | None
    seed: int
