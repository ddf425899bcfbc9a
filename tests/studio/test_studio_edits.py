"""What is changed of a project can be taken back, and what settings say acts on the take."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from studio_quick import QUICK

from d2m_cli import Studio, Take, TakeSettings
from d2m_cli.errors import InputError
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.studio.making import write_piece
from d2m_cli.studio.settings import moved, rhythm_for
from d2m_cli.studio.spans import Span, joined, without


def test_locks_join_and_are_cut(studio: Studio, first: Take) -> None:
    assert studio.lock(first.id, 1.0, 2.0) == [(1.0, 2.0)]
    assert studio.lock(first.id, 2.0, 2.5) == [(1.0, 2.5)]
    assert studio.unlock(first.id, 1.2, 1.4) == [(1.0, 1.2), (1.4, 2.5)]
    assert studio.lock(first.id, -1.0, 99.0) == [(0.0, first.seconds)]
    for _ in range(4):
        studio.undo()
    assert studio.locks(first.id) == []
    with pytest.raises(InputError, match="there is nothing of take-1"):
        studio.lock(first.id, 2.0, 2.0)


def test_every_edit_is_undone_and_done_again(studio: Studio, first: Take) -> None:
    def state() -> tuple:
        written = json.loads(studio.file.read_text())
        return written["settings"], written["takes"], written["kept"]

    states = [state()]
    edits = [
        lambda: setattr(studio, "settings", QUICK),
        lambda: studio.lock(first.id, 0.5, 1.5),
        lambda: studio.keep(first.id),
        lambda: studio.rename(first.id, "the best"),
        lambda: studio.delete(first.id),
    ]
    for edit in edits:
        edit()
        states.append(state())
    assert studio.takes == []
    for before in states[-2::-1]:
        studio.undo()
        assert state() == before
    for after in states[1:]:
        studio.restore()
        assert state() == after
    while studio.edits[0]:
        studio.undo()
    assert state() == states[0] and studio.take(first.id) == first
    with pytest.raises(InputError, match="nothing to undo"):
        studio.undo()


def test_a_deleted_take_goes_for_good_when_it_is_purged(studio: Studio, tmp_path: Path) -> None:
    copy = shutil.copytree(studio.folder, tmp_path / "copy.d2m")
    with Studio.open(copy) as other:
        other.delete("take-1")
        assert (copy / "takes" / "take-1").exists()
        other.undo()
        other.delete("take-1")
        other.purge()
        assert not (copy / "takes" / "take-1").exists()
        assert other.edits == ([], [])
    with Studio.open(copy) as again:
        assert again.takes == [] and again.kept is None


def test_a_damaged_project_is_refused_in_one_sentence(studio: Studio, tmp_path: Path) -> None:
    for text in ("", "[]", '{"format": 99}', '{"format": 1}'):
        (tmp_path / "project.d2m.json").write_text(text)
        with pytest.raises(InputError, match=r"project\.d2m\.json"):
            Studio.open(tmp_path)
    copy = shutil.copytree(studio.folder, tmp_path / "copy.d2m")
    (copy / "takes" / "take-1" / "codes.npy").unlink()
    with pytest.raises(InputError, match=r"take-1 is damaged \(codes.npy is missing\)"):
        Studio.open(copy)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"level": "middle"}, "Unknown level"),
        ({"quality": "fine"}, "Unknown quality"),
        ({"seed": -1}, "negative"),
        ({"seed": 1.5}, "whole number"),
        ({"tempo": 20.0}, "not in 40 to 240"),
        ({"tempo": "fast"}, "give a number"),
        ({"meter": 5}, "choose 3 or 4"),
        ({"energy": 3.0}, "not in 0 to 2"),
        ({"beat_offset": float("nan")}, "give a number"),
        ({"volume": 1}, "Unknown setting"),
    ],
)
def test_wrong_settings_are_refused(wrong: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        TakeSettings.of(wrong)


def test_settings_survive_json() -> None:
    settings = replace(QUICK, tempo="x2", beat_offset=-0.25, meter=3, energy=0.5)
    assert TakeSettings.of(json.loads(json.dumps(settings.record()))) == settings


def test_tempo_offset_and_meter_decide_the_grid(studio: Studio) -> None:
    dance = studio.analyzed
    assert rhythm_for(dance, QUICK) is dance.rhythm
    assert rhythm_for(dance, replace(QUICK, tempo=90.0)).bpm == pytest.approx(90.0, abs=0.01)
    twice = rhythm_for(dance, replace(QUICK, tempo="x2"))
    assert twice.bpm == pytest.approx(2 * dance.rhythm.bpm)
    assert rhythm_for(dance, replace(QUICK, meter=3)).meter == 3
    later, old = rhythm_for(dance, replace(QUICK, beat_offset=0.1)), dance.rhythm.beats
    assert later.beats[later.beats > old[0]] == pytest.approx(old + 0.1, abs=0.005)
    half = replace(QUICK, tempo="half")
    slow = replace(dance, rhythm=rhythm_for(dance, half))
    with pytest.raises(InputError, match="not in 40 to 240"):
        rhythm_for(slow, half)


def test_an_offset_of_a_beat_moves_the_one(studio: Studio) -> None:
    rhythm = studio.analyzed.rhythm
    ones = [beat.time for beat in studio.dance.beats if beat.beat == 1]
    later = moved(rhythm, 60.0 / rhythm.bpm)
    found = later.beats[(np.ceil(later.phase[0]) + np.arange(len(later.beats))) % 4 == 0]
    assert found[found > ones[0]] == pytest.approx([ones[0] + 60.0 / rhythm.bpm], abs=0.02)


def test_energy_makes_the_score_busier(studio: Studio) -> None:
    maker = studio.maker
    assert isinstance(maker, D2MMaker)
    counts = [
        len(write_piece(maker, studio.analyzed, replace(QUICK, energy=energy)).score.notes)
        for energy in (0.0, 0.5, 1.0, 2.0)
    ]
    assert counts == sorted(counts) and counts[0] < 0.7 * counts[2] < 0.7 * counts[3]


def test_spans_are_joined_and_cut() -> None:
    spans = joined([Span(0, 1), Span(2, 3)], Span(1, 2))
    assert spans == [(0, 3)]
    assert without(spans, Span(1, 2), Span(2.5, 9)) == [(0, 1), (2, 2.5)]
    assert without(spans, Span(-1, 9)) == []
