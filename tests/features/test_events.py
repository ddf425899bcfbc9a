import numpy as np
import pytest

from d2m_cli.features.events import dance_events
from d2m_cli.features.motion import JOINTS, motion_from_positions
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import Motion

RATE = MOTION_RATE


def swinging(moves: np.ndarray, tremble: float = 0.004) -> Motion:
    """A dancer whose arms and legs swing where `moves` `(T,)` is 1, with a pose that trembles."""
    random = np.random.default_rng(0)
    body = random.normal(0.0, 0.3, (len(JOINTS), 2))
    body[[1, 2], 1], body[[7, 8], 1] = -0.5, 0.5
    swing = np.sin(2 * np.pi * np.cumsum(moves) / RATE)
    positions = body + 0.25 * swing[:, None, None] * random.normal(0.0, 1.0, (len(JOINTS), 2))
    positions[:, [1, 2, 7, 8]] = body[[1, 2, 7, 8]]
    return motion_from_positions(positions + random.normal(0.0, tremble, positions.shape))


def moving(seconds: float, *still: tuple[float, float]) -> np.ndarray:
    times = np.arange(round(seconds * RATE)) / RATE
    moves = np.ones(len(times))
    for start, end in still:
        moves[(times >= start) & (times < end)] = 0.0
    return moves


def test_a_freeze_is_found_where_the_dancer_stands() -> None:
    events = dance_events(swinging(moving(10.0, (4.0, 5.5), (8.0, 8.3))))
    ((start, end),) = events.freezes
    assert start == pytest.approx(4.0, abs=0.15) and end == pytest.approx(5.5, abs=0.15)
    times = [accent.time for accent in events.accents if accent.strength > 0.3]
    assert min(abs(time - 5.5) for time in times) < 0.2


def test_before_the_first_and_after_the_last_movement_nothing_freezes() -> None:
    assert dance_events(swinging(moving(10.0, (0.0, 2.0), (8.0, 10.0)))).freezes == ()


def test_nobody_in_sight_is_no_freeze_and_no_accent() -> None:
    motion = swinging(moving(10.0, (4.0, 5.5)))
    motion.found[110:180] = False
    events = dance_events(motion)
    assert events.freezes == ()
    assert not [time for time, _ in events.accents if 110 / RATE < time < 180 / RATE]


def test_a_dancer_who_never_moves_has_no_events() -> None:
    events = dance_events(swinging(np.zeros(300), tremble=0.001))
    assert events.freezes == () and events.accents == ()
