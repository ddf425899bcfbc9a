"""Beats as files, read back."""

import csv
import io
import json
import re
from pathlib import Path

import mido
import pytest

from d2m_cli.errors import OutputError
from d2m_cli.output.beats import FORMATS, count_beats, write_beats

TIMES = [0.31, 0.85, 1.39, 1.95, 2.5, 3.04]


def midi_clicks(data: bytes) -> list[float]:
    """Seconds of the notes of a MIDI file of one track, by its own tempos."""
    file = mido.MidiFile(file=io.BytesIO(data))
    assert file.type == 0 and len(file.tracks) == 1
    now, found = 0.0, []
    for message in file:
        now += message.time
        found += [now] if message.type == "note_on" else []
    return found


def read_times(path: Path, fps: float) -> list[float]:
    text = "" if path.suffix == ".mid" else path.read_text()
    match path.suffix:
        case ".csv":
            return [float(row["time"]) for row in csv.DictReader(text.splitlines())]
        case ".txt":
            return [float(line.split("\t")[0]) for line in text.splitlines()]
        case ".mid":
            return midi_clicks(path.read_bytes())
        case ".edl":
            found = re.findall(r" C +(\d\d):(\d\d):(\d\d):(\d\d) ", text)
            return [
                (int(h) - 1) * 3600 + int(m) * 60 + int(s) + int(f) / fps for h, m, s, f in found
            ]
    markers = json.loads(text)["tracks"]["markers"]
    starts = [marker["marked_range"]["start_time"] for marker in markers]
    return [start["value"] / start["rate"] for start in starts]


@pytest.mark.parametrize("suffix", list(FORMATS))
@pytest.mark.parametrize("times", [TIMES, [0.0, 0.5, 1.0], []], ids=["late", "at once", "none"])
def test_beats_are_where_they_were(tmp_path: Path, suffix: str, times: list[float]) -> None:
    path = tmp_path / f"beats{suffix}"
    write_beats(path, times, fps=25.0)
    apart = 0.0201 if suffix in (".edl", ".otio") else 1e-4  # half a picture, or exact
    assert read_times(path, 25.0) == pytest.approx(times, abs=apart)


def test_timecode_counts_the_pictures_of_an_uneven_rate(tmp_path: Path) -> None:
    path = tmp_path / "beats.edl"
    write_beats(path, [600.6], fps=30000 / 1001)  # picture 18000, after 600 s of timecode
    assert "01:10:00:00" in path.read_text()


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (30.0004, 30.0),
        (29.9701, 30000 / 1001),
        (24.9999, 25.0),
        (59.95, 60000 / 1001),
        (27.3, 27.3),
    ],
)
def test_editors_get_the_nominal_rate(told: float, wanted: float, tmp_path: Path) -> None:
    write_beats(path := tmp_path / "beats.otio", [0.5, 1.0], told)
    (first, _) = json.loads(path.read_text())["tracks"]["markers"]
    assert first["marked_range"]["start_time"]["rate"] == pytest.approx(wanted, rel=1e-12)


def test_beats_are_counted_in_bars() -> None:
    assert [beat.name for beat in count_beats(TIMES)] == ["1.1", "1.2", "1.3", "1.4", "2.1", "2.2"]


def test_a_pickup_stands_before_bar_1(tmp_path: Path) -> None:
    assert [beat.name for beat in count_beats(TIMES, -1)][:3] == ["0.4", "1.1", "1.2"]
    write_beats(tmp_path / "beats.mid", TIMES, 25.0, first=-1)
    assert midi_clicks((tmp_path / "beats.mid").read_bytes()) == pytest.approx(TIMES, abs=1e-4)


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.csv, \.txt, \.mid"):
        write_beats(tmp_path / "beats.xml", TIMES, 25.0)


@pytest.mark.parametrize("suffix", FORMATS)
def test_any_name_of_a_video_can_be_the_title(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"\udcff two\nlines{suffix}"
    write_beats(path, [0.5, 1.0], 25.0)
    assert b"two\nlines" not in path.read_bytes()


def test_bars_of_three_are_counted_as_such(tmp_path: Path) -> None:
    write_beats(tmp_path / "beats.csv", [0.5 * n for n in range(7)], 25.0, meter=3)
    rows = list(csv.DictReader((tmp_path / "beats.csv").read_text().splitlines()))
    assert [row["bar"] for row in rows] == ["1", "1", "1", "2", "2", "2", "3"]
