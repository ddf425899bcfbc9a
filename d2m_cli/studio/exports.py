"""What leaves a project: the video or the music, and what is known of them, for other programs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from d2m_cli.errors import InputError
from d2m_cli.files import write_json
from d2m_cli.output.beats import FORMATS, Named, Timeline, write_timeline
from d2m_cli.output.checks import CONTAINERS, SOUND_SUFFIXES, check_output
from d2m_cli.output.midi import PERCUSSION, Played, Voice
from d2m_cli.output.mux import mux
from d2m_cli.output.sound import write_sound
from d2m_cli.sketch.notes import Part
from d2m_cli.spec import FRAME_RATE, SIXTEENTHS_PER_BEAT
from d2m_cli.studio.project import Project
from d2m_cli.studio.settings import seconds_at
from d2m_cli.studio.takes import Take

VOICES = {
    Part.DRUMS: (PERCUSSION, None),
    Part.BASS: (0, 33),
    Part.CHORDS: (1, 4),
    Part.MELODY: (2, 80),
}
"""Channel and General MIDI's instrument: fingered bass, electric piano, square lead."""
SUFFIXES = (*CONTAINERS, *SOUND_SUFFIXES, *FORMATS, ".json")


def write_export(
    project: Project, take: Take, out: Path, overwrite: bool, mix: float, finish: bool = True
) -> Path:
    """Write a take, or what is known of it; the suffix of `out` decides (`Studio.export`)."""
    if not 0.0 <= mix <= 1.0:
        raise InputError(f"mix is {mix:g}: give a number from 0 to 1.")
    suffix = out.suffix.lower()
    check_output(project.video, out, overwrite, SUFFIXES, copied=project.starts == 0)
    if suffix in CONTAINERS:
        clip = project.clip
        if clip is None:
            raise InputError(
                f"This dance has no video: export its music, as {', '.join(SOUND_SUFFIXES)}."
            )
        mux(clip, take.path, out, mix, finish)
    elif suffix in SOUND_SUFFIXES:
        write_sound(take.path, out, finish)
    elif suffix == ".json":
        write_json(out, facts(project, take))
    else:
        write_timeline(out, timeline_of(take), project.fps or FRAME_RATE)
    return out


def timeline_of(take: Take) -> Timeline:
    """Beats, sections and notes of a take."""
    sections = [
        Named(start, end, f"section {name}") for start, end, name in take.arrangement.sections
    ]
    return Timeline(take.beats, take.meter, sections, voices_of(take))


def voices_of(take: Take) -> list[Voice]:
    """The notes of a take's sketch, a voice for each part that plays."""
    score, rhythm = take.score, take.rhythm
    starts = np.array([note.start for note in score.notes])
    ends = starts + np.array([note.length for note in score.notes])
    times = [
        seconds_at(rhythm, (score.first + places) / SIXTEENTHS_PER_BEAT)
        for places in (starts, ends)
    ]
    found: dict[Part, list[Played]] = {part: [] for part in Part}
    for note, start, end in zip(score.notes, *times, strict=True):
        if start < take.seconds:
            last = min(float(end), take.seconds)
            found[note.part].append(Played(float(start), last, note.pitch, note.velocity))
    return [Voice(str(part), *VOICES[part], notes) for part, notes in found.items() if notes]


def facts(project: Project, take: Take) -> dict[str, object]:
    """All that is known of a take and its dance, as plain data for JSON."""
    return {"video": str(project.video), "dance": project.dance.record(), "take": take.record()}
