"""A song as a MIDI file."""

from pathlib import Path

import mido

from d2m_cli.files import whole_file
from d2m_cli.output.midi import PERCUSSION, TICKS, notes_of, track_of
from d2m_cli.sketch.notes import Part
from d2m_cli.songs.instruments import Instruments
from d2m_cli.songs.song import Song
from d2m_cli.spec import SIXTEENTHS_PER_BEAT

CHANNELS = {Part.DRUMS: PERCUSSION, Part.BASS: 0, Part.CHORDS: 1, Part.MELODY: 2}


def write_midi(path: Path, song: Song, instruments: Instruments) -> None:
    """Write a song with a track for each part, its tempo, meter and sections as markers.

    Beat 0 of the file is the song's first beat. Raises `OutputError` when the disk refuses.
    """
    file = mido.MidiFile(ticks_per_beat=TICKS)
    meter = song.score.rules.meter
    master = [
        (0, mido.MetaMessage("track_name", name=f"{song.style} {song.seed}")),
        (0, mido.MetaMessage("set_tempo", tempo=round(60e6 / song.bpm))),
        (0, mido.MetaMessage("time_signature", numerator=meter, denominator=4)),
    ]
    done = 0
    for section in song.plan:
        master.append((done, mido.MetaMessage("marker", text=section.name)))
        done += section.bars * meter * TICKS
    file.tracks.append(track_of(master))
    for part in Part:
        channel, program = CHANNELS[part], instruments.programs[part]
        begin = [
            (0, mido.MetaMessage("track_name", name=str(part))),
            (0, mido.Message("program_change", channel=channel, program=program)),
        ]
        file.tracks.append(track_of([*begin, *notes_of(_notes(song, part), channel)]))
    with whole_file(path) as draft:
        file.save(draft)


def _notes(song: Song, part: Part) -> list[tuple[int, int, int, float]]:
    """First and last tick, key and velocity."""

    def tick(place: float) -> int:
        return round(place * TICKS / SIXTEENTHS_PER_BEAT)

    return [
        (tick(note.start), tick(note.start + note.length), note.pitch, note.velocity)
        for note in song.score.notes
        if note.part is part
    ]
