from dataclasses import replace

import numpy as np
from data_trees import STANDING

from d2m_cli.data.pairs.augment import STRAIGHT, film
from d2m_cli.data.pairs.painted import paint, random_look
from d2m_cli.data.skeletons.joints import PLACE, from_dance_with_melody

SIZE = 96


def dancer(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Filmed joints of somebody who lifts the left arm out and lets it sink."""
    joints = np.tile(np.array([STANDING[n] for n in range(23)]), (steps, 1, 1))
    lift = 0.5 * np.sin(np.linspace(0, np.pi, steps))[:, None]
    joints[:, 13:16, 0] += lift
    joints[:, 14:16, 1] += lift
    return film(from_dance_with_melody(joints), STRAIGHT, np.random.default_rng(0))


def clip(seed: int, steps: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positions, visibility = dancer(steps)
    look = random_look(SIZE, rng)
    return paint(positions, visibility, SIZE, look, rng), positions * look.scale + look.middle


def test_what_moves_in_the_picture_is_what_moves_in_the_dance() -> None:
    pictures, places = clip(seed=3)
    assert pictures.shape == (8, SIZE, SIZE, 3) and pictures.dtype == np.uint8
    change = np.abs(pictures[4].astype(float) - pictures[0]).mean(axis=2)
    wrist = places[:, PLACE["left_wrist"]].round().astype(int)
    feet = places[4, [PLACE["left_ankle"], PLACE["right_ankle"]]].round().astype(int)

    def around(place: np.ndarray) -> float:
        x, y = place.clip(3, SIZE - 4)
        return float(change[y - 3 : y + 4, x - 3 : x + 4].mean())

    assert around(wrist[4]) > 2 * max(around(foot) for foot in feet)
    assert around(wrist[0]) > 2 * max(around(foot) for foot in feet)


def test_clips_differ_in_look_and_repeat_with_their_seed() -> None:
    first, again, other = clip(1)[0], clip(1)[0], clip(2)[0]
    assert np.array_equal(first, again)
    assert np.abs(first.astype(float) - other).mean() > 10


def test_mediapipe_takes_the_figure_for_a_person() -> None:
    """In colours that people have."""
    from d2m_cli.features.pose import PoseEstimator

    rng = np.random.default_rng(5)
    positions, visibility = dancer(20)
    colours = {
        "skin": (232.0, 184.0, 150.0),
        "hair": (60.0, 40.0, 30.0),
        "shirt": (200.0, 60.0, 60.0),
        "trousers": (50.0, 70.0, 130.0),
        "shoes": (240.0, 240.0, 240.0),
    }
    wall = np.full((320, 320, 3), 150, np.uint8)
    look = replace(random_look(320, rng), colours=colours, background=wall)
    pictures = paint(positions, visibility, 320, look, rng)
    with PoseEstimator(rate=30.0) as pose:
        for picture in pictures:
            pose.add(picture)
    found = np.isfinite(pose.landmarks().points).all(axis=(1, 2))
    assert found.mean() > 0.8
