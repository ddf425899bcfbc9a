"""What every reader of a data set yields: pieces (dance, music or both) and problems."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SPLITS = ("train", "validation", "test")

MOTION_SUFFIXES = (".bvh", ".npz", ".pkl", ".npy", ".json")
"""Files of motion that may stand in a video's place."""


def is_motion(path: Path) -> bool:
    """Whether a path names motion, not a video: by its suffix, or a folder (of OpenPose's)."""
    return path.suffix.lower() in MOTION_SUFFIXES or path.is_dir()


class MotionKind(StrEnum):
    """How the movement of a piece is stored."""

    VIDEO = "video"
    """A video file: MediaPipe finds the dancer."""
    KEYPOINTS = "keypoints"
    """2-D keypoints of every frame (COCO's 17, OpenPose's 25, MediaPipe's 33)."""
    JOINTS = "joints"
    """3-D joints as in `dance_with_melody` (`.npz`)."""
    COCO = "coco"
    """COCO's 17 joints in space, as AIST++'s `keypoints3d`."""
    SMPL = "smpl"
    """AIST++ annotations (`motions/*.pkl`)."""
    BVH = "bvh"
    """Motion capture of any skeleton whose joints have names (`.bvh`)."""
    AMASS = "amass"
    """SMPL poses as AMASS publishes them (`.npz`)."""


@dataclass(frozen=True)
class MotionFile:
    """Where the movement of a piece is stored."""

    path: Path
    kind: MotionKind
    keypoints3d: Path | None = None
    """AIST++'s joints in space that belong to SMPL poses."""
    fps: float | None = None
    """Frames per second of the video that keypoints are of; used where the file tells none."""
    aspect: float | None = None
    """Width of that video's picture over its height."""


@dataclass(frozen=True)
class Piece:
    """One training example before its features are computed."""

    name: str
    """Unique in the data set; also the name of the cached file."""
    song: str
    """Pieces of one song must not be in more than one split."""
    split: str
    """One of `SPLITS`."""
    motion: MotionFile | None = None
    video: Path | None = None
    """Pictures for the visual features."""
    music: Path | None = None
    """Sound file, or a video whose sound is the music; it starts with the dance."""
    genre: str = ""
    """Kind of dance."""
    style: str = ""
    """Kind of music."""
    licence: str = ""


@dataclass(frozen=True)
class Problem:
    """A part of a data set that is not used."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Reading:
    """What a reader found in a data set."""

    pieces: tuple[Piece, ...]
    problems: tuple[Problem, ...] = ()
    """What is missing or wrong."""
    left_out: tuple[Problem, ...] = ()
    """What the data set itself says not to use."""
