"""Several people: each is followed, and the dancer is picked."""

from itertools import islice

import numpy as np
import pytest
from project import EXAMPLE, SHARED

from d2m_cli.errors import InputError
from d2m_cli.features.pose.dancers import known_people, pick_dancer
from d2m_cli.features.pose.people import People
from d2m_cli.ingest.video import probe, read_frames
from d2m_cli.types import FrameArray

WIDTH = 200
"""Of a strip that shows one dancer, in pixels."""


def follow(pictures: list[FrameArray]) -> People:
    people = People()
    for picture in pictures:
        people.add(picture)
    return people


def hips(points: np.ndarray) -> np.ndarray:
    """Where `(T,)` the middle of the hips is across the picture, in its height."""
    return points[:, (23, 24), 0].mean(axis=1)


def test_one_dancer_is_one_person() -> None:
    for clip in (EXAMPLE, SHARED / "clips/tiktok_a.mp4"):
        if clip.exists():
            people = follow(list(islice(read_frames(probe(clip)), 60))[::2])
            assert len(people.people) == 1


def body(x: float, sway: float, steps: int = 30, seen: int = 30) -> np.ndarray:
    """Landmarks of a person who sways about `x`, and is seen in the first `seen` steps."""
    points = np.full((steps, 33, 4), np.nan, np.float32)
    points[:seen, :, 0] = x + sway * np.sin(np.arange(seen))[:, None]
    points[:seen, :, 1] = np.linspace(0.2, 0.9, 33)
    points[:seen, :, 2:] = 0.5
    return points


def test_the_main_dancer_moves_most_through_most_of_the_clip() -> None:
    calm, lively, brief = body(0.2, 0.01), body(0.9, 0.05), body(1.5, 0.08, seen=9)
    people = known_people([lively, brief, calm, body(1.2, 0.3, seen=2)])
    assert [round(float(hips(points)[0]), 1) for points in people] == [0.2, 0.9, 1.5]
    assert pick_dancer(people, "main") == 1
    assert [pick_dancer(people, wish) for wish in ("left", "right", "2")] == [0, 2, 1]
    with pytest.raises(InputError, match="no dancer 4: the video shows 3 people"):
        pick_dancer(people, "4")
