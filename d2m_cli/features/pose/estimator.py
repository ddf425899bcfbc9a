"""The dancer's body in each picture of a video."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

import numpy as np

from d2m_cli.errors import InputError, NoDancerError
from d2m_cli.features.pose.dancers import known_people, pick_dancer, share_seen
from d2m_cli.features.pose.doors import MAIN, Door, choose_door, dancer_word
from d2m_cli.types import FloatArray, Followed, FrameArray, Landmarks

LANDMARKS = 33
"""Body points that MediaPipe Pose reports."""

STRIDE = 2
"""Of 30 pictures a second every second one is looked at: pose is the costliest step on a processor.
On real clips of 5 and 6 s the pulse keeps its lift within 0.02; a clip of 2 s may get another."""


@dataclass(frozen=True)
class PoseOptions:
    """How the dancer is looked for."""

    door: Door | None = None
    """None takes the faster one that is there."""
    dancer: str = MAIN
    """main (who moves most), left, right, or a number from the left, from 1 on."""
    stride: int = STRIDE
    """Only every `stride`-th picture is looked at; the landmarks' rate falls with it."""

    @classmethod
    def of(cls, door: Door | str | None = None, dancer: str | int = MAIN) -> PoseOptions:
        """The options with these names. Raises what `check` raises."""
        if door is not None and door not in list(Door):
            raise InputError(f"Pose cannot be estimated by '{door}': use {' or '.join(Door)}.")
        options = cls(Door(door) if door else None, dancer_word(str(dancer)))
        options.check()
        return options

    def check(self) -> None:
        """Raise an error where this cannot be done: `D2MError` for a door that is not there,
        `InputError` where the door cannot choose a dancer."""
        door = choose_door(self.door)
        if door is Door.MEDIAPIPE and self.dancer != MAIN:
            raise InputError(
                "MediaPipe follows one person, whom it picks: choose the dancer with --pose litert."
            )

    def facts(self) -> str:
        """What decides the landmarks: the door with its version, the dancer, the rate."""
        door = choose_door(self.door)
        return f"{door} {door.version}, dancer {self.dancer}, every {self.stride}"


class Tracking(Protocol):
    """What is behind a door."""

    steps: int
    """Pictures so far."""

    def add(self, picture: FrameArray) -> None:
        """Take the next picture, RGB `(H, W, 3)`."""

    def seen(self) -> list[dict[int, FloatArray]]:
        """Landmarks `(33, 4)` by step, in pixels, of each person who was seen."""

    def close(self) -> None:
        """Let go what is held."""


class PoseEstimator:
    """Estimates the landmarks of the dancer in a stream of pictures.

    Use it as a context manager, `add` every picture in order, then ask for `landmarks()`.

    Args:
        rate: pictures per second that `add` will get.
        options: the door, the dancer, and which pictures are looked at.

    Raises `D2MError` where the door is not there, `InputError` for a dancer that it does not know.
    """

    def __init__(self, rate: float, options: PoseOptions = PoseOptions()) -> None:
        options.check()
        self._rate = rate / options.stride
        self._options = options
        self.step = options.stride
        """Only every `step`-th picture is looked at."""
        self._count = 0
        self._height = 1

    def __enter__(self) -> PoseEstimator:
        self._tracking = _open(choose_door(self._options.door))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tracking.close()

    def add(self, frame: FrameArray) -> None:
        """Take the next picture, RGB `(H, W, 3)`; sizes may not change on the way."""
        if self._count % self._options.stride == 0:
            self._tracking.add(frame)
            self._height = frame.shape[0]
        self._count += 1

    def landmarks(self) -> Landmarks:
        """The landmarks of all pictures so far, at the rate of the pictures looked at.

        Raises `NoDancerError` when no picture showed a person, `InputError` for the number of a
        dancer that nobody has.
        """
        people = known_people([self._array(seen) for seen in self._tracking.seen()])
        if not people:
            raise NoDancerError(
                "No person was found in any frame of the video: "
                "use a video in which one dancer is seen from head to foot."
            )
        dancer = pick_dancer(people, self._options.dancer)
        followed = Followed(tuple(map(share_seen, people)), dancer)
        return Landmarks(people[dancer], self._rate, followed)

    def _array(self, seen: dict[int, FloatArray]) -> FloatArray:
        """Landmarks `(T, 33, 4)` in heights of the picture; NaN where nobody is seen."""
        points = np.full((self._tracking.steps, LANDMARKS, 4), np.nan, np.float32)
        for step, found in seen.items():
            points[step] = found
        points[..., :3] /= self._height
        return points


def _open(door: Door) -> Tracking:
    if door is Door.MEDIAPIPE:
        from d2m_cli.features.pose.solutions import Solutions

        return Solutions()
    from d2m_cli.features.pose.people import People

    return People()
