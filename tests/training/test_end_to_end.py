"""From raw data to a scored video with the commands of docs/training.md, at a small size."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from data_trees import write_dance
from project import ROOT
from typer.testing import CliRunner

from d2m_cli.bundles.bundle import load_bundle
from d2m_cli.cli.app import app
from d2m_cli.ingest.probe import probe

SMALL = {
    "codec": "batch=2 samples=4096 probe_crops=4 probe_samples=16384 kmeans_vectors=2500",
    "generator": "batch=2 heard_seconds=0.2 validation_segments=2 sizes.width=0.01 "
    "sizes.min_channels=8 sizes.features=8 discriminator.channels=[16,16,32,32]",
    "synthesizer": "batch=2 seconds=0.2 discriminator.channels=[16,16,32,32]",
}
"""Settings in place of the paper's, with which a stage takes seconds."""

SHORT = "loop.steps=2 loop.log_every=1"


def documented(title: str) -> list[list[str]]:
    """Commands of the first block below a title of docs/training.md."""
    text = (ROOT / "docs/training.md").read_text(encoding="utf-8")
    block = re.search(rf"# {title}\n.*?```bash\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return [shlex.split(line, comments=True)[1:] for line in block[1].splitlines()]


def small(command: list[str]) -> list[str]:
    """The command with the settings of `SMALL`."""
    changes = []
    if command[0] == "train" and command[1] in SMALL:
        changes = f"{SHORT} {SMALL[command[1]]}".split()
        changes += ["validation_crops=1"] if command[1] in ("codec", "synthesizer") else []
    return [*command, *(word for change in changes for word in ("--set", change))]


def videos(folder: Path, clips: dict[str, Path]) -> None:
    """Two clips of two seconds, one to train on and one to validate."""
    folder.mkdir()
    for clip in clips.values():
        (folder / clip.name).symlink_to(clip)
    (folder / "songs.csv").write_text(
        "file,song,split\nfirst.mp4,one,train\nsecond.mp4,two,validation\n"
    )


def motions(folder: Path, clips: dict[str, Path]) -> None:
    """Ten seconds of two dances in the layout of Dance with Melody."""
    write_dance(folder, "one", bpm=120.0, seconds=10.0)
    write_dance(folder, "two", bpm=96.0, seconds=10.0)
    (folder / "split.json").write_text(json.dumps({"train": ["one"], "validation": ["two"]}))


@pytest.mark.parametrize(
    ("title", "source", "make"),
    [
        ("From dance videos to a bundle", "VIDEOS", videos),
        ("From motion and music to a bundle", "DANCES", motions),
    ],
)
def test_documented_commands_lead_from_data_to_a_scored_video(
    title: str,
    source: str,
    make: Callable[[Path, dict[str, Path]], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dance_clips: dict[str, Path],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dance.mp4").symlink_to(dance_clips["first"])
    make(tmp_path / source, dance_clips)
    commands = documented(title)
    assert {tuple(command[:2]) for command in commands} >= {
        ("prepare", "folder" if source == "VIDEOS" else "motion"),
        ("train", "codec"),
        ("train", "generator"),
        ("train", "synthesizer"),
        ("train", "export"),
        ("generate", "dance.mp4"),
    }
    for command in commands:
        words = small(command)
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 0, (command, done.output)
    assert probe(tmp_path / "out.mp4").has_audio
    bundle = load_bundle(tmp_path / "my_bundle")
    scores = bundle.config["scores"]
    assert all(scores[stage]["high"]["step"] == 2 for stage in ("codec", "generator"))
    assert scores["synthesizer"]["high"].keys() > {"mel", "onset_f"}
