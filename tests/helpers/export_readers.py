"""What a take is exported as, each read by a library that d2m does not write it with."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import av
import mido
import numpy as np
import pytest


def read_video(file: Path, seconds: float) -> None:
    with av.open(str(file)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        read_sound(file, seconds)


def read_sound(file: Path, seconds: float) -> None:
    with av.open(str(file)) as container:
        frames = list(container.decode(audio=0))
        assert sum(f.samples / f.sample_rate for f in frames) == pytest.approx(seconds, abs=0.15)
        assert max(float(np.abs(frame.to_ndarray()).max()) for frame in frames) > 0


def read_labels(file: Path, seconds: float) -> None:
    rows = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    assert all(0 <= float(start) <= float(end) <= seconds + 0.1 for start, end, _ in rows)
    assert {"1.1"} < {name for _, _, name in rows}


def read_midi(file: Path, seconds: float) -> None:
    midi = mido.MidiFile(file)
    assert midi.length == pytest.approx(seconds, abs=1.0)
    assert {"set_tempo", "note_on"} <= {message.type for track in midi.tracks for message in track}


def read_otio(file: Path, seconds: float) -> None:
    timeline = json.loads(file.read_text(encoding="utf-8"))
    assert timeline["OTIO_SCHEMA"] == "Timeline.1" and "Marker.2" in file.read_text()


def read_edl(file: Path, seconds: float) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("TITLE:") and re.search(r"\d\d:\d\d:\d\d:\d\d .*\n \|C:", text)


def read_csv(file: Path, seconds: float) -> None:
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [0 <= float(row["time"]) <= seconds for row in rows] == [True] * len(rows) != []


def read_json(file: Path, seconds: float) -> None:
    assert json.loads(file.read_text(encoding="utf-8"))["take"]["beats"]


class Reader(NamedTuple):
    """How a kind of export is known and read."""

    suffix: str
    check: Callable[[Path, float], None]


READERS = {
    "video": Reader(".mp4", read_video),
    "wav": Reader(".wav", read_sound),
    "flac": Reader(".flac", read_sound),
    "mp3": Reader(".mp3", read_sound),
    "labels": Reader(".txt", read_labels),
    "midi": Reader(".mid", read_midi),
    "otio": Reader(".otio", read_otio),
    "edl": Reader(".edl", read_edl),
    "csv": Reader(".csv", read_csv),
    "json": Reader(".json", read_json),
}
