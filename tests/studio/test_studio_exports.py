"""Every kind of file that a take leaves as, opened with a library that reads it."""

import csv
import json
import re
import subprocess
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from d2m_cli import Studio, Take
from d2m_cli.errors import InputError, OutputError
from d2m_cli.ingest.probe import probe
from d2m_cli.media import bundled_ffmpeg
from d2m_cli.sketch.notes import Part


def pictures(path: Path) -> str:
    """Hash of the packets of the picture."""
    words = ["-v", "error", "-i", path, "-map", "0:v:0", "-c", "copy", "-f", "hash", "-"]
    told = subprocess.run([bundled_ffmpeg(), *map(str, words)], capture_output=True, check=True)
    return told.stdout.decode()


def test_the_video_has_its_pictures_and_the_music(
    studio: Studio, first: Take, video: Path, tmp_path: Path
) -> None:
    out = studio.export(first.id, tmp_path / "out.mp4")
    assert pictures(out) == pictures(video)
    assert probe(out).has_audio
    with pytest.raises(OutputError, match="exists"):
        studio.export(first.id, out)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".mp3"])
def test_the_music_is_that_of_the_take(
    studio: Studio, first: Take, suffix: str, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(studio.export(first.id, tmp_path / f"out{suffix}"))
    assert samples.shape[1] == 2 and rate == 48000
    assert len(samples) / rate == pytest.approx(first.seconds, abs=0.06)
    loud = np.sqrt(np.mean(samples**2)), np.sqrt(np.mean(first.samples**2))
    # The finish widens, and holds the peaks: at most 0.6 LU.
    assert loud[0] == pytest.approx(loud[1], rel=0.08)


def test_labels_hold_beats_and_sections(studio: Studio, first: Take, tmp_path: Path) -> None:
    text = studio.export(first.id, tmp_path / "out.txt").read_text()
    rows = [line.split("\t") for line in text.splitlines()]
    beats = [float(start) for start, end, _ in rows if start == end]
    assert beats == pytest.approx([beat.time for beat in first.beats], abs=1e-6)
    sections = [(float(start), float(end)) for start, end, _ in rows if start != end]
    assert sections == [(s.start, s.end) for s in first.arrangement.sections]


def test_a_table_has_a_row_a_beat(studio: Studio, first: Take, tmp_path: Path) -> None:
    with studio.export(first.id, tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["time"]) for row in rows] == pytest.approx(
        [beat.time for beat in first.beats], abs=1e-4
    )
    for row in rows:
        (name,) = [
            section.name
            for section in first.arrangement.sections
            if section.start <= float(row["time"]) + 1e-3 < section.end
        ]
        assert row["section"] == f"section {name}"


def test_midi_has_the_tempo_map_and_the_notes_in_their_places(
    studio: Studio, first: Take, tmp_path: Path
) -> None:
    file = mido.MidiFile(studio.export(first.id, tmp_path / "out.mid"))
    tempos = [m.tempo / 1e6 for m in file.tracks[0] if m.type == "set_tempo"]
    times = [beat.time for beat in first.beats]
    lead = [times[0]] if times[0] > 0 else []
    assert tempos == pytest.approx([*lead, *np.diff(times)], abs=1e-6)
    notes = first.score.notes
    names = [track.name for track in file.tracks[1:]]
    assert names == [str(part) for part in Part if any(n.part is part for n in notes)]
    now, struck = 0.0, []
    for message in file:
        now += message.time
        if message.type == "note_on" and message.channel == 9:
            struck.append((now, message.note))
    kicks = [time for time, key in struck if key == 36]
    step = np.median(np.diff(times)) / 4
    phases = np.interp(kicks, times, np.arange(len(times))) * 4
    inside = [p for p, k in zip(phases, kicks, strict=True) if times[0] < k < times[-1]]
    assert inside and np.abs(inside - np.round(inside)).max() * step < 0.01


def test_markers_lie_on_pictures(studio: Studio, first: Take, tmp_path: Path) -> None:
    opentime = pytest.importorskip("opentimelineio", reason="opentimelineio is not installed")
    out = studio.export(first.id, tmp_path / "out.otio")
    markers = opentime.adapters.read_from_file(str(out)).tracks.markers
    spans = [m.marked_range for m in markers if m.name.startswith("section")]
    lasting = sum(span.duration.to_seconds() for span in spans)
    assert lasting == pytest.approx(first.seconds, abs=0.05)
    starts = [m.marked_range.start_time.to_seconds() for m in markers if "." in m.name]
    assert starts == pytest.approx([beat.time for beat in first.beats], abs=0.02)


def test_an_edl_has_a_marker_a_beat_and_a_section(
    studio: Studio, first: Take, tmp_path: Path
) -> None:
    text = studio.export(first.id, tmp_path / "out.edl").read_text()
    names = re.findall(r"\|M:(.*?) \|D:\d+$", text, re.MULTILINE)
    sections = [f"section {one.name}" for one in first.arrangement.sections]
    assert sorted(names) == sorted([*(beat.name for beat in first.beats), *sections])


def test_json_holds_all_that_is_known(studio: Studio, first: Take, tmp_path: Path) -> None:
    told = json.loads(studio.export(first.id, tmp_path / "out.json").read_text())
    assert told["take"] == json.loads(json.dumps(first.record()))
    assert told["dance"]["beats"]


def test_what_cannot_be_written_is_refused(studio: Studio, first: Take, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="unknown kind"):
        studio.export(first.id, tmp_path / "out.xyz")
    with pytest.raises(InputError, match="There is no take 'take-99'"):
        studio.export("take-99", tmp_path / "out.wav")
    with pytest.raises(InputError, match="mix is 2"):
        studio.export(first.id, tmp_path / "out.mp4", mix=2)
    assert not list(tmp_path.iterdir())
