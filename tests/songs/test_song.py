"""Scores keep to their style: tempo, meter, pattern; and come out as MIDI."""

from collections import defaultdict
from pathlib import Path

import mido
import numpy as np
import pytest
from short_songs import short_song

from d2m_cli.bundles.styles import read_styles, style_entry, styles_toml
from d2m_cli.generation.styles import style_for_dance
from d2m_cli.sketch.notes import STROKES, Part, signs
from d2m_cli.songs.instruments import check_instruments, choose_instruments
from d2m_cli.songs.midi import write_midi
from d2m_cli.songs.song import outline, write_song
from d2m_cli.songs.styles import song_styles

STYLES = song_styles()
WANTED = {
    *("house", "techno", "disco", "funk", "hip-hop", "trap", "breakbeat", "drum-and-bass", "pop"),
    *("rock", "reggaeton", "salsa", "cha-cha", "waltz", "tango", "chiptune", "ambient"),
}


def test_the_styles_of_the_dance_floor_are_there_with_sources_and_instruments() -> None:
    assert STYLES.keys() >= WANTED
    assert all(entry.source and entry.sound for entry in STYLES.values())
    check_instruments(list(STYLES))


@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_song_keeps_to_tempo_meter_and_form(style: str) -> None:
    entry = STYLES[style]
    song = write_song(style, entry, 3)
    assert entry.tempo[0] <= song.bpm <= entry.tempo[1]
    assert 40.0 < song.seconds < 150.0
    assert song.seconds == pytest.approx(outline(style, entry, 3).seconds)
    bar = 4 * entry.rules.meter
    assert all(b.begin % bar == 0 and b.end - b.begin == bar for b in song.score.bars)
    assert {"drop", "end"} <= {section.name for section in song.sections}
    np.testing.assert_allclose(np.diff(song.beats), 60.0 / song.bpm)
    starts = [note.start for note in song.score.notes]
    assert starts == sorted(starts) and starts[0] >= 0
    for part, low, high in ((Part.BASS, 28, 64), (Part.CHORDS, 55, 79), (Part.MELODY, 53, 96)):
        pitches = [note.pitch for note in song.score.notes if note.part is part]
        assert pitches and low <= min(pitches) and max(pitches) <= high


@pytest.mark.parametrize("style", sorted(STYLES))
def test_the_drums_play_patterns_of_the_style(style: str) -> None:
    rules = STYLES[style].rules
    song = short_song(style, bars=4, seed=5)
    bar = 4 * rules.meter
    played: dict[int, set[int]] = defaultdict(set)
    late = 2 * rules.swing - 1
    for note in song.score.notes:
        if note.part is Part.DRUMS and note.start < 2.5 * bar:
            step = round(note.start) if note.start % 2 < 0.9 else round(note.start - late)
            played[note.pitch].add(step)
    for stroke, patterns in rules.groove.items():
        steps = {step for step in played[STROKES[stroke]] if step < 2 * bar}
        choices = [
            {s.step + n * len(p) for n in range(2 * bar // len(p)) for s in signs(p)}
            for p in patterns
        ]
        assert steps in choices, (stroke, sorted(steps))


def test_swing_delays_every_second_sixteenth() -> None:
    song = short_song("hip-hop", bars=8)
    places = np.array([note.start for note in song.score.notes]) % 2
    off_beat = places[(places > 0.7) & (places < 1.6)]
    assert len(off_beat) > 10 and np.median(off_beat) == pytest.approx(1.2, abs=0.04)


def test_a_waltz_has_three_beats() -> None:
    song = short_song("waltz", bars=8)
    chords = {round(n.start) % 12 for n in song.score.notes if n.part is Part.CHORDS}
    assert song.score.sixteenths == 12 * 9 and {4, 8} <= chords


def test_a_dance_in_three_gets_a_style_in_three() -> None:
    assert {style_for_dance(STYLES, tempo, 3) for tempo in range(60, 200)} == {"waltz"}
    assert "waltz" not in {style_for_dance(STYLES, tempo) for tempo in range(60, 200)}


def test_the_hook_comes_back() -> None:
    song = write_song("house", STYLES["house"], 1)
    drops = [section for section in song.sections if section.name == "drop"]
    hooks = []
    for drop in drops:
        hooks.append(
            [
                (round((song.time(n.start) - drop.start) / song.sixteenth), n.pitch)
                for n in song.score.notes
                if n.part is Part.MELODY
                and drop.start - 0.02 <= song.time(n.start) < drop.end - 0.02
            ]
        )
    assert len(hooks) > 1 and hooks[0] == hooks[1] and len(hooks[0]) > 8


def test_the_same_seed_writes_the_same_notes() -> None:
    first, again, other = (write_song("salsa", STYLES["salsa"], seed) for seed in (1, 1, 2))
    assert first.score.notes == again.score.notes != other.score.notes


def test_styles_are_written_and_read_whole(tmp_path: Path) -> None:
    import tomllib

    tables = tomllib.loads(styles_toml(STYLES))
    assert {name: style_entry(name, table, "") for name, table in tables.items()} == STYLES


def test_a_song_is_a_midi_file(tmp_path: Path) -> None:
    song = short_song("waltz")
    write_midi(tmp_path / "a.mid", song, choose_instruments("waltz", 0, False))
    file = mido.MidiFile(tmp_path / "a.mid")
    first = {message.type: message for message in file.tracks[0]}
    assert first["time_signature"].numerator == 3
    assert mido.tempo2bpm(first["set_tempo"].tempo) == pytest.approx(song.bpm, rel=1e-4)
    assert first["marker"].text == "drop"
    begun = [m for track in file.tracks for m in track if m.type == "note_on"]
    assert len(begun) == len(song.score.notes)
    last = song.score.sixteenths * song.sixteenth
    assert file.length == pytest.approx(last, abs=0.5)


def test_dances_get_the_rules_that_songs_are_written_by() -> None:
    dances = read_styles(None)
    assert dances.keys() == STYLES.keys()
    for name, entry in dances.items():
        assert (entry.rules, entry.source) == (STYLES[name].rules, STYLES[name].source), name
