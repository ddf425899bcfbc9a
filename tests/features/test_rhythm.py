from pathlib import Path

import av
import numpy as np
import pytest
from project import ROOT
from scipy.signal import argrelmin

from d2m_cli.data.skeletons.joints import mirror
from d2m_cli.data.skeletons.load import load_motion
from d2m_cli.data.sources.piece import MotionFile, MotionKind
from d2m_cli.features.motion import (
    JOINTS,
    joint_positions,
    motion_from_landmarks,
    motion_from_positions,
)
from d2m_cli.features.periodicity import valleys_of
from d2m_cli.features.pose.estimator import PoseEstimator, PoseOptions
from d2m_cli.features.rhythm import FASTEST, SLOWEST, estimate_rhythm, multiplied, tempo_candidates
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import Motion, Rhythm

EXAMPLE = ROOT / "examples/dance.mp4"
WALTZ = ROOT.parent / "shared/data/dance_with_melody/DANCE_W_1.npz"


def dancer(phase: np.ndarray, noise: float = 0.02, seed: int = 0) -> Motion:
    """Somebody whose limbs swing to and fro and come to rest at whole numbers of `phase` (T,)."""
    random = np.random.default_rng(seed)
    steps, joints = len(phase), len(JOINTS)
    rest = random.normal(0, 0.5, (joints, 2))
    rest[[1, 2]], rest[[7, 8]] = [[-0.3, -1.0], [0.3, -1.0]], [[-0.2, 0.0], [0.2, 0.0]]
    reach = random.normal(0, 0.4, (joints, 2))
    reach[[1, 2, 7, 8]] = 0.02
    swing = np.cos(np.pi * phase)[:, None, None] * reach
    jitter = random.normal(0, noise, (steps, joints, 2))
    return motion_from_positions(rest + swing + jitter)


def beat_error(rhythm: Rhythm, phase: np.ndarray, margin: float = 0.0) -> float:
    """Worst distance in seconds from an estimated beat to a true one, `margin` s off the ends."""
    steps = np.arange(len(phase)) / MOTION_RATE
    truth = np.interp(np.arange(np.ceil(phase[0]) - 1, phase[-1] + 2), phase, steps)
    beats = rhythm.beats
    beats = beats[(beats > truth[1] + margin) & (beats < truth[-3] - margin)]
    return float(max(np.abs(truth - beat).min() for beat in beats))


@pytest.mark.parametrize("bpm", [90.0, 101.5, 115.0, 128.0, 150.0])
@pytest.mark.parametrize("seconds", [6.0, 30.0])
def test_a_steady_pulse_is_found(bpm: float, seconds: float) -> None:
    phase = np.arange(round(seconds * MOTION_RATE)) / MOTION_RATE * bpm / 60 + 0.3
    rhythm = estimate_rhythm(dancer(phase))
    assert rhythm.bpm == pytest.approx(bpm, rel=0.01)
    assert beat_error(rhythm, phase) < 0.04
    assert rhythm.confidence.mean() > 0.5


def test_a_slow_drift_is_followed() -> None:
    tempo = np.linspace(105, 118, round(60 * MOTION_RATE)) / 60
    phase = np.cumsum(tempo) / MOTION_RATE
    rhythm = estimate_rhythm(dancer(phase))
    assert beat_error(rhythm, phase) < 0.06
    assert np.diff(rhythm.phase[:300]).mean() * 1800 == pytest.approx(106, abs=2)
    assert np.diff(rhythm.phase[-300:]).mean() * 1800 == pytest.approx(117, abs=2)


def test_a_change_of_tempo_is_followed() -> None:
    tempo = np.repeat([96.0, 132.0], round(20 * MOTION_RATE)) / 60
    phase = np.cumsum(tempo) / MOTION_RATE
    rhythm = estimate_rhythm(dancer(phase))
    assert (np.diff(rhythm.phase) > 0).all()
    for part, bpm in ((slice(0, 480), 96), (slice(720, 1200), 132)):
        assert np.diff(rhythm.phase[part]).mean() * 1800 == pytest.approx(bpm, rel=0.02)


@pytest.mark.parametrize("bpm", [60.0, 75.0, 180.0, 195.0])
def test_slow_and_fast_dances_keep_their_octave(bpm: float) -> None:
    phase = np.arange(round(12 * MOTION_RATE)) / MOTION_RATE * bpm / 60
    assert estimate_rhythm(dancer(phase)).bpm == pytest.approx(bpm, rel=0.01)


def test_tempi_out_of_range_come_back_an_octave_away() -> None:
    phase = np.arange(round(12 * MOTION_RATE)) / MOTION_RATE * 45 / 60
    assert estimate_rhythm(dancer(phase)).bpm == pytest.approx(90, rel=0.02)


@pytest.mark.skipif(not WALTZ.exists(), reason="the ballroom dances are not at hand")
def test_a_waltz_is_counted_in_three() -> None:
    waltz = load_motion(MotionFile(WALTZ, MotionKind.JOINTS))
    rhythm = estimate_rhythm(waltz.motion)
    assert rhythm.meter == 3
    assert rhythm.bpm == pytest.approx(87, rel=0.01)
    assert waltz.beats is not None
    steps = np.arange(len(rhythm.phase)) / MOTION_RATE
    bars = np.interp(waltz.beats[3:-3:3], steps, rhythm.phase) / 3.0
    assert np.median(np.abs(bars - np.round(bars))) < 0.1


def test_the_meter_can_be_given() -> None:
    phase = np.arange(round(12 * MOTION_RATE)) / MOTION_RATE * 2.0
    for meter in (3, 4):
        rhythm = estimate_rhythm(dancer(phase), meter=meter)
        assert rhythm.meter == meter
        assert -3 < rhythm.phase[0] <= 0


def test_nobody_in_sight_does_not_bend_the_tempo() -> None:
    phase = np.arange(round(24 * MOTION_RATE)) / MOTION_RATE * 118 / 60 + 0.3
    motion = dancer(phase)
    gap = slice(240, 480)
    features, found = motion.features.copy(), motion.found.copy()
    found[gap] = False
    features[:, gap] = np.linspace(features[:, gap.start], features[:, gap.stop], 240, axis=1)
    rhythm = estimate_rhythm(Motion(features, found, motion.rate))
    assert rhythm.bpm == pytest.approx(118, rel=0.005)
    assert beat_error(rhythm, phase) < 0.05
    assert rhythm.confidence[340:380].max() < 0.1 < rhythm.confidence[60:180].mean()


def test_a_mirrored_dance_has_the_same_pulse() -> None:
    phase = np.arange(round(12 * MOTION_RATE)) / MOTION_RATE * 97 / 60
    joints = joint_positions(dancer(phase))
    one, other = (estimate_rhythm(motion_from_positions(j)) for j in (joints, mirror(joints)))
    np.testing.assert_allclose(one.phase, other.phase, atol=1e-3)


def test_somebody_who_stands_has_a_sane_pulse_without_strength() -> None:
    phase = np.zeros(round(10 * MOTION_RATE))
    rhythm = estimate_rhythm(dancer(phase, noise=0.001))
    assert SLOWEST <= rhythm.bpm <= FASTEST
    assert np.isfinite(rhythm.phase).all() and (np.diff(rhythm.phase) > 0).all()
    assert rhythm.confidence.max() < 0.2


def test_the_pulse_goes_on_through_a_pause() -> None:
    phase = np.arange(round(24 * MOTION_RATE)) / MOTION_RATE * 2.0
    pause = slice(300, 420)
    held = phase.copy()
    held[pause] = phase[pause.start]
    held[pause.stop :] = phase[pause.stop :]
    rhythm = estimate_rhythm(dancer(held, noise=0.002))
    assert rhythm.bpm == pytest.approx(120, rel=0.01)
    assert rhythm.confidence[350:370].max() < 0.4 < rhythm.confidence[100:250].mean()


@pytest.mark.parametrize("steps", [1, 2, 5, 20, 60])
def test_short_clips_have_a_pulse(steps: int) -> None:
    phase = np.arange(steps) / MOTION_RATE * 2.0
    rhythm = estimate_rhythm(dancer(phase))
    assert rhythm.phase.shape == rhythm.confidence.shape == (steps,)
    assert -1 < rhythm.phase[0] <= 0 and np.isfinite(rhythm.phase).all()
    assert ((rhythm.confidence >= 0) & (rhythm.confidence <= 1)).all()
    if steps == 60:
        assert beat_error(rhythm, phase) < 0.06


def test_tempo_and_beat_can_be_given() -> None:
    phase = np.arange(round(20 * MOTION_RATE)) / MOTION_RATE * 110 / 60 + 0.2
    dance = dancer(phase)
    exact = estimate_rhythm(dance, bpm=110.0)
    assert exact.bpm == pytest.approx(110, rel=1e-4)
    assert beat_error(exact, phase) < 0.04
    np.testing.assert_allclose(np.diff(exact.phase), 110 / 60 / MOTION_RATE, atol=1e-5)
    placed = estimate_rhythm(dance, bpm=97.0, beat_offset=0.37)
    assert np.abs(placed.beats - 0.37).min() < 0.005
    assert placed.bpm == pytest.approx(97, rel=1e-4)
    moved = estimate_rhythm(dance, beat_offset=1.0)
    assert np.abs(moved.beats - 1.0).min() < 0.005
    assert moved.bpm == pytest.approx(110, rel=0.01)


def test_twice_and_half_as_many_beats_keep_those_of_the_dance() -> None:
    times = np.arange(600) / MOTION_RATE
    rhythm = estimate_rhythm(dancer(2.0 * times + 0.3))
    twice, half = multiplied(rhythm, 2.0), multiplied(rhythm, 0.5)
    assert twice.bpm == pytest.approx(2 * rhythm.bpm)
    assert half.bpm == pytest.approx(rhythm.bpm / 2)
    first = int(np.ceil(twice.phase[0]))
    np.testing.assert_allclose(twice.beats[-first::2], rhythm.beats, atol=1e-3)
    np.testing.assert_allclose(half.beats, rhythm.beats[::2], atol=1e-3)


def test_the_candidates_of_a_clear_pulse_begin_with_it() -> None:
    times = np.arange(600) / MOTION_RATE
    (tempo, share), *others = tempo_candidates(dancer(2.0 * times))
    assert tempo == pytest.approx(120.0, rel=0.02)
    assert share > 0.9
    assert share + sum(other for _, other in others) <= 1.0 + 1e-6


def test_ten_minutes_take_a_moment() -> None:
    import time

    phase = np.arange(round(600 * MOTION_RATE)) / MOTION_RATE * 118 / 60
    dance = dancer(phase)
    start = time.process_time()
    rhythm = estimate_rhythm(dance)
    assert time.process_time() - start < 10
    assert rhythm.bpm == pytest.approx(118, rel=0.002)
    assert beat_error(rhythm, phase) < 0.04


def filmed(video: Path, seconds: float) -> Motion:
    """The motion that MediaPipe sees in the beginning of a 30 fps video."""
    with av.open(str(video)) as container, PoseEstimator(30.0, PoseOptions(stride=1)) as pose:
        for number, frame in enumerate(container.decode(video=0)):
            if number == round(seconds * 30):
                break
            width = round(360 * frame.width / frame.height)
            pose.add(frame.reformat(width, 360, "rgb24").to_ndarray())
    return motion_from_landmarks(pose.landmarks())


def test_the_rhythm_of_a_video_with_known_beats() -> None:
    rhythm = estimate_rhythm(filmed(EXAMPLE, 8.0))
    beats = np.arange(24) * 60 / 112  # examples/make_dance.py
    errors = [np.abs(beats - beat).min() for beat in rhythm.beats]
    assert rhythm.bpm == pytest.approx(112, rel=0.01)
    assert np.median(errors) < 0.04
    assert rhythm.confidence.mean() > 0.5


@pytest.mark.parametrize("order", [1, 5])
def test_valleys_are_those_of_scipy(order: int) -> None:
    curve = np.random.default_rng(order).normal(size=400).round(1)
    found = np.flatnonzero(valleys_of(curve, order))
    assert found.tolist() == argrelmin(curve, order=order)[0].tolist()
