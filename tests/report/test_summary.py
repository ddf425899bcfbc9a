"""What d2m generate says of a piece."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from d2m_cli.report.dance_plot import Curve, DancePlot, plot_dance
from d2m_cli.report.summary import (
    Failure,
    Summary,
    closing_line,
    piece_line,
)
from d2m_cli.report.summary_table import (
    events_words,
    found_words,
    mix_words,
    summary_table,
    tempo_words,
)
from d2m_cli.types import Accent, Events, Followed, Jump

PIECE = Summary(
    video="dance.mp4",
    out="out [1].mp4",
    duration=12.5,
    dancer_found=1.0,
    dance_tempo=111.7,
    dance_tempo_candidates=[(112.0, 0.97), (149.0, 0.02)],
    dance_confidence=0.88,
    music_tempo=111.7,
    level="low",
    style="rock",
    seed=3,
    left_out=[],
    stages={"analyze": 3.0, "compose": 1.0},
    beats=[0.5, 1.0],
)


def test_a_clear_tempo_is_sure() -> None:
    assert tempo_words(PIECE) == "112 bpm, sure (confidence 0.88)"
    assert PIECE.record()["dance_tempo_sure"] is True
    assert PIECE.warnings == PIECE.record()["warnings"] == []


def test_an_unclear_tempo_names_the_others() -> None:
    candidates = [(112.0, 0.4), (149.0, 0.35), (90.0, 0.25)]
    unsure = replace(PIECE, dance_tempo_candidates=candidates)
    assert tempo_words(unsure) == (
        "112 bpm, unsure (confidence 0.88), perhaps 149 or 90: --tempo 149"
    )
    assert unsure.record()["dance_tempo_alternatives"] == [149.0, 90.0]
    assert replace(PIECE, dance_meter=3).record()["dance_meter"] == 3
    assert tempo_words(replace(PIECE, dance_meter=3)).startswith("112 bpm in 3, sure")
    faint = replace(PIECE, dance_confidence=0.05)
    assert "unsure" in tempo_words(faint)
    assert ["hardly shows a pulse" in warning for warning in faint.warnings] == [True]


def test_small_moves_of_a_clear_pulse_are_no_guess() -> None:
    calm = replace(PIECE, dance_pace=0.1)
    assert not calm.is_guess and calm.warnings == []
    candidates = [(112.0, 0.4), (149.0, 0.35)]
    faint = replace(PIECE, dance_tempo_candidates=candidates, dance_confidence=0.05)
    assert faint.alternatives == [149.0]
    assert replace(faint, dance_pace=0.1).alternatives == []


def test_short_dances_and_lost_dancers_are_warned_of() -> None:
    brief = replace(PIECE, duration=2.4)
    [short] = brief.warnings
    assert not brief.is_sure
    assert "2.4 s" in short and "--tempo" in short
    assert replace(brief, dance_confidence=0.01).warnings == [short]
    [lost] = replace(PIECE, dancer_found=0.4).warnings
    assert "40 %" in lost


def test_an_end_beyond_the_dance_is_told() -> None:
    [cut] = replace(PIECE, seconds_missing=3.5).warnings
    assert "3.50 s before --end" in cut
    assert replace(PIECE, seconds_missing=0.01).warnings == []
    assert "seconds_missing" not in PIECE.record()


def test_of_several_people_it_is_said_who_is_followed() -> None:
    group = replace(PIECE, dancer_found=0.98, followed=Followed((0.4, 0.98, 0.95), 1))
    assert found_words(PIECE) == "100 % of frames"
    assert (
        found_words(group) == "98 % of frames: number 2 of 3 from the left (the others in 40, 95 %)"
    )
    [several] = group.warnings
    assert "3 people" in several and "number 2 from the left" in several and "--dancer" in several
    assert replace(group, dancer_chosen=True).warnings == []
    record = group.record()
    assert (record["people_found"], record["dancer"]) == ([0.4, 0.98, 0.95], 2)
    assert replace(PIECE, followed=Followed((1.0,), 0)).warnings == []


def test_the_table_counts_the_accents_that_the_plot_shows(tmp_path: Path) -> None:
    accents = (Accent(0.5, 0.9), Accent(1.0, 0.3), Accent(1.5, 0.5))
    events = Events(accents=accents, jumps=(Jump(1.0, 0.2),))
    assert events_words(replace(PIECE, events=events.record())) == "3 accents (2 strong), 1 jump"
    curve = Curve(np.ones(90), 30.0)
    strip, beats = np.zeros((4, 120, 68, 3), np.uint8), np.array([0.5])
    plot = DancePlot("dance", strip, curve, curve, beats, 3.0, events=events)
    plot_dance(tmp_path / "plot.svg", plot)
    assert "strong accent (2 of 3)" in (tmp_path / "plot.svg").read_text()


def test_hearing_a_song_counts() -> None:
    console = Console(width=100, record=True)
    console.print(summary_table(replace(PIECE, stages={"analyze": 3.0, "listen": 5.5})))
    told = [line.split("│")[1:3] for line in console.export_text().splitlines() if "time" in line]
    assert [[word.strip() for word in row] for row in told] == [
        ["time to hear the song", "5.5 s"],
        ["time to analyze the dance", "3.0 s"],
        ["time in all", "8.5 s"],
    ]


def test_levels_of_a_mix_are_told_in_decibels() -> None:
    assert mix_words(0.5) == "kept under the music, -6.0 dB"
    console = Console(width=100, record=True)
    console.print(summary_table(replace(PIECE, mix=0.1)))
    assert "-20.0 dB" in console.export_text()


def test_a_batch_closes_with_what_failed_and_why() -> None:
    failed = [Failure("clips/x.mp4", "No person was found in the video: use another one.")]
    assert closing_line(4, []) == "4 of 4 videos done."
    assert closing_line(4, failed) == (
        "3 of 4 videos done; failed: x.mp4, because No person was found in the video: "
        "use another one."
    )


def test_the_arrangement_stands_among_the_facts() -> None:
    chords = [{"start": 0.5, "end": 2.5, "name": "Am"}]
    known = {
        "key": "A minor",
        "composer": "rules",
        "beats": [0.5, 1.0],
        "downbeats": [0.5],
        "chords": chords,
    }
    piece = replace(PIECE, arrangement=known)
    record = piece.record()
    assert record["chords"] == chords and record["beats"] == PIECE.beats
    assert "arrangement" not in record and "key" not in PIECE.record()
    console = Console(width=100, record=True)
    console.print(summary_table(piece))
    assert "A minor" in console.export_text()


def test_a_failure_names_its_video_once() -> None:
    broken = Failure("clips/x.mp4", "clips/x.mp4 is truncated or damaged: download it again.")
    assert closing_line(2, [broken]) == (
        "1 of 2 videos done; failed: x.mp4, because it is truncated or damaged: download it again."
    )


@pytest.mark.parametrize("words", ["out [1].mp4", "rock", "seed 3", "112 bpm", "in 4.0 s"])
def test_one_line_a_piece(words: str) -> None:
    assert words in piece_line(PIECE) and "\n" not in piece_line(PIECE)
