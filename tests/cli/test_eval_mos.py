"""`d2m mos`: a page that a real browser can answer by keyboard, and the scores of its answers."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from d2m_cli.cli.app import app
from d2m_cli.errors import DataError

CLIPS = Path(__file__).parents[2] / "../shared/clips"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

LISTENER = """
<script>
addEventListener("load", () => {
  const press = (key) =>
    document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  const shown = [];
  press("5");
  document.getElementById("listener").value = "Ann <3";
  document.getElementById("start").click();
  const count = Number(document.getElementById("count").textContent);
  for (let i = 0; i < count; i++) {
    press("ArrowRight");  // without a mark: must stay
    const player = document.getElementById("media").firstElementChild;
    shown.push(player.tagName);
    if (i === 1) { press("ArrowLeft"); press("ArrowRight"); }
    if (player.tagName === "VIDEO") press("2");
    else document.querySelector("#scale button[value='5']").click();
    press("ArrowRight");
  }
  document.title = JSON.stringify(shown);
});
</script>
"""


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, ["mos", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def systems(tmp_path: Path) -> list[str]:
    """One system with sound alone; with the real clips there, one with videos."""
    folder = tmp_path / "SecretTones"
    folder.mkdir()
    for number in range(3):
        tone = 0.3 * np.sin(np.arange(11025) * 0.05 * (number + 1))
        soundfile.write(folder / f"clip{number}.wav", tone, 22050)
    chosen = ["--system", f"SecretTones={folder}"]
    if CLIPS.exists():
        films = tmp_path / "SecretFilms"
        films.mkdir()
        shutil.copy(CLIPS / "tiktok_b.mp4", films)
        chosen += ["--system", f"SecretFilms={films}"]
    return chosen


def test_page_tells_nothing_of_the_systems(tmp_path, systems):
    run("build", tmp_path / "test", *systems, "--items", 3)
    page = (tmp_path / "test/listening_test.html").read_text(encoding="utf-8")
    assert "Secret" not in page and "clip1" not in page and "tiktok" not in page
    assert "http" not in page.replace("http-equiv", "")
    key = json.loads((tmp_path / "test/key.json").read_text())
    assert {item["system"] for item in key["items"].values()} >= {"SecretTones"}


@pytest.mark.skipif(not CHROMIUM, reason="needs Debian's package chromium")
def test_a_listener_answers_by_keyboard_in_chromium(tmp_path, systems):
    run("build", tmp_path / "test", *systems, "--items", 3)
    page = (tmp_path / "test/listening_test.html").read_text(encoding="utf-8")
    visited = tmp_path / "visited.html"
    visited.write_text(page.replace("</body>", f"{LISTENER}</body>"), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
    dump = subprocess.run(
        [CHROMIUM, *options, "--virtual-time-budget=20000", "--dump-dom", visited.as_uri()],
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    ).stdout
    exported = dump.split('<pre id="answers">')[1].split("</pre>")[0]
    answer_file = tmp_path / "answers.json"
    answer_file.write_text(exported.replace("&lt;", "<"), encoding="utf-8")
    key = json.loads((tmp_path / "test/key.json").read_text())
    answers = json.loads(answer_file.read_text())
    assert answers["listener"].startswith("Ann <3-")
    assert answers["ratings"] == {
        token: 2 if item["part"] == "coherence" else 5 for token, item in key["items"].items()
    }
    shown = json.loads(dump.split("<title>")[1].split("</title>")[0])
    assert shown == sorted(shown, reverse=True), "the videos come before the sounds"
    scores = json.loads(run("score", tmp_path / "test/key.json", answer_file, "--json"))
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
    assert (tmp_path / "scores.png").read_bytes().startswith(b"\x89PNG")
    files[0].write_text("{")
    with pytest.raises(DataError, match="as JSON"):
        run("score", tmp_path / "test/key.json", *files)
