"""A folder of music becomes a bundle that generates; or one sentence, and nothing is left."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile
import torch
from project import ROOT
from synthetic_music import sound

from d2m_cli.bundles.bundle import load_bundle
from d2m_cli.bundles.places import embedded_folder
from d2m_cli.bundles.styles import read_styles
from d2m_cli.errors import BundleError, DataError, OutputError
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.spec import SAMPLE_RATE, Level
from d2m_cli.training.adapt import adapt as module
from d2m_cli.training.adapt import nearness, stage
from d2m_cli.training.adapt.adapt import AdaptOptions, adapt

QUICK = AdaptOptions("mine", levels=(Level.HIGH,), steps=3, workers=1)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pieces of 5 s, a silent one and one that is none."""
    folder = tmp_path_factory.mktemp("adapt") / "My Music"
    folder.mkdir()
    for number in range(10):
        soundfile.write(folder / f"song{number}.wav", sound(number), SAMPLE_RATE)
    soundfile.write(folder / "silent.wav", 0.0 * sound(0), SAMPLE_RATE)
    (folder / "broken.mp3").write_text("no music")
    return folder


def test_the_bundle_has_learnt_and_says_how_near_it_came(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("PIECES", 2), ("SECONDS", 3.0)):
        monkeypatch.setattr(nearness, name, value)
    monkeypatch.setattr(stage, "MEASURED", 4)
    steps: list[str] = []
    out = tmp_path / "bundle"
    done = adapt(music, out, QUICK, lambda step, *_: steps.append(step))
    assert len(done.learnt) == 8 and len(done.held_out) == 2
    assert {"silent.wav", "broken.mp3"} == set(done.record()["left_out"])
    nats = done.nats[Level.HIGH]
    kinds = ("nothing_known", "half_known")
    assert set(nats) == {*kinds, *(f"{kind}_before" for kind in kinds)}
    assert nats["nothing_known"] < nats["nothing_known_before"]
    assert len(done.distances[Level.HIGH]) == 4 and min(done.distances[Level.HIGH].values()) > 0
    assert {"pieces", "learn high", "listen high"} <= set(steps)

    bundle, base = load_bundle(out), load_bundle(embedded_folder())
    changed = {n for n, f in bundle.config["files"].items() if f != base.config["files"].get(n)}
    assert changed == {"generator_high.safetensors", "styles.safetensors", "styles.toml"}
    before, after = (b.tensors("generator_high.safetensors") for b in (base, bundle))
    apart = {name for name in before if not torch.equal(before[name], after[name])}
    assert "vq.last.weight_v" in apart and not any(n.startswith("motion") for n in apart)
    assert list(read_styles(out)) == ["mine"] and "rights are theirs" in bundle.config["licence"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bundle"]
    assert Dance2Music.from_bundle(str(out)).styles == ["mine"]


def test_mistakes_leave_nothing(music: Path, tmp_path: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for path in music.iterdir():
        if path.name != "song0.wav":
            os.link(path, few / path.name)
    out = tmp_path / "bundle"
    with pytest.raises(DataError, match=r"has 9 pieces .*silent\.wav: the music is silent"):
        adapt(few, out, QUICK)
    for name in ("silent.wav", "broken.mp3"):
        (few / name).unlink()
    with pytest.raises(DataError, match="9 pieces"):
        adapt(few, out, QUICK)
    with pytest.raises(DataError, match="no folder"):
        adapt(tmp_path / "none", out, QUICK)
    with pytest.raises(OutputError, match="exists"):
        adapt(music, few, QUICK)
    with pytest.raises(OutputError, match="make it first"):
        adapt(music, tmp_path / "no" / "bundle", QUICK)
    with pytest.raises(BundleError, match="nope"):
        adapt(music, out, AdaptOptions("mine", bundle="nope"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["few"]


def test_a_full_disk_is_told_before_any_work(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOM", 2**62)
    with pytest.raises(OutputError, match="MB free"):
        adapt(music, tmp_path / "bundle", QUICK)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_while_it_learns_leaves_nothing(music: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "d2m_cli", "adapt", str(music), "-o", "bundle"]
    run = subprocess.Popen(
        [*command, "--minutes", "9", "--level", "high"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    log = tmp_path / ".bundle.part" / "run_high" / "log.csv"
    end = time.monotonic() + 240
    while not log.exists() and run.poll() is None and time.monotonic() < end:
        time.sleep(0.2)
    run.send_signal(signal.SIGINT)
    error = run.communicate(timeout=120)[1]
    assert run.returncode == 130 and "Traceback" not in error, error
    assert not list(tmp_path.iterdir())
