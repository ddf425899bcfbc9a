"""The project as the page gets it: plain data, ready to be drawn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from d2m_cli.spec import Level, RenderQuality
from d2m_cli.studio.settings import MOST_ENERGY, TEMPO_FACTORS
from d2m_cli.studio.studio import Studio
from d2m_cli.studio.takes import Take
from d2m_cli.studio_page.pictures import count_pictures
from d2m_cli.types import Clip, Rhythm

_DIGITS = 4


class Kind(NamedTuple):
    """A way to keep a take."""

    suffix: str
    words: str


KINDS = {
    "video": Kind("", "Video with this music"),
    "wav": Kind(".wav", "Music, WAV"),
    "flac": Kind(".flac", "Music, FLAC"),
    "mp3": Kind(".mp3", "Music, MP3"),
    "labels": Kind(".txt", "Beats and sections, Audacity labels"),
    "midi": Kind(".mid", "Tempo, chords and drums, MIDI"),
    "otio": Kind(".otio", "Markers, OpenTimelineIO"),
    "edl": Kind(".edl", "Markers, EDL"),
    "csv": Kind(".csv", "Beats, CSV"),
    "json": Kind(".json", "Everything known, JSON"),
}

LEVELS = {Level.LOW: "finer sound", Level.HIGH: "coarser, faster"}
QUALITIES = {
    RenderQuality.DRAFT: "draft, at once",
    RenderQuality.NORMAL: "normal",
    RenderQuality.BEST: "best, slowest",
}
ENERGIES = ("calm", "calmer", "as danced", "livelier", "wild")
"""Words for energies from 0 to `MOST_ENERGY`, at even distances."""


def whole_state(studio: Studio, clip: Clip) -> dict[str, Any]:
    """All that the page draws of a project and its video, but the work in line."""
    done, undone = studio.edits
    return {
        "project": {
            "file": str(studio.file),
            "folder": str(studio.folder),
            "video": studio.video.name,
            "fps": clip.fps,
            "sound": clip.has_audio,
        },
        "dance": _dance(studio),
        "film": {"address": "media/film.jpg", "count": count_pictures(clip)},
        "choices": _choices(studio),
        "settings": studio.settings.record(),
        "takes": [_take(studio, take) for take in studio.takes],
        "best": studio.kept.id if studio.kept else None,
        "undo": done[-1].words if done else None,
        "restore": undone[-1].words if undone else None,
    }


def take_name(studio: Studio, take: Take) -> str:
    """What a person calls it, else its style."""
    return studio.name(take.id) or take.style


def grid_view(rhythm: Rhythm) -> dict[str, Any]:
    """The beats of a grid; those that open a bar are named once more."""
    beats = rhythm.beats
    first = int(np.ceil(rhythm.phase[0]))
    return {
        "bpm": round(rhythm.bpm, 2),
        "beats": _times(beats),
        "downbeats": _times(beats[(np.arange(len(beats)) + first) % rhythm.meter == 0]),
    }


def _dance(studio: Studio) -> dict[str, Any]:
    view, events = studio.dance, studio.dance.events.record()
    return {
        "seconds": view.seconds,
        "bpm": round(view.tempo, 2),
        "meter": view.meter,
        "certainty": round(view.certainty, 2),
        "beats": _times([beat.time for beat in view.beats]),
        "downbeats": _times([beat.time for beat in view.beats if beat.beat == 1]),
        "phrases": [part.record() for part in view.sections],
        "energy": {"rate": view.energy_rate, "values": [round(float(v), 3) for v in view.energy]},
        **events,
    }


def _choices(studio: Studio) -> dict[str, Any]:
    styles = studio.maker.styles
    return {
        "styles": [
            {"name": name, "words": f"{entry.sound}, {entry.tempo[0]:.0f} to {entry.tempo[1]:.0f}"}
            for name, entry in styles.items()
        ],
        "levels": [
            {"name": level, "words": f"{level}: {LEVELS[level]}"} for level in studio.maker.levels
        ],
        "qualities": [{"name": name, "words": words} for name, words in QUALITIES.items()],
        "kinds": [{"name": name, "words": kind.words} for name, kind in KINDS.items()],
        "energies": ENERGIES,
        "most_energy": MOST_ENERGY,
        "tempo_factors": TEMPO_FACTORS,
    }


def _take(studio: Studio, take: Take) -> dict[str, Any]:
    settings, arrangement = take.settings, take.arrangement
    facts = [f"{take.tempo:.0f} bpm", f"seed {settings.seed}"]
    made = [f"level {settings.level}", str(settings.quality)]
    if take.parent is not None:
        old = [one for one in studio.takes if one.id == take.parent]
        made.append(f"from {take_name(studio, old[0])}" if old else "from a deleted take")
    return {
        "id": take.id,
        "name": take_name(studio, take),
        "facts": ", ".join(facts),
        "made": ", ".join(made),
        "key": arrangement.key,
        "seconds": take.seconds,
        "beats": _times([beat.time for beat in take.beats]),
        "downbeats": _times([beat.time for beat in take.beats if beat.beat == 1]),
        "sections": [section.record() for section in arrangement.sections],
        "locked": [{"start": s.start, "end": s.end} for s in studio.locks(take.id)],
        "fresh": [{"start": s.start, "end": s.end} for s in take.parts],
        "settings": settings.record(),
    }


def _times(times: Any) -> list[float]:
    return [round(float(time), _DIGITS) for time in times]
