"""The networks of a bundle of this project: a dance, its sketch, VQ latents, codes, sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from d2m_cli import ahead
from d2m_cli.analysis.apart import read_video_apart
from d2m_cli.bundles.bundle import Bundle
from d2m_cli.bundles.contents import require_composer
from d2m_cli.bundles.styles import read_styles
from d2m_cli.device import choose_device
from d2m_cli.errors import InputError
from d2m_cli.features.events import dance_events
from d2m_cli.features.i3d import I3DExtractor, VisualSettings
from d2m_cli.features.motion import joint_positions, joint_speed, motion_from_landmarks
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.generation.styles import (
    Style,
    named_style,
    style_for_dance,
    style_from_audio,
    why_for_dance,
)
from d2m_cli.progress import Progress, Step, silent
from d2m_cli.side_by_side import on_one_core
from d2m_cli.sketch.arrangement import Arrangement
from d2m_cli.spec import SAMPLE_RATE, Composing, Level, RenderQuality
from d2m_cli.types import Clip, Codes, Dance, FloatArray, FrameArray

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from d2m_cli.generation.level_model import LevelModel
    from d2m_cli.models.i3d import InceptionI3d

ARCHITECTURE = "d2m"

_MISSING = 0.2
"""Seconds that a motion may end before its video."""

_NO_PICTURE = np.full((1, 120, 68, 3), 255, np.uint8)
"""Thumbnails of a video that was not looked at."""


class D2MMaker:
    """A `Maker` of architecture "d2m".

    Its networks, and torch itself, are loaded when they are asked for, or beside other work once
    `prepare` is called.
    """

    follows_tempo = True
    denoised = False

    def __init__(
        self,
        bundle: Bundle,
        device: str,
        motion: Path | None = None,
        composing: Composing | None = None,
    ) -> None:
        """`device` as `choose_device` takes it; one that may be missing is asked for at once.

        `motion` is a file of the dance's motion, which is then not looked for in its video;
        `composing` says who writes the sketches (None: whom the bundle names). Raises `BundleError`
        where the bundle has no learned composer.
        """
        self.composing = composing or Composing(bundle.settings.get("composing", Composing.RULES))
        require_composer(bundle, self.composing)
        self.bundle, self._device, self.motion_file = bundle, device, motion
        if device not in ("auto", "cpu"):
            choose_device(device)
        self.visual_settings = VisualSettings(**bundle.settings["visual"])
        self.styles = read_styles(bundle.folder)
        self.style_vectors = bundle.arrays("styles.safetensors")
        self.levels = [Level(name) for name in bundle.settings["generators"]]
        self._level_models: dict[Level, LevelModel] = {}
        self._songs: dict[tuple[Path, int], Style] = {}
        """The style of the last piece of music that was asked for, by its path and its date."""
        self._level_ahead: Level | None = None
        self._loading: Future[None] | None = None

    @property
    def device(self) -> torch.device:
        """Where the networks are. Asking sets this thread's rounding, which is a thread's own."""
        return choose_device(self._device)

    def prepare(self, level: Level) -> None:
        """Let the networks of `level` load beside the next look, once that has begun."""
        self._level_ahead = level

    def _begin_loading(self) -> None:
        if self._loading is None and (level := self._level_ahead):
            self._loading = ahead.begin(lambda: self._load(level))

    def _load(self, level: Level) -> None:
        assert self.i3d
        self._load_level(level)
        import d2m_cli.features.rhythm  # noqa: F401 - it takes half a second

    @cached_property
    def i3d(self) -> InceptionI3d:
        """The visual network."""
        from d2m_cli.models.i3d import InceptionI3d

        network = InceptionI3d(width=self.visual_settings.width)
        self.bundle.load_into(network, "i3d.safetensors")
        return network.to(self.device)

    @property
    def style_names(self) -> Sequence[str]:
        """Names of the bundle's styles, sorted."""
        return list(self.styles)

    def analyze(
        self, clip: Clip, pose: PoseOptions = PoseOptions(), progress: Progress = silent
    ) -> tuple[Dance, FrameArray]:
        """Motion, visual features and rhythm of the dance, and thumbnails `(S, H, W, 3)`."""
        if self.motion_file is not None:
            end = clip.start + clip.seconds
            dance = self._read_motion(self.motion_file, clip.start, end, clip)
            if dance.seconds < clip.seconds - _MISSING:
                raise InputError(
                    f"{self.motion_file} ends {clip.seconds - dance.seconds:.1f} s before the "
                    "video: give the motion of this video, or --end."
                )
            return replace(dance, seconds=clip.seconds), _NO_PICTURE
        visual = I3DExtractor(self.visual_settings, self.i3d_features, self._loaded)
        pictures = read_video_apart(
            clip, visual, pose=pose, progress=progress, meanwhile=self._begin_loading
        )
        self._wait()  # two threads that import parts of scipy at once may find half a module
        from d2m_cli.features.rhythm import estimate_rhythm

        motion = motion_from_landmarks(pictures.landmarks)
        rhythm = estimate_rhythm(motion)
        events = dance_events(motion, rhythm)
        dance = Dance(motion, visual.visual(), rhythm, clip.seconds, events=events)
        return dance, pictures.thumbnails

    def read_motion(self, path: Path, start: float, end: float | None) -> Dance:
        """The dance in a motion file; visual features are zeros. Raises `InputError`."""
        return self._read_motion(path, start, end)

    def _read_motion(
        self, path: Path, start: float, end: float | None, clip: Clip | None = None
    ) -> Dance:
        from d2m_cli.generation.motion_file import dance_of_motion

        return dance_of_motion(path, self.visual_settings, start, end, clip)

    def choose_style(self, name: str | None, audio: Path | None, seed: int) -> Style:
        """The style of that name, of which the seed picks an exemplar, or that of a piece of music.

        Raises `BundleError` for an unknown name, `InputError` for music that cannot be read.
        """
        if audio is not None:
            song = audio, audio.stat().st_mtime_ns if audio.exists() else 0
            if song not in self._songs:
                heard = style_from_audio(audio, self.styles, self.style_vectors)
                self._songs = {song: heard}
            return self._songs[song]
        assert name is not None
        return named_style(self.styles, self.style_vectors, name, seed)

    def pick_style(self, dance: Dance, seed: int) -> Style:
        """A style with drums by the dance's tempo and pace; the seed picks its exemplar."""
        motion, rhythm = dance.motion, dance.rhythm
        pace = float(joint_speed(joint_positions(motion), motion.rate).mean())
        name = style_for_dance(self.styles, rhythm.bpm, rhythm.meter, pace)
        style = named_style(self.styles, self.style_vectors, name, seed)
        return replace(style, why=why_for_dance(rhythm.bpm, rhythm.meter, pace))

    def arrangement(
        self, dance: Dance, level: Level, style: Style, seed: int
    ) -> Arrangement | None:
        """Chords and sections of the music; None for a generator without a sketch."""
        sketch = self.level_model(level).sketch(dance, style, seed)
        return None if sketch is None else sketch.arrangement

    def sample_codes(
        self,
        dance: Dance,
        level: Level,
        style: Style,
        seed: int,
        progress: Progress = silent,
        quality: RenderQuality = RenderQuality.NORMAL,
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
        """Sound of codes, in pieces `(N,)` that together last exactly `seconds`."""
        done = 0
        for piece in self.level_model(codes.level).decode(codes, seconds):
            done += len(piece)
            progress(Step.DECODE, done, round(seconds * SAMPLE_RATE))
            yield piece

    def level_model(self, level: Level) -> LevelModel:
        """Generator and codec of a level, loaded when first asked for."""
        self._wait()
        self._load_level(level)
        return self._level_models[level]

    def _load_level(self, level: Level) -> None:
        from d2m_cli.generation.level_model import LevelModel

        device = self.device
        if level not in self._level_models:
            self._level_models[level] = LevelModel(self.bundle, level, device, self.composing)

    def _loaded(self) -> bool:
        return self._loading is None or self._loading.done()

    def _wait(self) -> None:
        if self._loading is not None:
            self._loading.result()

    def i3d_features(self, windows: Tensor) -> Tensor:
        """I3D vectors `(B, C)` of windows of pictures `(B, 3, T, H, W)`."""
        import torch

        self._wait()
        with torch.inference_mode(), on_one_core(self.device):  # the pose runs beside it
            return self.i3d.features(windows.to(self.device)).cpu()
