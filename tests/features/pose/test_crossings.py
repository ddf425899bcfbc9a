"""People of real clips, set side by side or across one another, are told apart."""

from itertools import islice

import numpy as np
import pytest
from project import SHARED

from d2m_cli.features.pose.estimator import PoseEstimator, PoseOptions
from d2m_cli.features.pose.people import MOST_PEOPLE, People
from d2m_cli.ingest.video import probe, read_frames
from d2m_cli.types import FrameArray, Landmarks

WIDTH = 200
"""Of a strip that shows one dancer, in pixels."""

if not (SHARED / "clips").exists():
    pytest.skip("needs the real clips in ../shared", allow_module_level=True)


def strip(name: str, count: int = 60) -> list[FrameArray]:
    """The middle of the pictures of a real clip, where its one dancer is."""
    clip = SHARED / "clips" / f"{name}.mp4"
    if not clip.exists():
        pytest.skip(f"{clip} is not there")
    frames = islice(read_frames(probe(clip)), count)
    return [frame[:360, (frame.shape[1] - WIDTH) // 2 :][:, :WIDTH] for frame in frames]


def stage(*strips: tuple[list[FrameArray], float, float]) -> list[FrameArray]:
    """Strips on a grey picture of 640 x 360, each moving from its first place to its second, in
    pixels from the left; later ones are in front."""
    pictures = []
    count = len(strips[0][0])
    for step in range(count):
        picture = np.full((360, 640, 3), 200, np.uint8)
        for frames, first, last in strips:
            left = round(first + (last - first) * step / (count - 1))
            seen = slice(max(left, 0), max(left + WIDTH, 0))
            shown = frames[step][:, seen.start - left :][:, : max(640 - seen.start, 0)]
            picture[:, seen.start : seen.start + shown.shape[1]] = shown
        pictures.append(picture)
    return pictures


def follow(pictures: list[FrameArray]) -> People:
    people = People()
    for picture in pictures:
        people.add(picture)
    return people


def look(pictures: list[FrameArray], dancer: str = "main") -> Landmarks:
    with PoseEstimator(30.0, PoseOptions(dancer=dancer, stride=1)) as pose:
        for picture in pictures:
            pose.add(picture)
        return pose.landmarks()


def hips(points: np.ndarray) -> np.ndarray:
    """Where `(T,)` the middle of the hips is across the picture, in its height."""
    return points[:, (23, 24), 0].mean(axis=1)


@pytest.mark.parametrize("front", [("aist_a", "aist_b"), ("aist_b", "aist_real_song")])
def test_two_who_cross_are_known_again(front: tuple[str, str]) -> None:
    back, front_strip = strip(front[0]), strip(front[1])
    people = follow(stage((back, 0, 440), (front_strip, 440, 0))[::2])
    assert len(people.people) == 2
    ends = [(person.seen[0], person.seen[29]) for person in people.people]
    ways = sorted(last[23, 0] - first[23, 0] for first, last in ends)
    assert ways[0] < -350 and ways[1] > 350
    assert min(len(person.seen) for person in people.people) >= 18


def test_who_comes_late_and_who_leaves_are_followed_while_there() -> None:
    stays, other = (strip(name, 50)[::2] for name in ("aist_c", "aist_a"))
    first, second = follow(stage((stays, 60, 60), (other, 640, 300))).people
    assert len(first.seen) == 25
    assert 4 < min(second.seen) <= 20 and max(second.seen) == 24
    first, second = follow(stage((stays, 60, 60), (other, 300, 640))).people
    assert 6 < max(second.seen) < 22 and len(first.seen) == 25


def test_the_dancer_is_who_moves_and_may_be_chosen() -> None:
    moves = strip("aist_6s", 36)[::2]
    pictures = stage((moves, 400, 400), ([moves[0]] * len(moves), 40, 40))
    found = look(pictures)
    assert found.followed and found.followed.dancer == 1 and len(found.followed.shares) == 2
    assert np.nanmedian(hips(found.points)) > 1.0
    assert np.nanmedian(hips(look(pictures, "1").points)) < 0.6


def test_a_real_group_is_told_apart() -> None:
    clip = SHARED / "clips/tiktok_group.mp4"
    if not clip.exists():
        pytest.skip(f"{clip} is not there")
    people = follow(list(islice(read_frames(probe(clip)), 60))[::2])
    known = [person for person in people.people if len(person.seen) >= 6]
    assert 2 <= len(known) <= MOST_PEOPLE
