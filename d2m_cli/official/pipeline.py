"""The authors' released models from video to music: windows of 2 s, joined by cross-fade.

Their networks know one length only. Windows begin `STEP` seconds apart, each is composed and
decoded by itself, and neighbours overlap by what is left of the 2 s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from d2m_cli.analysis.apart import read_video_apart
from d2m_cli.bundles.bundle import Bundle
from d2m_cli.codec.codebook import look_up
from d2m_cli.codec.vqvae import VQVAE
from d2m_cli.data.skeletons.smpl import SMPL_RATE_HZ, read_smpl
from d2m_cli.errors import BundleError, InputError
from d2m_cli.features.motion import motion_from_landmarks
from d2m_cli.features.openpose import openpose_from_landmarks
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.models.i3d import InceptionI3d
from d2m_cli.models.official import Corpus, ReleasedD2MGAN
from d2m_cli.official import AIST_NEEDS, FlowMethod
from d2m_cli.official.two_stream import Stream, TwoStream
from d2m_cli.progress import Progress, Step, silent
from d2m_cli.spec import SAMPLE_RATE, SEGMENT_SECONDS, Level, RenderQuality
from d2m_cli.types import Clip, Codes, Dance, FloatArray, FrameArray

STEP = 1.9
"""Seconds between the starts of two windows: whole frames at 30 and 60 per second."""


@dataclass(frozen=True)
class OfficialDance(Dance):
    """A dance with the poses that the released model takes."""

    poses: FloatArray
    """`(T, pose_numbers)` at the model's own rate."""


@dataclass(frozen=True)
class Genre:
    """The number that stands for a style: the authors do not publish the names of their genres."""

    name: str
    number: int | None
    """None for a model without genres."""
    why: str = ""


class OfficialMaker:
    """A `generation.maker.Maker` of architecture "official": a released model of the authors."""

    follows_tempo = False
    denoised = True

    def __init__(
        self,
        bundle: Bundle,
        device: torch.device,
        motion: Path | None = None,
        flow: FlowMethod = FlowMethod.TVL1,
    ) -> None:
        self.bundle, self.device = bundle, device
        self.motion_file, self.flow = motion, flow
        self.corpus = Corpus(bundle.settings["corpus"])
        has = bundle.settings["has"]
        self._check_needs(has)
        self.smpl = read_smpl(motion) if motion else None
        self.levels = [Level(group) for group in has if group != "i3d"]
        self.pictures = self._stream("i3d_rgb.safetensors", in_channels=3)
        self.movement = self._stream("i3d_flow.safetensors", in_channels=2)
        self._released: dict[Level, tuple[ReleasedD2MGAN, VQVAE]] = {}

    def _check_needs(self, has: list[str]) -> None:
        takes_smpl = self.corpus is Corpus.AIST
        if takes_smpl and self.motion_file is None:
            raise InputError(AIST_NEEDS)
        if not takes_smpl and self.motion_file is not None:
            raise InputError("The released TikTok model reads the video alone: omit --motion.")
        if "i3d" not in has:
            name = self.bundle.config["name"]
            raise BundleError(
                f"The bundle '{name}' lacks two-stream I3D: run `d2m download-weights i3d-rgb "
                f"i3d-flow` and `d2m convert-weights {name}` again."
            )

    def prepare(self, level: Level) -> None:
        """Nothing: the released networks are loaded one after another, for they are large."""

    @property
    def style_names(self) -> list[str]:
        """The numbers of the AIST++ genres; none for the TikTok model."""
        return [str(genre) for genre in range(self.corpus.genres)]

    def analyze(
        self, clip: Clip, pose: PoseOptions = PoseOptions(), progress: Progress = silent
    ) -> tuple[OfficialDance, FrameArray]:
        """Poses, an I3D vector a window, rhythm (only reported); thumbnails `(S, H, W, 3)`."""
        visual = TwoStream(self.pictures, self.movement, STEP, self.flow)
        pictures = read_video_apart(clip, visual, pose=replace(pose, stride=1), progress=progress)
        motion = motion_from_landmarks(pictures.landmarks)
        if self.smpl is None:
            poses = openpose_from_landmarks(pictures.landmarks, clip.height)
        else:
            poses = self.smpl[round(clip.start * SMPL_RATE_HZ) :]
            if not len(poses):
                raise InputError(f"'{self.motion_file}' ends before --start: use its own video.")
        rhythm = estimate_rhythm(motion)
        dance = OfficialDance(motion, visual.visual(), rhythm, clip.seconds, poses)
        return dance, pictures.thumbnails

    def read_motion(self, path: Path, start: float, end: float | None) -> OfficialDance:
        """Raises `InputError`: the released models need pictures."""
        raise InputError("The released models see the dance: give its video beside the motion.")

    def choose_style(self, name: str | None, audio: Path | None, seed: int) -> Genre:
        """The genre of that number. Raises `BundleError` for another name and for music."""
        if audio is not None or name not in self.style_names:
            names = ", ".join(self.style_names)
            known = f"is one of {names}" if names else "cannot be chosen"
            raise BundleError(f"The style of '{self.bundle.name}' {known}.")
        return Genre(name, int(name))

    def pick_style(self, dance: OfficialDance, seed: int) -> Genre:
        """A genre by the seed, which decides nothing else here."""
        if not self.corpus.genres:
            return Genre("none", None)
        number = int(np.random.default_rng(seed).integers(self.corpus.genres))
        return Genre(str(number), number)

    def arrangement(self, dance: OfficialDance, level: Level, style: Genre, seed: int) -> None:
        """Nothing: the released networks write no score."""

    @torch.inference_mode()
    def sample_codes(
        self,
        dance: OfficialDance,
        level: Level,
        style: Genre,
        seed: int,
        progress: Progress = silent,
        quality: RenderQuality = RenderQuality.NORMAL,
    ) -> Codes:
        """Codes of all windows one after another: the released networks know one `quality`."""
        network, vqvae = self._official_networks(level)
        vectors = torch.from_numpy(dance.visual.features.T).to(self.device)
        genre = None if style.number is None else torch.tensor([style.number], device=self.device)
        codes = []
        for number, poses in enumerate(pose_windows(dance.poses, self.corpus, len(vectors))):
            motion = torch.from_numpy(poses)[None].to(self.device)
            latents = network(motion, vectors[number : number + 1], genre)
            codes.append(vqvae.quantise(latents, level)[0][0].cpu().numpy())
            progress(Step.COMPOSE, number + 1, len(vectors))
        return Codes(np.concatenate(codes), level)

    @torch.inference_mode()
    def decode(
        self, codes: Codes, seconds: float, progress: Progress = silent
    ) -> Iterator[FloatArray]:
        """Audio of the windows, cross-faded, in pieces `(n,)` that last `seconds` in all."""
        _, vqvae = self._official_networks(codes.level)
        window = int(SEGMENT_SECONDS * codes.level.code_rate)
        total, done = round(seconds * SAMPLE_RATE), 0

        def decoded() -> Iterator[FloatArray]:
            for indices in codes.indices.reshape(-1, window):
                entries = look_up(
                    torch.from_numpy(indices)[None].to(self.device), vqvae.codebook(codes.level)
                )
                yield vqvae.decode(entries, codes.level)[0].cpu().numpy()

        for piece in cross_fade(decoded(), round(STEP * SAMPLE_RATE)):
            kept = piece[: total - done]
            done += len(kept)
            progress(Step.DECODE, done, total)
            yield kept
        # The last code of a window ends up to 3 ms before its 2 s do.
        yield np.zeros(total - done, np.float32)

    def _official_networks(self, level: Level) -> tuple[ReleasedD2MGAN, VQVAE]:
        if level not in self._released:
            network, vqvae = ReleasedD2MGAN(self.corpus, level), VQVAE((level.number,))
            self.bundle.load_into(network.motion, f"motion_{level}.safetensors")
            self.bundle.load_into(network.generator, f"generator_{level}.safetensors")
            self.bundle.load_into(vqvae, f"codec_{level}.safetensors")
            self._released[level] = network.to(self.device), vqvae.to(self.device)
        return self._released[level]

    def _stream(self, file: str, in_channels: int) -> Stream:
        network = InceptionI3d(in_channels=in_channels)
        self.bundle.load_into(network, file)
        network.to(self.device)

        @torch.inference_mode()
        def features(window: FloatArray) -> FloatArray:
            batch = torch.from_numpy(np.ascontiguousarray(window))[None].to(self.device)
            return network.features(batch)[0].cpu().numpy()

        return features


def pose_windows(poses: FloatArray, corpus: Corpus, count: int) -> Iterator[FloatArray]:
    """`count` windows `(frames, pose_numbers)` of poses `(T, pose_numbers)`, `STEP` s apart.

    Beyond the end the last pose stays.
    """
    step = round(STEP * corpus.frames / SEGMENT_SECONDS)
    for start in range(0, count * step, step):
        steps = np.arange(start, start + corpus.frames).clip(max=len(poses) - 1)
        yield poses[steps]


def cross_fade(windows: Iterable[FloatArray], step: int) -> Iterator[FloatArray]:
    """Join windows `(N,)` that begin `step` samples apart, at constant power where they overlap."""
    tail = np.zeros(0, np.float32)
    for window in windows:
        window = window.copy()
        rise = np.sin(np.linspace(0.0, np.pi / 2, len(tail), dtype=np.float32))
        window[: len(tail)] = window[: len(tail)] * rise + tail * rise[::-1]
        tail = window[step:]
        yield window[:step]
    yield tail
