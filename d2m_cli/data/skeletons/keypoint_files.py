"""2-D keypoints in the files that pose estimators leave -> one dancer's points a frame.

Which skeleton it is says the number of points: COCO's 17 (rtmlib, MMPose, AlphaPose), OpenPose's
BODY_25, MediaPipe's 33. JSON may hold frames as lists, or under a name that is usual; a person is a
list of points, or of numbers. `.npz` holds `keypoints` and `scores`, as rtmlib returns them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m_cli.arrays import read_either
from d2m_cli.data.skeletons.keypoints import SKELETONS, Points
from d2m_cli.errors import DataError
from d2m_cli.files import read_json

FRAMES = ("frames", "instance_info", "annotations", "results")
"""Names under which JSON holds its frames."""

PEOPLE = ("people", "instances", "predictions")
POSE = (
    *("landmarks", "poseLandmarks", "pose_landmarks", "pose", "keypoints", "pose_keypoints_2d"),
    "points",
)
SURE = ("visibility", "score", "confidence", "presence")
SCORES = ("keypoint_scores", "scores")
IMAGE = "image_id"
RATES = ("fps", "frame_rate")
MEDIAPIPE = 33

FARTHEST = 1e6
"""Pixels."""

DAMAGED = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


@dataclass(frozen=True)
class Keypoints:
    """One dancer's keypoints."""

    points: Points
    """`(T, J, 3)`: x and y (right, down) and confidence, 0 where a joint or the dancer is lost."""
    fps: float | None = None
    """Frames per second, where the file says it."""
    aspect: float | None = None
    """Width of the picture over its height, where the file says it."""

    @property
    def in_shares(self) -> bool:
        """Whether x and y are shares of the picture's width and height, not pixels."""
        seen = self.points[self.points[..., 2] > 0][:, :2]
        return len(seen) > 0 and float(np.percentile(np.abs(seen), 90)) <= 2.0


def read_keypoints(path: Path) -> Keypoints:
    """Keypoints of a JSON file, a folder of OpenPose's (one file a frame), `.npy` or `.npz`.

    Of several people the largest of the first frame is followed. Raises `DataError` when the file
    holds something else, or numbers that are not finite.
    """
    try:
        if path.is_dir():
            found = _from_people([read_json(file) for file in sorted(path.glob("*.json"))])
        elif path.suffix.lower() == ".json":
            found = _from_json(read_json(path))
        else:
            found = _from_arrays(path)
    except RecursionError:
        raise DataError("its lists lie too deep in one another") from None
    except (*DAMAGED, OSError, EOFError) as error:
        raise DataError(f"it holds no keypoints ({error})") from None
    return found


def one_person(frames: Sequence[Sequence[Points]]) -> Points:
    """Points `(T, J, 3)` of one of the people `(J, 3)` of each frame.

    The largest of the first frame that has somebody, then whoever is nearest to the frame before.
    Raises `DataError` when there is nobody, or a skeleton that is not known.
    """
    sizes = {len(person) for people in frames for person in people}
    if len(sizes) != 1 or not sizes <= SKELETONS.keys():
        known = ", ".join(map(str, SKELETONS))
        raise DataError(f"it holds people of {sorted(sizes)} points, where one of {known} is known")
    chosen = np.zeros((len(frames), sizes.pop(), 3))
    last: NDArray[np.float64] | None = None
    for number, people in enumerate(frames):
        seen = [person for person in people if (person[:, 2] > 0).any()]
        if not seen:
            continue
        before = last
        best = (
            max(seen, key=_size)
            if before is None
            else min(seen, key=lambda person: float(np.linalg.norm(_middle(person) - before)))
        )
        chosen[number], last = best, _middle(best)
    return chosen


def _from_json(record: Any) -> Keypoints:
    frames = record
    if isinstance(record, dict):
        names = [name for name in (*FRAMES, *POSE) if isinstance(record.get(name), list)]
        if not names:
            raise DataError(f"it has no list called {', '.join(FRAMES)} or {', '.join(POSE)}")
        frames = record[names[0]]
    if not isinstance(frames, list):
        raise DataError("it holds no list of frames")
    if frames and all(isinstance(frame, dict) and IMAGE in frame for frame in frames):
        frames = [list(group) for _, group in groupby(frames, lambda frame: frame[IMAGE])]
    found = _from_people(frames)
    told = record if isinstance(record, dict) else {}
    fps = _fps(next((float(told[name]) for name in RATES if told.get(name)), None))
    width, height = (float(told.get(name) or 0) for name in ("width", "height"))
    return Keypoints(found.points, fps, width / height if width > 0 and height > 0 else None)


def _from_people(frames: list[Any]) -> Keypoints:
    return Keypoints(one_person([list(_people(frame)) for frame in frames]))


def _people(frame: Any) -> Iterator[Points]:
    """Points `(J, 3)` of everybody in a frame of JSON."""
    if isinstance(frame, dict):
        held = next((frame[name] for name in (*PEOPLE, *POSE) if frame.get(name)), None)
        scores = next((frame[name] for name in SCORES if frame.get(name)), None)
        people = list(_people(held))
        if scores is not None and len(people) == 1:
            people[0][:, 2] = np.nan_to_num(np.asarray(scores, np.float64)).clip(0.0, 1.0)
        yield from people
    elif isinstance(frame, list) and frame:
        first = frame[0]
        if isinstance(first, int | float):
            yield _of_numbers(frame)
        elif (isinstance(first, dict) and "x" in first) or (
            isinstance(first, list) and 2 <= len(first) <= 4 and isinstance(first[0], int | float)
        ):
            yield _of_rows([_row(point) for point in frame])
        else:
            for part in frame:
                yield from _people(part)
    elif frame is not None and not isinstance(frame, list):
        raise DataError("a frame is neither a list nor an object")


def _row(point: Any) -> list[float]:
    if not isinstance(point, dict):
        return [float(number) for number in point]
    sure = next((point[name] for name in SURE if point.get(name) is not None), 1.0)
    return [float(point["x"]), float(point["y"]), 0.0, float(sure)]


def _of_numbers(numbers: list[float]) -> Points:
    """A person as one list: x, y and confidence of each point (COCO, OpenPose)."""
    return _of_rows(np.asarray(numbers, np.float64).reshape(-1, 3))


def _of_rows(rows: Any) -> Points:
    """Points `(J, 3)` of rows x, y, or x, y, confidence, or x, y, z, visibility.

    Without a confidence a point at 0, 0 is missing. MediaPipe's third number is a depth.
    """
    table = np.asarray(rows, np.float64)
    if table.ndim != 2 or not 2 <= table.shape[1] <= 4:
        raise DataError(f"a person has an array of shape {table.shape}, not (J, 2 to 4)")
    if not (np.abs(table) < FARTHEST).all():
        raise DataError("the keypoints hold NaN, infinite or impossible numbers")
    told = table.shape[1] == 4 or (table.shape[1] == 3 and len(table) != MEDIAPIPE)
    sure = table[:, -1] if told else (table[:, :2] != 0).any(axis=1).astype(np.float64)
    return np.concatenate([table[:, :2], sure.clip(0.0, 1.0)[:, None]], axis=1)


def _from_arrays(path: Path) -> Keypoints:
    stored = read_either(path, ("keypoints", *SCORES, "fps"))
    if isinstance(stored, np.ndarray):
        points = np.asarray(stored, np.float64)
        points = points.reshape(len(points), -1, 3) if points.ndim == 2 else points
        return Keypoints(one_person([[_of_rows(person)] for person in points]))
    points = np.asarray(stored["keypoints"], np.float64)
    scores = next((stored[name] for name in SCORES if name in stored), None)
    fps = float(stored["fps"]) if "fps" in stored else None
    if points.ndim == 3:
        points, scores = points[:, None], None if scores is None else scores[:, None]
    if points.ndim != 4:
        raise DataError(f"its keypoints have the shape {points.shape}, not (T, people, J, 2 or 3)")
    if scores is not None:
        points = np.concatenate([points[..., :2], scores[..., None]], axis=3)
    people = [[_of_rows(person) for person in frame] for frame in points]
    return Keypoints(one_person(people), _fps(fps))


def _fps(told: float | None) -> float | None:
    if told is not None and not 1.0 <= told <= 1000.0:
        raise DataError(f"its fps is {told:g}: one from 1 to 1000 is needed")
    return told


def _size(person: Points) -> float:
    seen = person[person[:, 2] > 0][:, :2]
    return float(np.ptp(seen, axis=0).sum())


def _middle(person: Points) -> NDArray[np.float64]:
    return np.asarray(np.median(person[person[:, 2] > 0][:, :2], axis=0))
