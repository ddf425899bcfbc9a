"""A part of a take made anew: all else stays bit for bit, and the seam is not heard."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from studio_quick import QUICK

from d2m_cli import Studio, Take
from d2m_cli.errors import Cancelled, InputError
from d2m_cli.spec import DRUM_RATE
from d2m_cli.studio.part import CROSS_FADE

START, END = 1.23, 2.71


@pytest.fixture(scope="module")
def part(studio: Studio, first: Take) -> Take:
    return studio.redo(first.id, START, END, seed=7)


def outside(count: int, rate: float, spans) -> np.ndarray:
    """Which of `count` steps lie outside of all spans."""
    times = np.arange(count) / rate
    return ~np.any([(times >= a) & (times < b) for a, b in spans], axis=0)


def test_samples_outside_are_those_of_the_old_take(first: Take, part: Take) -> None:
    old, new = first.samples, part.samples
    rest = outside(len(old), first.rate, [(START, END)])
    assert len(new) == len(old)
    assert np.array_equal(new[rest], old[rest])
    inner = ~outside(len(old), first.rate, [(START + CROSS_FADE, END - CROSS_FADE)])
    assert np.mean(new[inner] == old[inner]) < 0.05


def test_codes_and_sketch_outside_are_those_of_the_old_take(first: Take, part: Take) -> None:
    rest = outside(len(first.codes), first.settings.level.code_rate, [(START, END)])
    assert np.array_equal(part.codes[rest], first.codes[rest])
    assert np.mean(part.codes[~rest] == first.codes[~rest]) < 0.5
    old, new = first.sketch, part.sketch
    rest = outside(old.drum_onsets.shape[1], DRUM_RATE, [(START, END)])
    assert np.array_equal(new.drum_onsets[:, rest], old.drum_onsets[:, rest])
    assert not np.array_equal(new.drum_onsets, old.drum_onsets)
    times = old.partials.times
    rest = (times < START) | (times >= END)
    for name in ("times", "pitch", "level", "phase"):
        assert np.array_equal(
            getattr(new.partials, name)[rest], getattr(old.partials, name)[rest]
        ), name
    assert not np.array_equal(new.partials.pitch, old.partials.pitch)
    assert old.notes is not None and new.notes is not None
    kept, made = (
        {tuple(note) for note in notes.T if not START <= note[0] < END}
        for notes in (old.notes, new.notes)
    )
    assert kept == made
    assert {tuple(note) for note in new.notes.T} != {tuple(note) for note in old.notes.T}


def test_the_part_has_the_key_and_the_beats_of_the_take(first: Take, part: Take) -> None:
    assert part.score.tonality == first.score.tonality
    assert part.arrangement.key == first.arrangement.key
    assert part.beats == first.beats
    assert part.parent == first.id
    (span,) = part.parts
    code = 1 / first.settings.level.code_rate
    assert START <= span.start < START + code
    assert END - code < span.end <= END
    chords = part.arrangement.chords
    assert all(a.end == b.start for a, b in pairwise(chords))


def test_no_seam_is_heard(first: Take, part: Take) -> None:
    """At the edges the wave bends no more than it does elsewhere in either take."""
    old, new = first.samples, part.samples
    bend = np.abs(np.diff(new, 2))
    for edge in part.parts[0]:
        near = slice(*(int((edge + d) * first.rate) for d in (-CROSS_FADE, CROSS_FADE)))
        assert bend[near].max() <= max(np.abs(np.diff(old, 2)).max(), bend[: near.start].max())
        around = slice(near.start - 2000, near.stop + 2000)
        ratio = np.std(new[near]) / np.std(new[around])
        assert 0.3 < ratio < 3


def test_a_seed_means_the_same_part(studio: Studio, first: Take, part: Take) -> None:
    again = studio.redo(first.id, START, END, seed=7)
    assert np.array_equal(again.codes, part.codes)
    assert np.array_equal(again.samples, part.samples)


def test_locked_stretches_stay_in_parts_and_in_new_takes(studio: Studio, first: Take) -> None:
    locked = [(0.5, 1.0), (2.0, 2.5)]
    for span in locked:
        studio.lock(first.id, *span)
    try:
        made = studio.add_take(replace(QUICK, style="rock", seed=9), base=first.id)
        assert studio.locks(made.id) == studio.locks(first.id)
        old, new = first.samples, made.samples
        kept = ~outside(len(old), first.rate, locked)
        assert np.array_equal(new[kept], old[kept])
        assert np.mean(new[~kept] == old[~kept]) < 0.2
        with pytest.raises(InputError, match="locked as a whole"):
            studio.redo(first.id, 0.6, 0.9)
        with pytest.raises(InputError, match="has its beats"):
            studio.add_take(replace(QUICK, tempo=90.0), base=first.id)
        with pytest.raises(InputError, match="has level high"):
            studio.add_take(replace(QUICK, level="low"), base=first.id)
        with pytest.raises(InputError, match="same meter"):
            studio.add_take(replace(QUICK, style="waltz"), base=first.id)
    finally:
        for span in locked:
            studio.unlock(first.id, *span)
    assert not studio.locks(first.id)


def test_parts_may_be_made_of_parts_to_both_ends(studio: Studio, part: Take) -> None:
    made = studio.redo(part.id, 2.2, settings=replace(QUICK, quality="normal", seed=1))
    cut = int(2.2 * part.rate)
    assert np.array_equal(made.samples[:cut], part.samples[:cut])
    assert len(made.samples) == len(part.samples)
    assert np.abs(made.samples[-20:]).max() < 0.01, "it ends in silence"
    begun = studio.redo(made.id, 0.0, 1.0)
    assert np.array_equal(begun.samples[part.rate :], made.samples[part.rate :])
    assert begun.settings.seed == made.settings.seed + 1


def test_a_cancelled_part_leaves_nothing(studio: Studio, first: Take) -> None:
    asked = []

    def stop() -> bool:
        asked.append(None)
        return len(asked) > 3

    before = [take.id for take in studio.takes]
    with pytest.raises(Cancelled):
        studio.redo(first.id, START, END, cancelled=stop)
    assert [take.id for take in studio.takes] == before
    assert {path.name for path in (studio.folder / "takes").iterdir()} == set(before)
