"""A dance video decoded once -> its motion (MediaPipe), its visual vectors, or both."""

from collections.abc import Callable
from pathlib import Path

from d2m_cli.analysis.fan_out import share_frames
from d2m_cli.features.i3d import I3DExtractor
from d2m_cli.features.motion import motion_from_landmarks
from d2m_cli.features.pose import STRIDE, PoseEstimator
from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.video import read_frames
from d2m_cli.spec import FRAME_RATE
from d2m_cli.types import Motion, Visual

VisualFactory = Callable[[], I3DExtractor]
"""Makes an encoder for each video; picklable, and its `repr` names the encoder and its settings."""


def watch_motion(video: Path) -> Motion:
    """Motion of the dancer in a video. Raises `InputError` or `NoDancerError`."""
    with PoseEstimator(FRAME_RATE, STRIDE) as pose:
        share_frames(read_frames(probe(video), FRAME_RATE), pose.add)
        return motion_from_landmarks(pose.landmarks())


def watch_visual(video: Path, encoder: I3DExtractor) -> Visual:
    """Visual vectors of a video. Raises `InputError` when it cannot be read."""
    share_frames(read_frames(probe(video), FRAME_RATE), encoder.add)
    return encoder.visual()


def watch(video: Path, encoder: I3DExtractor) -> tuple[Motion, Visual]:
    """Motion and visual vectors of a video that is decoded once."""
    with PoseEstimator(FRAME_RATE, STRIDE) as pose:
        share_frames(read_frames(probe(video), FRAME_RATE), pose.add, encoder.add)
        return motion_from_landmarks(pose.landmarks()), encoder.visual()
