import numpy as np
import pytest

from d2m_cli.bundles.styles import read_styles
from d2m_cli.sketch.arrange import DanceScore, arrange, dance_score
from d2m_cli.sketch.notes import STROKES, Part
from d2m_cli.sketch.rules import StyleRules
from d2m_cli.spec import DRUM_RATE, MOTION_RATE
from d2m_cli.types import Accent, Events, Freeze, Rhythm

STYLES = read_styles()


def rules_of(style: str) -> StyleRules:
    return STYLES[style].rules


def score(energy: float = 1.0, events: Events = Events(), style: str = "pop") -> DanceScore:
    steps = int(12.0 * MOTION_RATE)
    phase = (np.arange(steps) / MOTION_RATE * 112.0 / 60.0 - 0.4).astype(np.float32)
    rhythm = Rhythm(phase, np.ones(steps, np.float32), MOTION_RATE)
    lively = np.full(steps, energy, np.float32)
    return dance_score(rhythm, lively, style, rules_of(style), 0, events)


def test_a_still_dance_has_fewer_voices_and_fewer_softer_strokes() -> None:
    calm, lively = score(energy=0.1).score.notes, score(energy=1.0).score.notes
    assert not [note for note in calm if note.part is Part.MELODY]
    assert [note for note in lively if note.part is Part.MELODY]
    strokes, more = ([n.velocity for n in ns if n.part is Part.DRUMS] for ns in (calm, lively))
    assert len(strokes) < 0.6 * len(more) and np.max(strokes[:-2]) < 0.8 * np.max(more)


@pytest.mark.parametrize("style", ["pop", "ambient"])
def test_a_freeze_is_a_pause_and_a_stroke_opens_what_follows(style: str) -> None:
    beats = (np.arange(22) + 0.4) * 60.0 / 112.0
    written = score(events=Events(freezes=(Freeze(beats[8], beats[12] + 0.05),)), style=style)
    ((begin, end),) = [written.grid.seconds(np.array([p.begin, p.end])) for p in written.pauses]
    assert begin == pytest.approx(beats[8] + 15 / 112.0, abs=0.01)
    assert end == pytest.approx(beats[12], abs=0.01)
    starts = written.grid.seconds(np.array([note.start for note in written.score.notes]))
    lengths = np.array([note.length for note in written.score.notes]) * 15.0 / 112.0
    assert not ((starts > begin - 0.03) & (starts < end - 0.03)).any()
    assert (starts + lengths)[starts < begin].max() < begin + 0.03
    assert np.abs(starts - end).min() < 0.01
    if style == "pop":
        crashes = [n.start for n in written.score.notes if n.pitch == STROKES["crash"]]
        assert written.pauses[0].end in crashes


def test_the_sketch_is_silent_in_a_pause() -> None:
    rhythm = score().grid.rhythm
    lively = np.ones(len(rhythm.phase), np.float32)
    events = Events(freezes=(Freeze(4.0, 6.0),))
    made = arrange(rhythm, lively, 12.0, "pop", rules_of("pop"), 0, events)
    ((begin, end),) = made.arrangement.pauses
    inside = (made.partials.times > begin) & (made.partials.times < end)
    assert inside.sum() > 8 and not made.partials.level[inside].any()
    first, last = int((begin + 0.2) * DRUM_RATE), int((end - 0.2) * DRUM_RATE)
    assert made.drum_onsets[:, first:last].max() == 0.0


def test_a_strong_accent_is_struck_on_the_nearest_sixteenth() -> None:
    sixteenth = 15.0 / 112.0
    time = (4 * 6 + 1.6 + 3.3) * sixteenth
    crashes = {}
    for strength in (0.0, 0.9):
        written = score(events=Events(accents=(Accent(time, strength),)))
        crashes[strength] = {
            float(written.grid.seconds(np.array(note.start)))
            for note in written.score.notes
            if note.pitch == STROKES["crash"]
        }
    (own,) = crashes[0.9] - crashes[0.0]
    assert abs(own - time) <= sixteenth / 2
