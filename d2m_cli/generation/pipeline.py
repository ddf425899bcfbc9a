"""The whole path: video, frames, motion and visual features, VQ latents, codes, audio, video."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from d2m_cli.analysis.fan_out import share_frames
from d2m_cli.analysis.thumbnails import Strip
from d2m_cli.bundles.bundle import Bundle, load_bundle
from d2m_cli.device import choose_device
from d2m_cli.errors import BundleError
from d2m_cli.features.i3d import I3DExtractor, VisualSettings
from d2m_cli.features.motion import motion_from_landmarks
from d2m_cli.features.pose import STRIDE, PoseEstimator
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.features.style import style_vector
from d2m_cli.generation.level_model import LevelModel
from d2m_cli.ingest.sound import load_sound
from d2m_cli.ingest.video import probe, read_frames
from d2m_cli.models.i3d import InceptionI3d
from d2m_cli.output.audio import level_loudness, write_wav
from d2m_cli.output.denoise import denoise
from d2m_cli.output.mux import mux
from d2m_cli.progress import Progress, Step, counted, silent, timed
from d2m_cli.sketch.rules import STYLE_RULES, StyleRules
from d2m_cli.spec import FRAME_RATE, SAMPLE_RATE, Level, Quality
from d2m_cli.types import Clip, Codes, Dance, FloatArray, Style, Track

ARCHITECTURE = "d2m"

MIN_DRUM_LEVEL_FOR_DEFAULT_STYLE = 0.5
"""Strength of the drums from which on a style is picked for a dance unasked."""


class Dance2Music:
    """The networks of one bundle, ready to give dance videos their music."""

    def __init__(self, bundle: Bundle, device: torch.device) -> None:
        self.bundle = bundle
        self.device = device
        self._scratch = tempfile.TemporaryDirectory(prefix="d2m-")
        self._load(bundle.settings)

    def _load(self, settings: dict[str, Any]) -> None:
        if self.bundle.config["architecture"] != ARCHITECTURE:
            raise BundleError(
                f"The bundle '{self.bundle.config['name']}' is no whole model of this project but "
                f"'{self.bundle.config['architecture']}': leave out --bundle, or name another."
            )
        self.visual_settings = VisualSettings(**settings["visual"])
        self.i3d = InceptionI3d(width=self.visual_settings.width)
        self.bundle.load_into(self.i3d, "i3d.safetensors")
        self.i3d.to(self.device)
        self.styles = self.bundle.tensors("styles.safetensors")
        self.levels = [Level(name) for name in settings["generators"]]
        self._level_models: dict[Level, LevelModel] = {}

    @classmethod
    def from_bundle(
        cls, name_or_folder: str | Path | None = None, device: str = "auto"
    ) -> Dance2Music:
        """Load a bundle by name or folder; None takes the one embedded in the project.

        Raises `BundleError` for an unknown or damaged bundle, `D2MError` for a missing device.
        """
        return cls(load_bundle(name_or_folder), choose_device(device))

    def generate(
        self,
        video: str | Path,
        level: Level = Level.LOW,
        *,
        style: str | None = None,
        style_audio: str | Path | None = None,
        tempo: float | None = None,
        beat_offset: float | None = None,
        seed: int = 0,
        start: float = 0.0,
        end: float | None = None,
        quality: Quality = Quality.NORMAL,
        denoised: bool = True,
        progress: Progress = silent,
    ) -> Track:
        """New music for `video`, or for the part between `start` and `end` seconds.

        `style` is one of the bundle's names and `style_audio` a piece of music to sound like; with
        neither, dance and seed pick one that has drums. `tempo` (beats per minute) and
        `beat_offset` (seconds of the first beat) override what is read from the dance. A higher
        `quality` takes longer. The same seed gives the same music.

        Raises `InputError` for a video that cannot be used, `NoDancerError` when it shows nobody,
        `BundleError` for a level or a style that the bundle does not have.
        """
        self.require_level(level)
        clip = probe(Path(video), start, end)
        wished = style is not None or style_audio is not None
        chosen = self.choose_style(style, style_audio, seed) if wished else None
        timings: dict[str, float] = {}
        with timed(timings, Step.ANALYZE):
            dance = self.analyze(clip, tempo=tempo, beat_offset=beat_offset, progress=progress)
        chosen = chosen or self.choose_style(None, None, seed, dance.rhythm.bpm)
        music = self.render(
            dance,
            level,
            chosen,
            seed,
            quality=quality,
            denoised=denoised,
            progress=progress,
            timings=timings,
        )
        return Track(music, dance.seconds, level, chosen.name, seed, clip, dance, timings)

    def render(
        self,
        dance: Dance,
        level: Level,
        style: Style,
        seed: int,
        *,
        quality: Quality = Quality.NORMAL,
        denoised: bool = True,
        progress: Progress = silent,
        timings: dict[str, float] | None = None,
    ) -> Path:
        """WAV file with the finished music of a dance that was watched before.

        `style` is one of `choose_style`; `timings` takes the seconds spent in each stage.
        """
        timings = {} if timings is None else timings
        with timed(timings, Step.COMPOSE):
            codes = self.sample_codes(dance, level, style, seed, progress, quality)
        folder = Path(tempfile.mkdtemp(dir=self._scratch.name))
        raw, clean, final = (folder / f"{name}.wav" for name in ("raw", "clean", "music"))
        with timed(timings, Step.DECODE):
            write_wav(raw, self.decode(codes, dance.seconds, progress))
        with timed(timings, Step.POSTPROCESS):
            if denoised:
                denoise(raw, clean, lambda done, total: progress(Step.POSTPROCESS, done, total))
            level_loudness(clean if denoised else raw, final)
        for path in (raw, clean):
            path.unlink(missing_ok=True)
        return final

    def analyze(
        self,
        clip: Clip,
        *,
        tempo: float | None = None,
        beat_offset: float | None = None,
        progress: Progress = silent,
    ) -> Dance:
        """Decode the clip once and read motion, visual features and rhythm from its pictures."""
        total = clip.seconds * FRAME_RATE
        visual = I3DExtractor(self.visual_settings, self.i3d_features)
        strip = Strip(round(total))

        with PoseEstimator(FRAME_RATE, STRIDE) as pose:
            frames = counted(read_frames(clip, FRAME_RATE), total, progress)
            share_frames(frames, pose.add, visual.add, strip.add)
            motion = motion_from_landmarks(pose.landmarks())
        rhythm = estimate_rhythm(motion, bpm=tempo, beat_offset=beat_offset)
        return Dance(motion, visual.visual(), rhythm, clip.seconds, strip.pictures())

    def choose_style(
        self, name: str | None, audio: str | Path | None, seed: int, tempo: float = 0.0
    ) -> Style:
        """The style that is wished for; without a wish seed and `tempo` pick one with drums.

        So dances of unlike tempo get unlike music, and the same dance the same again. Raises
        `BundleError` for an unknown name.
        """
        if audio is not None:
            samples = load_sound(Path(audio), SAMPLE_RATE)
            return Style(Path(audio).name, style_vector(samples))
        draw = np.random.default_rng((seed, round(tempo)))
        known = sorted(self.styles)
        if name is None:
            fit = [
                style
                for style in known
                if STYLE_RULES.get(style, StyleRules()).drums >= MIN_DRUM_LEVEL_FOR_DEFAULT_STYLE
            ]
            name = str(draw.choice(fit or known))
        if name not in known:
            raise BundleError(f"Unknown style '{name}': this bundle knows {', '.join(known)}.")
        rows = self.styles[name].numpy()
        return Style(name, rows[draw.integers(len(rows))])

    def sample_codes(
        self,
        dance: Dance,
        level: Level,
        style: Style,
        seed: int,
        progress: Progress = silent,
        quality: Quality = Quality.NORMAL,
    ) -> Codes:
        """Codes of the music for a dance: generator windows, each looked up in the codebook."""
        indices = np.empty(-(-round(dance.seconds * SAMPLE_RATE) // level.hop), np.int64)
        done = 0
        # Kept in one array: tensors of single windows, kept in between, would break up the heap.
        for codes in self.level_model(level).sample_codes(
            dance,
            style,
            seed,
            quality.passes,
            lambda share: progress(Step.COMPOSE, share * len(indices), len(indices)),
        ):
            indices[done : done + len(codes)] = codes.cpu().numpy()
            done += len(codes)
        return Codes(indices, level)

    def decode(
        self, codes: Codes, seconds: float, progress: Progress = silent
    ) -> Iterator[FloatArray]:
        """Audio of codes, in pieces that together last exactly `seconds`."""
        done = 0
        for piece in self.level_model(codes.level).decode(codes, seconds):
            done += len(piece)
            progress(Step.DECODE, done, round(seconds * SAMPLE_RATE))
            yield piece

    def save(self, track: Track, out: str | Path, mix: float = 0.0) -> None:
        """Write the track's video with its new music; `mix` keeps that share of the old sound.

        Raises `OutputError` when the file cannot be written or its container does not fit.
        """
        mux(track.clip, track.path, Path(out), mix=mix)

    def require_level(self, level: Level) -> None:
        """Raise `BundleError` where the bundle does not have `level`."""
        if level not in self.levels:
            raise BundleError(
                f"The bundle '{self.bundle.config['name']}' has no {level} level: "
                f"choose --level {' or '.join(self.levels)}."
            )

    def level_model(self, level: Level) -> LevelModel:
        """Generator and codec of a level, loaded when first asked for."""
        if level not in self._level_models:
            self.require_level(level)
            self._level_models[level] = LevelModel(self.bundle, level, self.device)
        return self._level_models[level]

    def i3d_features(self, windows: Tensor) -> Tensor:
        """I3D vectors of picture windows, as `features.i3d.I3DExtractor` asks for them."""
        with torch.inference_mode():
            return self.i3d.features(windows.to(self.device)).cpu()
