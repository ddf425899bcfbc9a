import numpy as np
import pytest

from d2m_cli.features.events import dance_events
from d2m_cli.features.motion import JOINTS, motion_from_positions
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import Events, Motion, Rhythm

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


def events_of(motion: Motion, bpm: float = 120.0) -> Events:
    return dance_events(motion, steady(len(motion.found), bpm))


def steady(steps: int, bpm: float = 120.0, meter: int = 4) -> Rhythm:
    phase = np.arange(steps) / RATE * bpm / 60.0
    return Rhythm(phase.astype(np.float32), np.ones(steps, np.float32), RATE, meter)


def moving(seconds: float, *still: tuple[float, float]) -> np.ndarray:
    times = np.arange(round(seconds * RATE)) / RATE
    moves = np.ones(len(times))
    for start, end in still:
        moves[(times >= start) & (times < end)] = 0.0
    return moves


def test_a_freeze_is_found_where_the_dancer_stands() -> None:
    events = events_of(swinging(moving(10.0, (4.0, 5.5), (8.0, 8.3))))
    ((start, end),) = events.freezes
    assert start == pytest.approx(4.0, abs=0.15) and end == pytest.approx(5.5, abs=0.15)
    times = [accent.time for accent in events.accents if accent.strength > 0.3]
    assert min(abs(time - 5.5) for time in times) < 0.2


def test_before_the_first_and_after_the_last_movement_nothing_freezes() -> None:
    assert events_of(swinging(moving(10.0, (0.0, 2.0), (8.0, 10.0)))).freezes == ()


def test_nobody_in_sight_is_no_freeze_and_no_accent() -> None:
    motion = swinging(moving(10.0, (4.0, 5.5)))
    motion.found[110:180] = False
    events = events_of(motion)
    assert events.freezes == ()
    assert not [time for time, _ in events.accents if 110 / RATE < time < 180 / RATE]


def test_a_dancer_who_never_moves_has_no_events() -> None:
    events = events_of(swinging(np.zeros(300), tremble=0.001))
    assert events.freezes == () and events.accents == ()


def standing(seconds: float) -> np.ndarray:
    """Joints `(T, 17, 2)` of somebody who stands, torso lengths, y down."""
    body = np.zeros((len(JOINTS), 2))
    heights = {"nose": -1.5, "shoulder": -1.0, "elbow": -0.6, "wrist": -0.2, "knee": 0.8}
    for place, name in enumerate(JOINTS):
        side, part = name.split("_", 1) if "_" in name else ("", name)
        body[place] = ({"left": 0.25, "right": -0.25}.get(side, 0.0), heights.get(part, 1.6))
    body[[7, 8], 1] = 0.0
    steps = round(seconds * RATE)
    times = np.arange(steps) / RATE
    joints = np.tile(body, (steps, 1, 1))
    joints[:, [5, 6], 0] += 0.3 * np.sin(2 * np.pi * times)[:, None]
    return joints


def bump(steps: int, start: float, end: float) -> np.ndarray:
    """0 outside, a parabola of height 1 between."""
    part = (np.arange(steps) / RATE - start) / (end - start)
    return np.where((part > 0) & (part < 1), 4 * part * (1 - part), 0.0)


def test_a_jump_is_told_from_a_lifted_foot() -> None:
    joints = standing(8.0)
    joints[:, :, 1] -= 0.4 * bump(len(joints), 3.0, 3.5)[:, None]
    joints[:, [11, 13, 15], 1] -= 0.4 * bump(len(joints), 6.0, 6.5)[:, None]
    (jump,) = events_of(motion_from_positions(joints)).jumps
    assert jump.time == pytest.approx(3.5, abs=0.1)
    assert jump.height == pytest.approx(0.4, abs=0.1)


def test_a_drop_to_the_floor_is_found_when_it_begins() -> None:
    joints = standing(8.0)
    down = np.clip((np.arange(len(joints)) / RATE - 4.0) / 0.3, 0, 1)
    joints[:, :9, 1] += 0.9 * down[:, None]
    (drop,) = events_of(motion_from_positions(joints)).drops
    assert drop.time == pytest.approx(4.2, abs=0.15)


def test_a_turn_is_where_the_back_is_seen() -> None:
    joints = standing(8.0)
    angle = 2 * np.pi * np.clip((np.arange(len(joints)) / RATE - 3.0) / 1.2, 0, 1)
    joints[:, :, 0] *= np.cos(angle)[:, None]
    (turn,) = events_of(motion_from_positions(joints)).turns
    assert turn.start == pytest.approx(3.25, abs=0.2) and turn.end == pytest.approx(3.95, abs=0.2)


def test_another_way_to_move_is_another_section_and_the_first_one_comes_back() -> None:
    joints = standing(24.0)
    times = np.arange(len(joints)) / RATE
    middle = (times >= 8.0) & (times < 16.0)
    joints[middle, 5:7, 1] -= 1.2
    joints[middle, 9:17, 0] += 0.4 * np.sin(4 * np.pi * times[middle])[:, None]
    sections = events_of(motion_from_positions(joints)).sections
    assert [section.name for section in sections] == ["A", "B", "A"]
    assert [section.start for section in sections] == pytest.approx([0.0, 8.0, 16.0], abs=0.6)
    assert sections[-1].end == pytest.approx(24.0, abs=0.1)
    assert events_of(motion_from_positions(standing(24.0))).sections == ()
