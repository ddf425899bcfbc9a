"""The one way to look at a video: its frames are decoded once, for everything that reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import gcd
from typing import NamedTuple, Protocol

from d2m_cli.analysis.fan_out import share_frames
from d2m_cli.analysis.thumbnails import Thumbnails
from d2m_cli.features.i3d import I3DExtractor
from d2m_cli.features.motion import motion_from_landmarks
from d2m_cli.features.pose.estimator import PoseEstimator, PoseOptions
from d2m_cli.ingest.video import read_frames
from d2m_cli.progress import Progress, counted, silent
from d2m_cli.spec import FRAME_RATE
from d2m_cli.types import Clip, FrameArray, Landmarks, Motion, Visual

VisualFactory = Callable[[], I3DExtractor]
"""Makes an encoder for each video; picklable, and its `repr` names the encoder and its settings."""


class FrameReader(Protocol):
    """What takes the frames of a video one by one, and keeps what it needs of them."""

    @property
    def step(self) -> int:
        """Only frames 0, `step`, 2 `step` ... are looked at; the others may be repetitions."""

    def add(self, frame: FrameArray) -> None:
        """Take the next frame, RGB `(H, W, 3)`, at `FRAME_RATE`."""


class Pictures(NamedTuple):
    """What every look at a video gives."""

    landmarks: Landmarks
    thumbnails: FrameArray
    """`(S, H, W, 3)` a few small pictures at even distances, for the plot."""


def read_video(
    clip: Clip,
    *readers: FrameReader,
    pose: PoseOptions = PoseOptions(),
    progress: Progress = silent,
) -> Pictures:
    """Pose and thumbnails of a clip, while `readers` (visual encoders) take the same frames.

    Raises `InputError` for a video that cannot be decoded or a dancer who is not there,
    `NoDancerError` when it shows nobody, `D2MError` where the pose cannot be estimated so here.
    """
    total = clip.seconds * FRAME_RATE
    thumbnails = Thumbnails(round(total))
    with PoseEstimator(FRAME_RATE, pose) as estimator:
        lookers: list[FrameReader] = [estimator, *readers]
        every = gcd(*(looker.step for looker in lookers))
        frames = counted(_frames(clip, every), total, progress)
        share_frames(frames, *(looker.add for looker in lookers), thumbnails.add)
        landmarks = estimator.landmarks()
        return Pictures(landmarks, thumbnails.pictures(landmarks))


def read_visual(clip: Clip, encoder: I3DExtractor) -> Visual:
    """Visual vectors alone, of a clip whose motion is known from elsewhere.

    Raises `InputError` for a video that cannot be decoded.
    """
    share_frames(_frames(clip, encoder.step), encoder.add)
    return encoder.visual()


def read_motion(clip: Clip, *readers: FrameReader, pose: PoseOptions = PoseOptions()) -> Motion:
    """Motion of the dancer alone; `readers` take the same frames.

    Raises `InputError` for a video that cannot be decoded, `NoDancerError` when it shows nobody.
    """
    return motion_from_landmarks(read_video(clip, *readers, pose=pose).landmarks)


def _frames(clip: Clip, every: int) -> Iterator[FrameArray]:
    """The frames of a clip at `FRAME_RATE`; each `every`-th one stands for those after it, too."""
    for frame in read_frames(clip, FRAME_RATE, every=every):
        yield from [frame] * every
