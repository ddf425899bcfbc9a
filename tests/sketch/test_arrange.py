from itertools import pairwise

import numpy as np
import pytest

from d2m_cli.sketch.arrange import Sketch, arrange
from d2m_cli.sketch.drums import BANDS
from d2m_cli.sketch.partials import LOWEST_PITCH, MAX_PARTIALS, PITCHES, render
from d2m_cli.sketch.rules import STYLE_RULES
from d2m_cli.spec import DRUM_RATE, MOTION_RATE, SAMPLE_RATE
from d2m_cli.types import Rhythm


def sketch(
    seconds: float = 12.0,
    bpm: float = 112.0,
    style: str = "pop",
    seed: int = 0,
    energy: float = 1.0,
) -> tuple[Sketch, Rhythm]:
    steps = int(seconds * MOTION_RATE)
    phase = (np.arange(steps) / MOTION_RATE * bpm / 60.0 - 0.4).astype(np.float32)
    rhythm = Rhythm(phase, np.ones(steps, np.float32), MOTION_RATE)
    return arrange(rhythm, np.full(steps, energy, np.float32), seconds, style, seed), rhythm


def peaks(curve: np.ndarray) -> np.ndarray:
    inner = (curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:]) & (curve[1:-1] > 0.05)
    return (np.flatnonzero(inner) + 1) / DRUM_RATE


def test_every_hit_lies_on_a_sixteenth_of_the_dance() -> None:
    made, rhythm = sketch()
    grid = np.interp(
        peaks(made.drum_onsets.max(axis=0)),
        np.arange(len(rhythm.phase)) / MOTION_RATE,
        rhythm.phase,
    )
    assert len(grid) > 40
    assert np.abs(4 * grid - np.round(4 * grid)).max() < 0.15


def test_every_beat_of_the_dance_is_heard() -> None:
    made, rhythm = sketch()
    times = peaks(made.drum_onsets.max(axis=0))
    for beat in rhythm.beats:
        assert np.abs(times - beat).min() < 0.02


def test_nothing_is_hit_after_the_last_beat() -> None:
    made, rhythm = sketch()
    assert peaks(made.drum_onsets.max(axis=0)).max() == pytest.approx(rhythm.beats[-1], abs=0.02)


def test_a_still_dance_has_fewer_voices_and_softer_drums() -> None:
    calm, lively = sketch(energy=0.1)[0], sketch(energy=1.0)[0]
    assert calm.drum_onsets.sum() < 0.9 * lively.drum_onsets.sum()
    above_chords = 76 - LOWEST_PITCH
    calm_melody, lively_melody = (
        (made.partials.level * (made.partials.pitch >= above_chords)).sum()
        for made in (calm, lively)
    )
    assert calm_melody < 0.8 * lively_melody


def test_the_seed_picks_the_piece() -> None:
    first, again, other = sketch(seed=1)[0], sketch(seed=1)[0], sketch(seed=2)[0]
    np.testing.assert_array_equal(first.partials.level, again.partials.level)
    np.testing.assert_array_equal(first.partials.phase, again.partials.phase)
    assert (first.partials.pitch != other.partials.pitch).any()


@pytest.mark.parametrize("style", [*STYLE_RULES, "song.mp3"])
def test_every_style_fills_a_piece_with_tones(style: str) -> None:
    made, _ = sketch(style=style)
    sounding = (made.partials.level > 0).any(axis=1)
    assert made.partials.pitch.shape[1] == MAX_PARTIALS and sounding.mean() > 0.95
    sound = render(made.partials, 0, 8 * SAMPLE_RATE).numpy()
    assert 0.03 < sound.std() < 0.3 and np.isfinite(sound).all()


@pytest.mark.parametrize("seconds", [0.4, 1.0, 2.0, 61.0])
def test_any_length(seconds: float) -> None:
    made, _ = sketch(seconds=seconds)
    assert made.drum_onsets.shape == (BANDS, int(seconds * DRUM_RATE) + 2)
    assert np.isfinite(made.partials.level).all()


def test_a_tone_runs_on_from_one_sixteenth_to_the_next() -> None:
    """No jump of phase: a held chord has the spectrum of sinusoids, not of grains."""
    made, _ = sketch(style="ambient")
    spectrum = np.abs(np.fft.rfft(render(made.partials, 0, 2 * SAMPLE_RATE).numpy()))
    loudest = np.sort(spectrum)[::-1]
    assert (loudest[:200] ** 2).sum() > 0.9 * (loudest**2).sum()


@pytest.mark.parametrize("style", ["chiptune", "world"])
def test_octaves_have_the_balance_of_the_style(style: str) -> None:
    made, _ = sketch(seconds=60.0, style=style)
    levels = np.zeros((len(made.partials.times), PITCHES))
    np.put_along_axis(levels, made.partials.pitch.astype(int), made.partials.level, 1)
    octaves = (levels**2).sum(axis=0).reshape(-1, 12).sum(axis=1)
    share = 10 * np.log10(octaves / octaves.sum())
    audible = np.array(STYLE_RULES[style].balance) > -25.0
    np.testing.assert_allclose(
        share[audible], np.array(STYLE_RULES[style].balance)[audible], atol=6.0
    )


def test_partials_come_and_go_as_in_real_music() -> None:
    """In the training music 55 % of the partials of a sixteenth are there in the next."""
    pitch = [set(row) for row in sketch(seconds=60.0)[0].partials.pitch.tolist()]
    kept = np.mean([len(now & then) / len(now) for now, then in pairwise(pitch)])
    assert 0.4 < kept < 0.7
