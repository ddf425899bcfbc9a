"""The straight path from a video to its new music: analyze, compose, decode, postprocess."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from d2m_cli.data.sources.piece import is_motion
from d2m_cli.errors import BundleError, InputError
from d2m_cli.features.pose.doors import MAIN, Door
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.generation.edges import with_edges
from d2m_cli.generation.maker import TEMPO_RANGE, Maker, require_quality
from d2m_cli.generation.open import open_maker
from d2m_cli.generation.track import Track
from d2m_cli.ingest.probe import probe
from d2m_cli.memory import give_back
from d2m_cli.official import FlowMethod
from d2m_cli.output.audio import Delivery, level_loudness, write_wav
from d2m_cli.output.denoise import denoise
from d2m_cli.output.places import scratch_folder
from d2m_cli.progress import Progress, Step, silent, timed
from d2m_cli.spec import Level, RenderQuality
from d2m_cli.types import Analysis, Clip


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
            motion: file of the dance's motion, which is then not looked for in the video.
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
        dancer: str | int = MAIN,
        pose: Door | str | None = None,
        quality: RenderQuality | str = RenderQuality.NORMAL,
        denoised: bool | None = None,
        progress: Progress = silent,
    ) -> Track:
        """New music for a video: `analyze`, then `compose`. Wrong values are refused at once.

        Args:
            video: a file that ffmpeg reads, or motion alone (`docs/data.md`).
            level: "low" (finer sound) or "high" (coarser codes, faster).
            style: one of `styles`, in any case; by default the dance's tempo picks one with drums.
            style_audio: a piece of music to take the style from instead.
            tempo: beats per minute (40 to 240) instead of the dance's own.
            beat_offset: seconds from the start to a beat, instead of the dance's own.
            seed: another seed gives another piece, the same one the same piece again.
            start: seconds at which the part of the video begins.
            end: seconds at which it ends; None: with the video.
            dancer: main (who moves most), left, right, or a number from the left, from 1 on.
            pose: litert or mediapipe, which follows one person; None: the faster that is there.
            quality: draft, normal or best: the codes are drawn in 1, 4 or 12 passes.
            denoised: gate noise out of the music; None: for the authors' released models alone.
            progress: called with a step's name, how much is done, and how much there is to do.

        Raises:
            InputError: the video cannot be used or shows nobody, or a value is out of its range.
            D2MError: the pose cannot be estimated in that way here.
            BundleError: the bundle does not have the level or the style.
        """
        level, quality = self.require_level(level), require_quality(quality)
        self.require_tempo(tempo, beat_offset)
        chosen = self.choose_style(style, style_audio, seed)
        self.maker.prepare(level)
        analysis = self.analyze(
            video, start=start, end=end, dancer=dancer, pose=pose, progress=progress
        )
        return self.compose(
            analysis,
            level,
            style=chosen,
            tempo=tempo,
            beat_offset=beat_offset,
            seed=seed,
            quality=quality,
            denoised=denoised,
            progress=progress,
        )

    def analyze(
        self,
        video: str | Path | Clip,
        *,
        start: float = 0.0,
        end: float | None = None,
        dancer: str | int = MAIN,
        pose: Door | str | None = None,
        progress: Progress = silent,
    ) -> Analysis:
        """The dance in a video, decoded once; `compose` makes as many pieces for it as are wished.

        Args and errors as in `generate`; a clip that is probed has its own start and end."""
        options, begin = PoseOptions.of(pose, dancer), perf_counter()
        path = video.path if isinstance(video, Clip) else Path(video)
        if is_motion(path):
            moved = self.maker.read_motion(path, start, end)
            return Analysis(moved, elapsed=perf_counter() - begin)
        clip = video if isinstance(video, Clip) else probe(path, start, end)
        dance, thumbnails = self.maker.analyze(clip, options, progress)
        give_back()
        return Analysis(dance, clip, thumbnails, perf_counter() - begin)

    def compose(
        self,
        analysis: Analysis,
        level: Level | str = Level.LOW,
        *,
        style: Any = None,
        tempo: float | None = None,
        beat_offset: float | None = None,
        seed: int = 0,
        quality: RenderQuality | str = RenderQuality.NORMAL,
        denoised: bool | None = None,
        delivery: Delivery = Delivery(),
        progress: Progress = silent,
    ) -> Track:
        """New music for a dance that `analyze` gave.

        Args and errors as in `generate`, but that `style` may also be what `choose_style` gave, and
        `delivery` says how loud the music is and how it begins and ends.
        """
        level, quality = self.require_level(level), require_quality(quality)
        self.require_tempo(tempo, beat_offset)
        if style is None or isinstance(style, str):
            style = self.choose_style(style, seed=seed)
        dance = analysis.dance
        style = style or self.maker.pick_style(dance, seed)
        if tempo is not None or beat_offset is not None:
            from d2m_cli.features.events import dance_events
            from d2m_cli.features.rhythm import estimate_rhythm

            rhythm = estimate_rhythm(dance.motion, tempo, beat_offset)
            dance = replace(dance, rhythm=rhythm, events=dance_events(dance.motion, rhythm))
        timings: dict[str, float] = {Step.ANALYZE: analysis.elapsed}
        with timed(timings, Step.COMPOSE):
            codes = self.maker.sample_codes(dance, level, style, seed, progress, quality)
        give_back()
        folder = scratch_folder()
        raw, clean, final = (Path(folder.name) / f"{n}.wav" for n in ("raw", "clean", "music"))
        with timed(timings, Step.DECODE):
            sound = self.maker.decode(codes, dance.seconds, progress)
            write_wav(raw, with_edges(sound, dance) if self.maker.follows_tempo else sound)
        with timed(timings, Step.POSTPROCESS):
            if self.maker.denoised if denoised is None else denoised:
                denoise(raw, clean, progress)
            level_loudness(clean if clean.exists() else raw, final, delivery)
        for path in (raw, clean):
            path.unlink(missing_ok=True)
        words = self.maker.arrangement(dance, level, style, seed)
        grid = dance.rhythm
        return Track(
            final, level, style.name, seed, analysis, grid, words, style.why, timings, folder
        )

    def require_level(self, level: Level | str) -> Level:
        """The level, where the bundle has it.

        Raises `InputError` for a word that is no level, `BundleError` where the bundle lacks it.
        """
        if level not in [str(one) for one in Level]:
            raise InputError(f"Unknown level '{level}': choose {' or '.join(Level)}.")
        if level not in self.levels:
            raise BundleError(
                f"The bundle '{self.maker.bundle.name}' has no {level} level: "
                f"choose {' or '.join(self.levels)}."
            )
        return Level(level)

    def require_tempo(self, tempo: float | None, beat_offset: float | None) -> None:
        """Raise `InputError` where music cannot follow the tempo or the beat that is asked for."""
        if tempo is not None or beat_offset is not None:
            self.require_follows_tempo()
        low, high = TEMPO_RANGE
        if tempo is not None and not low <= tempo <= high:
            raise InputError(f"Tempo {tempo:g} is not in {low:g} to {high:g} beats per minute.")

    def require_follows_tempo(self) -> None:
        """Raise `InputError` for a model whose music has a tempo of its own."""
        if not self.maker.follows_tempo:
            raise InputError("The released models follow no tempo: omit tempo and beat offset.")

    def choose_style(
        self, name: str | None = None, audio: str | Path | None = None, seed: int = 0
    ) -> Any:
        """A style for `compose`, by name or of a piece of music; None without a wish.

        The seed picks one of several pieces of music that stand for a named style. Raises
        `BundleError` for an unknown name, `InputError` for music that cannot be read.
        """
        if seed < 0:
            raise InputError(f"Seed {seed} is negative: give 0 or more.")
        if name is not None and audio is not None:
            raise InputError("Give a style, or a piece of music to take it from, but not both.")
        if name is None and audio is None:
            return None
        return self.maker.choose_style(name, None if audio is None else Path(audio), seed)
