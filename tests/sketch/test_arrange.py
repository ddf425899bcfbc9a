import json
from itertools import pairwise

import numpy as np
import pytest

from d2m_cli.bundles.styles import read_styles
from d2m_cli.sketch.arrange import Sketch, arrange
from d2m_cli.sketch.arrangement import NOTES, TRIADS, triad_name
from d2m_cli.sketch.drums import BANDS
from d2m_cli.sketch.partials import MAX_PARTIALS
from d2m_cli.sketch.pitches import LOWEST_PITCH, PITCHES
from d2m_cli.sketch.rules import SCALES, TRIAD, StyleRules
from d2m_cli.sketch.sinusoids import render
from d2m_cli.spec import DRUM_RATE, MOTION_RATE, SAMPLE_RATE
from d2m_cli.types import Rhythm

STYLES = read_styles()


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
    lively = np.full(steps, energy, np.float32)
    return arrange(rhythm, lively, seconds, style, rules_of(style), seed), rhythm


def rules_of(style: str) -> StyleRules:
    return STYLES[style].rules if style in STYLES else StyleRules()


def peaks(curve: np.ndarray, least: float = 0.05) -> np.ndarray:
    inner = (curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:]) & (curve[1:-1] > least)
    return (np.flatnonzero(inner) + 1) / DRUM_RATE


def test_every_strong_hit_lies_on_a_sixteenth_of_the_dance() -> None:
    made, rhythm = sketch()
    grid = np.interp(
        peaks(made.drum_onsets.max(axis=0), 0.55),
        np.arange(len(rhythm.phase)) / MOTION_RATE,
        rhythm.phase,
    )
    assert len(grid) > 15
    assert np.abs(4 * grid - np.round(4 * grid)).max() < 0.25


def test_every_beat_of_the_dance_is_heard() -> None:
    made, rhythm = sketch()
    times = peaks(made.drum_onsets.max(axis=0))
    for beat in rhythm.beats:
        assert np.abs(times - beat).min() < 0.02


def test_nothing_is_hit_after_the_last_beat() -> None:
    made, rhythm = sketch()
    assert peaks(made.drum_onsets.max(axis=0)).max() == pytest.approx(rhythm.beats[-1], abs=0.02)


def test_a_still_dance_has_fewer_voices_and_softer_drums() -> None:
    above_chords = 76 - LOWEST_PITCH
    drums, melody = [], []
    for energy in (0.1, 1.0):
        pieces = [sketch(energy=energy, seed=seed)[0] for seed in range(12)]
        drums.append(sum(piece.drum_onsets.sum() for piece in pieces))
        high = [piece.partials.pitch >= above_chords for piece in pieces]
        melody.append(
            sum(float((p.partials.level * h).sum()) for p, h in zip(pieces, high, strict=True))
        )
    assert drums[0] < 0.9 * drums[1]
    assert melody[0] < 0.95 * melody[1]


def test_the_seed_picks_the_piece() -> None:
    first, again, other = sketch(seed=1)[0], sketch(seed=1)[0], sketch(seed=2)[0]
    np.testing.assert_array_equal(first.partials.level, again.partials.level)
    np.testing.assert_array_equal(first.partials.phase, again.partials.phase)
    assert (first.partials.pitch != other.partials.pitch).any()


@pytest.mark.parametrize("style", [*STYLES, "song.mp3"])
def test_every_style_fills_a_piece_with_tones(style: str) -> None:
    made, _ = sketch(style=style)
    sounding = (made.partials.level > 0).any(axis=1)
    assert made.partials.pitch.shape[1] == MAX_PARTIALS and sounding.mean() > 0.7
    sound = render(made.partials, 0, 8 * SAMPLE_RATE)
    assert 0.03 < sound.std() < 0.3 and np.isfinite(sound).all()


@pytest.mark.parametrize("seconds", [0.4, 1.0, 2.0, 61.0])
def test_any_length(seconds: float) -> None:
    made, _ = sketch(seconds=seconds)
    assert made.drum_onsets.shape == (BANDS, int(seconds * DRUM_RATE) + 2)
    assert np.isfinite(made.partials.level).all()


def test_a_tone_runs_on_from_one_sixteenth_to_the_next() -> None:
    """No jump of phase: a held chord has the spectrum of sinusoids, not of grains."""
    made, _ = sketch(style="ambient")
    spectrum = np.abs(np.fft.rfft(render(made.partials, 0, 2 * SAMPLE_RATE)))
    loudest = np.sort(spectrum)[::-1]
    assert (loudest[:200] ** 2).sum() > 0.9 * (loudest**2).sum()


@pytest.mark.parametrize("style", ["chiptune", "world"])
def test_octaves_have_the_balance_of_the_rules(style: str) -> None:
    made, _ = sketch(seconds=60.0, style=style)
    levels = np.zeros((len(made.partials.times), PITCHES))
    np.put_along_axis(levels, made.partials.pitch.astype(int), made.partials.level, 1)
    octaves = (levels**2).sum(axis=0).reshape(-1, 12).sum(axis=1)
    share = 10 * np.log10(octaves / octaves.sum())
    balance = np.array(rules_of(style).balance)
    audible = balance > -25.0
    np.testing.assert_allclose(share[audible], balance[audible], atol=6.0)


def test_partials_come_and_go_as_in_real_music() -> None:
    """In the training music 55 % of the partials of a sixteenth are there in the next."""
    pitch = [set(row) for row in sketch(seconds=60.0)[0].partials.pitch.tolist()]
    kept = np.mean([len(now & then) / len(now) for now, then in pairwise(pitch)])
    assert 0.4 < kept < 0.7


def test_the_arrangement_says_what_sounds() -> None:
    made, rhythm = sketch(seconds=60.0, style="pop", seed=2)
    words = made.arrangement
    assert words.key.split()[1] == "major"
    np.testing.assert_allclose(words.beats, rhythm.beats)
    assert set(words.downbeats) <= set(words.beats)
    gaps = np.diff(words.downbeats)
    np.testing.assert_allclose(gaps, 4 * 60.0 / 112.0, atol=0.01)
    for stretches in (words.sections, words.chords):
        assert stretches[0].start == 0.0 and stretches[-1].end == 60.0
        assert all(now.end == then.start for now, then in pairwise(stretches))
        assert all(now.name != then.name for now, then in pairwise(stretches))
    assert {section.name for section in words.sections} == {"A", "B"}
    assert words.chords[-1].name == words.key.split()[0], "the close is the key's own chord"
    assert json.loads(json.dumps(words.record()))["chords"][0]["name"] == words.chords[0].name


@pytest.mark.parametrize("seed", [1, 4, 5])
def test_the_tones_of_the_chord_that_is_named_sound(seed: int) -> None:
    """They have most of the power; those a semitone above have little."""
    made, _ = sketch(seconds=30.0, style="ambient", seed=seed)
    shares = []
    for start, end, name in made.arrangement.chords:
        inside = (made.partials.times > start) & (made.partials.times < end)
        chroma = np.zeros(12)
        pitch = (made.partials.pitch[inside].astype(int) + LOWEST_PITCH) % 12
        np.add.at(chroma, pitch, made.partials.level[inside].astype(float) ** 2)
        root = NOTES.index(name.removesuffix("dim").removesuffix("m"))
        third, fifth = next(key for key, suffix in TRIADS.items() if name == NOTES[root] + suffix)
        tones = np.array([root, root + third, root + fifth])
        shares.append([chroma[(tones + up) % 12].sum() / chroma.sum() for up in (0, 1)])
    named, above = np.array(shares).T
    assert named.min() > 0.5 and named.mean() > 0.75 and above.mean() < 0.25


def test_every_triad_of_the_scales_has_a_name() -> None:
    for steps in SCALES.values():
        pitches = [*steps, *(step + 12 for step in steps)]
        named = [triad_name(*(pitches[root + degree] for degree in TRIAD)) for root in range(7)]
        assert len(set(named)) == 7
    assert triad_name(57, 60, 64) == "Am" and triad_name(59, 62, 65) == "Bdim"
