import numpy as np
import pytest
import torch

from d2m_cli.data.skeletons.joints import mirror
from d2m_cli.features.motion import JOINTS, joint_positions, motion_from_positions
from d2m_cli.features.periodicity import movement_of
from d2m_cli.features.phase_network import BEATS, STEP, dance_phases, inputs, load_network
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import Motion


def swinging(seconds: float, bpm: float, seed: int = 0) -> Motion:
    """Somebody whose limbs swing to and fro in two beats and who bounces on every beat."""
    random = np.random.default_rng(seed)
    phase = np.arange(round(seconds * MOTION_RATE)) / MOTION_RATE * bpm / 60
    rest = random.normal(0, 0.5, (len(JOINTS), 2))
    rest[[1, 2]], rest[[7, 8]] = [[-0.3, -1.0], [0.3, -1.0]], [[-0.2, 0.0], [0.2, 0.0]]
    reach = random.normal(0, 0.4, (len(JOINTS), 2))
    reach[[1, 2, 7, 8]] = 0.02
    swing = np.cos(np.pi * phase)[:, None, None] * reach
    return motion_from_positions(rest + swing + random.normal(0, 0.01, (len(phase), 1, 1)))


@pytest.mark.parametrize("bpm", [80.0, 112.0, 140.0])
def test_the_point_of_the_beat_goes_round_once_a_beat(bpm: float) -> None:
    motion = swinging(12.0, bpm)
    beat = dance_phases(movement_of(motion))[BEATS.index(1)]
    times = np.arange(len(beat)) / MOTION_RATE
    inner = slice(60, -60)
    turned = (beat * np.exp(-2j * np.pi * bpm / 60 * times))[inner]
    assert np.abs(turned.sum()) > 0.9 * np.abs(turned).sum()
    assert np.abs(np.angle(turned.sum())) / (2 * np.pi) < 0.1


def test_a_mirrored_dance_has_the_same_points() -> None:
    joints = joint_positions(swinging(6.0, 100.0))
    one, other = (
        dance_phases(movement_of(motion_from_positions(j))) for j in (joints, mirror(joints))
    )
    np.testing.assert_allclose(one, other, atol=1e-3)


def test_nobody_in_sight_tells_nothing() -> None:
    motion = swinging(8.0, 120.0)
    found = motion.found.copy()
    found[90:150] = False
    points = dance_phases(movement_of(Motion(motion.features, found, motion.rate)))
    assert not points[:, 90:150].any()
    assert np.abs(points[0, :60]).mean() > 0.3


@pytest.mark.parametrize("steps", [1, 2, 3, 21])
def test_points_are_as_many_as_steps(steps: int) -> None:
    motion = swinging(steps / MOTION_RATE, 120.0)
    assert dance_phases(movement_of(motion)).shape == (len(BEATS), steps)


def test_the_convolutions_are_those_of_torch() -> None:
    network, curves = load_network(), inputs(movement_of(swinging(5.0, 120.0)))
    hidden = torch.nn.functional.conv1d(
        torch.from_numpy(curves)[None],
        torch.from_numpy(network.first),
        torch.from_numpy(network.first_bias),
        padding=1,
    )
    for block, (taps, mix) in enumerate(zip(network.taps, network.mix, strict=True)):
        unit = hidden / (hidden.square().mean(1, keepdim=True) + 1e-3).sqrt()
        inner = torch.nn.functional.conv1d(
            unit,
            torch.from_numpy(taps),
            torch.from_numpy(network.taps_bias[block]),
            dilation=2**block,
            padding=2 * 2**block,
        ).relu()
        hidden = hidden + torch.nn.functional.conv1d(
            inner, torch.from_numpy(mix)[..., None], torch.from_numpy(network.mix_bias[block])
        )
    unit = (hidden / (hidden.square().mean(1, keepdim=True) + 1e-3).sqrt()).relu()
    last = torch.from_numpy(network.last)[..., None]
    parts = torch.nn.functional.conv1d(unit, last, torch.from_numpy(network.last_bias))[0]
    np.testing.assert_allclose(network(curves), parts.numpy(), atol=1e-3)
    assert curves.shape[1] * STEP == 150
