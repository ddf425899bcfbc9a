"""A song as a MIDI file."""

from pathlib import Path

from d2m_cli.errors import D2MError
from d2m_cli.files import whole_file
from d2m_cli.sketch.notes import Part
from d2m_cli.songs.instruments import Instruments
from d2m_cli.songs.song import Song
from d2m_cli.songs.synth import HINT
from d2m_cli.spec import SIXTEENTHS_PER_BEAT

TICKS = 480
"""Of a quarter note."""
CHANNELS = {Part.DRUMS: 9, Part.BASS: 0, Part.CHORDS: 1, Part.MELODY: 2}


def write_midi(path: Path, song: Song, instruments: Instruments) -> None:
    """Write a song with a track for each part, its tempo, meter and sections as markers.

    Beat 0 of the file is the song's first beat. Raises `OutputError` when the disk refuses,
    `D2MError` when mido is missing.
    """
    try:
        import mido
    except ImportError as error:
        raise D2MError(f"Songs need mido: {HINT}.") from error
    file = mido.MidiFile(ticks_per_beat=TICKS)
    master = mido.MidiTrack()
    meter = song.score.rules.meter
    master.append(mido.MetaMessage("track_name", name=f"{song.style} {song.seed}"))
    master.append(mido.MetaMessage("set_tempo", tempo=round(60e6 / song.bpm)))
    master.append(mido.MetaMessage("time_signature", numerator=meter, denominator=4))
    done = 0
    for section in song.plan:
        master.append(mido.MetaMessage("marker", text=section.name, time=done))
        done = section.bars * meter * TICKS
    file.tracks.append(master)
    for part in Part:
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=str(part))])
        channel = CHANNELS[part]
        program = instruments.programs[part]
        track.append(mido.Message("program_change", channel=channel, program=program))
        now = 0
        for tick, kind, pitch, velocity in _messages(song, part):
            track.append(
                mido.Message(kind, channel=channel, note=pitch, velocity=velocity, time=tick - now)
            )
            now = tick
        file.tracks.append(track)
    with whole_file(path) as draft:
        file.save(draft)


def _messages(song: Song, part: Part) -> list[tuple[int, str, int, int]]:
    """Tick, kind, key and velocity; what ends goes before what begins."""
    messages = []
    for note in song.score.notes:
        if note.part is part:
            begin = round(note.start * TICKS / SIXTEENTHS_PER_BEAT)
            end = round((note.start + note.length) * TICKS / SIXTEENTHS_PER_BEAT)
            velocity = max(1, min(127, round(127 * note.velocity)))
            messages.append((begin, "note_on", note.pitch, velocity))
            messages.append((max(end, begin + 1), "note_off", note.pitch, 0))
    return sorted(messages, key=lambda message: (message[0], message[1] == "note_on", message[2]))
