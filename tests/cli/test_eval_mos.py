"""`d2m mos`: a page that a real browser can answer by keyboard, and the scores of its answers."""

import base64
import io
import json
import re
import shutil
from pathlib import Path

import av
import chromium
import numpy as np
import pytest
import soundfile
from matplotlib.image import imread
from typer.testing import CliRunner

from d2m_cli.cli.app import app
from d2m_cli.errors import DataError, OutputError


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["mos", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def systems(tmp_path: Path, dance_clips: dict[str, Path]) -> list[str]:
    """One system with sound alone, one with videos."""
    folder = tmp_path / "SecretTones"
    folder.mkdir()
    for number in range(3):
        tone = 0.3 * np.sin(np.arange(11025) * 0.05 * (number + 1))
        soundfile.write(folder / f"clip{number}.wav", tone, 22050)
    chosen = ["--system", f"SecretTones={folder}"]
    films = tmp_path / "SecretFilms"
    films.mkdir()
    shutil.copy(dance_clips["second"], films)
    return [*chosen, "--system", f"SecretFilms={films}"]


def test_page_tells_nothing_of_the_systems(tmp_path, systems):
    run("build", tmp_path / "test", *systems, "--items", 3)
    page = (tmp_path / "test/listening_test.html").read_text(encoding="utf-8")
    assert "Secret" not in page and "clip1" not in page and "second.mp4" not in page
    assert "http" not in page.replace("http-equiv", "")
    key = json.loads((tmp_path / "test/key.json").read_text())
    assert {item["system"] for item in key["items"].values()} >= {"SecretTones"}


def test_a_file_without_sound_is_left_out_and_named(tmp_path, systems, dance_clips):
    films = tmp_path / "SecretFilms"
    with av.open(str(dance_clips["first"])) as source, av.open(films / "mute.mp4", "w") as sink:
        stream = sink.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                sink.mux(packet)
    command = ["mos", "build", str(tmp_path / "test"), *systems]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert "4 of 5 files done; failed: mute.mp4, because it has no sound" in result.stderr
    key = json.loads((tmp_path / "test/key.json").read_text())
    assert "mute" not in {item["clip"] for item in key["items"].values()}
    shutil.rmtree(tmp_path / "test")
    (films / "second.mp4").unlink()
    with pytest.raises(DataError, match=r"mute\.mp4 has no sound"):
        run("build", tmp_path / "test", "--system", f"SecretFilms={films}")


@chromium.needed
def test_a_listener_answers_by_keyboard_in_chromium(tmp_path, systems):
    run("build", tmp_path / "test", *systems, "--items", 3)
    key = json.loads((tmp_path / "test/key.json").read_text())
    shown = []
    with chromium.browsing(tmp_path / "profile") as page:
        page.keep_downloads_in(tmp_path)
        page.open(tmp_path / "test/listening_test.html")
        page.press("5")  # too early: must count for nothing
        page.press("Tab")
        page.write("Ann <3")
        page.press("Tab")
        page.press("Enter")
        for place in range(len(key["items"])):
            expected = f"{place + 1} of {len(key['items'])}"
            page.press("ArrowRight")  # without a mark: must stay
            assert page.evaluate("document.getElementById('place').textContent") == expected
            page.evaluate("player = document.getElementById('media').firstElementChild; 0")
            page.wait_for("player.readyState >= 2")
            page.press(" ")
            page.wait_for("player.currentTime > 0 || player.ended")
            shown.append(page.evaluate("player.tagName"))
            page.press("2" if shown[-1] == "VIDEO" else "5")
            page.press("ArrowRight")
            if place == 0:
                page.press("ArrowLeft")  # back, where the mark must still be
                pressed = "document.querySelector('#scale [aria-pressed=true]').value"
                assert page.evaluate(pressed) == ("2" if shown[0] == "VIDEO" else "5")
                page.press("ArrowRight")
                page.open(tmp_path / "test/listening_test.html")
                assert page.evaluate("document.getElementById('place').textContent")[0] == "2"
                assert page.evaluate("Object.keys(ratings).length") == 1, "marks survive a reload"
        page.wait_for("!document.getElementById('end').hidden")
        page.evaluate("document.getElementById('save').click()")
        saved = chromium.appearing(tmp_path, "answers_*.json")
        orders = "new Set(Array.from({length: 50}, () => String(shuffled([1, 2, 3])))).size"
        assert page.evaluate(orders) > 1
    answers = json.loads(saved.read_text())
    assert answers["listener"].startswith("Ann <3-")
    assert answers["ratings"] == {
        token: 2 if item["part"] == "coherence" else 5 for token, item in key["items"].items()
    }
    assert shown == sorted(shown, reverse=True), "the videos come before the sounds"
    scores = json.loads(run("score", tmp_path / "test/key.json", saved, "--json"))
    assert scores["quality"]["SecretTones"]["mean"] == 5.0
    assert scores["quality"]["SecretTones"]["listeners"] == 1


def test_table_and_plot_of_the_scores(tmp_path, systems):
    run("build", tmp_path / "test", *systems, "--items", 3)
    key = json.loads((tmp_path / "test/key.json").read_text())
    files = []
    for listener, mark in (("ann", 4), ("bob", 2)):
        ratings = dict.fromkeys(key["items"], mark)
        files.append(tmp_path / f"{listener}.json")
        files[-1].write_text(
            json.dumps({"format": 1, "test": key["test"], "listener": listener, "ratings": ratings})
        )
    table = run("score", tmp_path / "test/key.json", *files, "--plot", tmp_path / "scores.png")
    assert "SecretTones" in table and "3.00" in table and "± 12.71" in table
    picture = imread(tmp_path / "scores.png")
    assert picture.shape[0] == 385 and picture.std() > 0.05, "3.5 inches at 110 dpi, not blank"
    files[0].write_text("{")
    with pytest.raises(DataError, match="as JSON"):
        run("score", tmp_path / "test/key.json", *files)


def test_all_items_play_at_one_loudness(tmp_path):
    for name, gain in (("loud", 0.9), ("soft", 0.05)):
        (tmp_path / name).mkdir()
        noise = np.random.default_rng(0).standard_normal(2 * 22050)
        soundfile.write(tmp_path / name / "x.d2m.wav", gain * noise / abs(noise).max(), 22050)
    systems = [f"--system={name}={tmp_path / name}" for name in ("loud", "soft")]
    run("build", tmp_path / "test", *systems)
    key = json.loads((tmp_path / "test/key.json").read_text())
    assert {item["clip"] for item in key["items"].values()} == {"x"}
    page = (tmp_path / "test/listening_test.html").read_text(encoding="utf-8")
    sounds = [base64.b64decode(data) for data in re.findall(r"audio/wav;base64,([^\"]+)", page)]
    levels = [np.std(soundfile.read(io.BytesIO(sound))[0]) for sound in sounds]
    assert len(levels) == 2 and levels[0] == pytest.approx(levels[1], rel=0.02)


def test_a_key_is_never_overwritten(tmp_path, systems):
    run("build", tmp_path / "test", *systems, "--items", 3)
    before = (tmp_path / "test/key.json").read_bytes()
    with pytest.raises(OutputError, match="choose a new folder"):
        run("build", tmp_path / "test", *systems, "--items", 3)
    assert (tmp_path / "test/key.json").read_bytes() == before
