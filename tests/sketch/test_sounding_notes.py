"""The sound of a score's notes."""

import numpy as np
import pytest

from d2m_cli.sketch.notes import STROKES, Part
from d2m_cli.sketch.play import HARMONICS, TimedNote, phases_in, play, sounding
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.spec import SAMPLE_RATE

RULES = StyleRules()
SIXTEENTH = 0.125


def in_step(note: TimedNote) -> np.ndarray:
    return np.zeros(HARMONICS)


def heard(*notes: TimedNote, seconds: float = 2.0) -> np.ndarray:
    return play(sounding(notes, RULES, SIXTEENTH, in_step), 0, round(seconds * SAMPLE_RATE))


def stroke(name: str, start: float = 0.0) -> TimedNote:
    return TimedNote(Part.DRUMS, start, start, STROKES[name], 0.8)


def share(sound: np.ndarray, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    return float(power[(hertz >= low) & (hertz < high)].sum() / power.sum())


def test_windows_hear_what_one_pass_hears() -> None:
    notes = [TimedNote(Part.MELODY, 0.1, 0.9, 69, 0.7), TimedNote(Part.BASS, 0.5, 1.5, 40, 1.0)]
    rows = sounding(
        [*notes, stroke("snare", 0.52), stroke("crash", 1.0)], RULES, SIXTEENTH, in_step
    )
    whole = play(rows, -500, 45000)
    parts = [play(rows, first, 15000) for first in (-500, 14500, 29500)]
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)
    assert not whole[:500].any()


def test_a_tone_has_its_pitch_and_fades_as_the_rules_say() -> None:
    sound = heard(TimedNote(Part.MELODY, 0.0, 1.9, 81, 1.0))
    power = np.abs(np.fft.rfft(sound))
    assert power.argmax() / 2.0 == pytest.approx(880.0, abs=2.0)
    fall = RULES.decay_sixteenths * SIXTEENTH
    early, late = (
        np.abs(sound[round(at * SAMPLE_RATE) :][:2000]).max() for at in (0.1, 0.1 + fall)
    )
    assert late / early == pytest.approx(np.exp(-1), abs=0.01)


@pytest.mark.parametrize(
    ("name", "low", "high"), [("kick", 0, 200), ("snare", 150, 5000), ("hat", 4000, 11025)]
)
def test_a_stroke_sounds_in_its_band(name: str, low: float, high: float) -> None:
    assert share(heard(stroke(name)), low, high) > 0.65


def test_a_note_that_is_struck_again_is_heard_to_begin() -> None:
    again = [TimedNote(Part.BASS, at, at + 0.25, 40, 1.0) for at in (0.0, 0.25)]
    both, held = heard(*again), heard(TimedNote(Part.BASS, 0.0, 0.5, 40, 1.0))
    later = slice(round(0.3 * SAMPLE_RATE), round(0.4 * SAMPLE_RATE))
    assert np.abs(both[later]).max() > 1.3 * np.abs(held[later]).max()


def test_every_stroke_of_the_map_has_a_sound() -> None:
    for name in STROKES:
        assert np.abs(heard(stroke(name))).max() > 0.01


def test_nothing_sounds_like_silence() -> None:
    assert not play(sounding([], RULES, SIXTEENTH, in_step), 0, 100).any()


def test_phases_are_those_in_the_music() -> None:
    told = np.array([0.5, -2.0, 3.0, 1.0, -1.0, 2.0])
    note = TimedNote(Part.CHORDS, 0.2, 0.8, 60, 1.0)
    wave = play(sounding([note], RULES, SIXTEENTH, lambda _: told), 0, SAMPLE_RATE)
    turned = np.exp(1j * (phases_in(wave, note) - told))
    assert np.abs(np.angle(turned)).max() < 0.1
