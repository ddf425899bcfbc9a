import numpy as np
import pytest

from d2m_cli.evaluation.baselines import click_track
from d2m_cli.metrics.answers import (
    accent_response,
    busyness,
    correlation_with_energy,
    freeze_contrast,
    loudness,
)
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE

SECONDS = 16.0
TIMES = np.arange(int(SECONDS * MOTION_RATE)) / MOTION_RATE
LIVELY = ((TIMES > 4.0) & (TIMES < 12.0)).astype(np.float32)
BUSY = np.sort(np.concatenate([np.arange(0.1, 16.0, 1.0), np.arange(4.2, 12.0, 0.2)]))


def test_contrast_is_what_lies_between_a_freeze_and_its_surroundings() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.1, 12 * SAMPLE_RATE).astype(np.float32)
    assert freeze_contrast(noise, [(4.0, 6.0)]) == pytest.approx(0.0, abs=0.3)
    noise[round(4.2 * SAMPLE_RATE) : 6 * SAMPLE_RATE] *= 0.25
    assert freeze_contrast(noise, [(4.0, 6.0)]) == pytest.approx(12.0, abs=0.3)


def test_without_a_freeze_or_without_sound_there_is_no_contrast() -> None:
    assert freeze_contrast(np.ones(SAMPLE_RATE, np.float32), []) is None
    assert freeze_contrast(np.zeros(SAMPLE_RATE, np.float32), [(0.2, 0.8)]) is None
    assert freeze_contrast(np.ones(SAMPLE_RATE, np.float32), [(2.0, 3.0)]) is None


def test_music_that_is_busy_where_the_dance_is_correlates() -> None:
    music = busyness(click_track(BUSY, SECONDS))
    own = correlation_with_energy(music, LIVELY, MOTION_RATE)
    other = correlation_with_energy(music, 1.0 - LIVELY, MOTION_RATE)
    assert own is not None and own > 0.6
    assert other is not None and other < -0.6


def test_what_never_changes_correlates_with_nothing() -> None:
    music = busyness(click_track(BUSY, SECONDS))
    assert correlation_with_energy(music, np.ones(len(TIMES)), MOTION_RATE) is None
    assert correlation_with_energy(np.zeros(len(music)), LIVELY, MOTION_RATE) is None
    assert correlation_with_energy(music[:43], LIVELY, MOTION_RATE) is None


def test_loud_music_where_the_dance_is_lively_correlates() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.02, int(SECONDS * SAMPLE_RATE))
    samples = (noise * np.where(np.arange(len(noise)) // (4 * SAMPLE_RATE) % 3, 8.0, 1.0)).astype(
        np.float32
    )
    own = correlation_with_energy(loudness(samples), LIVELY, MOTION_RATE)
    assert own is not None and own > 0.6


def test_accents_that_meet_the_strong_onsets_are_answered() -> None:
    beats = np.arange(0.5, SECONDS, 0.5)
    accents = beats[[4, 13, 21, 27]]
    samples = 0.1 * click_track(beats, SECONDS)
    samples += click_track(accents, SECONDS)
    met = accent_response(samples, accents.tolist())
    missed = accent_response(samples, (accents + 0.25).tolist())
    assert met is not None and met > 0.7
    assert missed is not None and missed < 0.1
    assert accent_response(samples, accents[:1].tolist()) is None
