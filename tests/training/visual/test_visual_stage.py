import copy
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric
from safetensors.torch import load_file

from d2m_cli.data.cache.manifest import Entry, Manifest, write_manifest
from d2m_cli.data.cache.pieces import write_piece
from d2m_cli.errors import DataError
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.motion import JOINTS, motion_from_positions
from d2m_cli.models.i3d import InceptionI3d
from d2m_cli.training.run.loop import LoopSettings, run
from d2m_cli.training.run.optimiser import OptimiserConfig
from d2m_cli.training.visual.stage import VisualConfig, VisualStage
from d2m_cli.training.visual.windows import movement_summary


def make_dances(cache: Path) -> Path:
    """A cache of two dances whose joints swing, each in a split of its own."""
    rng = np.random.default_rng(0)
    entries = []
    for name, split in (("one", "train"), ("two", "validation")):
        place = rng.normal(0, 0.3, (17, 3, 1))
        place[[1, 2], :, 0], place[[7, 8], :, 0] = (
            [[0.2, 0.5, 0], [-0.2, 0.5, 0]],
            [[0.1, 0, 0], [-0.1, 0, 0]],
        )
        swing = rng.normal(0, 0.2, (17, 3, 1)) * np.sin(np.arange(400) / 5)
        joints = (place + swing).astype(np.float32)
        entry = Entry(name, name, split, "waltz", "waltz", "own", 400 / 30, ("joints",))
        write_piece(cache, entry, {"joints": joints}, "made")
        entries.append(entry)
    write_manifest(cache, Manifest("motion", tuple(entries)))
    return cache


@pytest.fixture
def settings(tmp_path: Path) -> VisualConfig:
    return VisualConfig(
        dances=make_dances(tmp_path / "dances"),
        visual=VisualSettings(size=32, width=1 / 16),
        batch=4,
        held_out=8,
        optimiser=OptimiserConfig(warm_up_steps=1),
        loop=LoopSettings(steps=6, log_every=2, validate_every=6),
    )


def build(settings: VisualConfig) -> VisualStage:
    return VisualStage(settings, Fabric(accelerator="cpu", devices=1))


def test_the_network_learns_a_batch(settings: VisualConfig) -> None:
    stage = build(settings)
    losses = [stage.step(stage.draw(0), 0, 0.0)["loss_5"] for _ in range(25)]
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])


def test_a_run_measures_and_exports_the_network(settings: VisualConfig, tmp_path: Path) -> None:
    stage = build(settings)
    figures: dict[str, list[dict[str, float]]] = defaultdict(list)
    run(stage, settings.loop, tmp_path / "run", lambda kind, _, f: figures[kind].append(f))
    assert len(figures["train"]) == 3
    assert figures["validation"][-1].keys() == {"r2_speed", "r2_place", "r2_bounce", "r2_accent"}
    stage.export(tmp_path / "i3d.safetensors")
    network = InceptionI3d(width=settings.visual.width).eval()
    network.load_state_dict(load_file(tmp_path / "i3d.safetensors"))
    stage.net.eval()
    with torch.inference_mode():
        clip = torch.rand(1, 3, 16, 32, 32)
        assert torch.equal(network.features(clip), stage.i3d.features(clip))


def test_a_step_depends_on_its_number_only(settings: VisualConfig) -> None:
    stage = build(settings)
    for number in range(2):
        stage.step(stage.draw(number), number, number / 6)
    state = copy.deepcopy(stage.state())
    expected = stage.step(stage.draw(2), 2, 0.5)
    resumed = build(settings)
    resumed.restore(state)
    assert resumed.step(resumed.draw(2), 2, 0.5) == pytest.approx(expected, rel=1e-4)


def test_the_summary_tells_what_moves() -> None:
    steps = np.arange(120)
    positions = np.zeros((120, 17, 2))
    positions[:, [1, 2], 1] = -1.0
    wrist = list(JOINTS).index("left_wrist")
    positions[:, wrist, 0] += 0.1 * steps  # 3 torsos a second
    positions[:, :, 1] += 0.05 * np.abs(steps % 20 - 10)[:, None]  # all up and down, 1.5 a second
    summary = movement_summary(motion_from_positions(positions), middle=60, reach=16)
    speed, place, bounce = summary[:17], summary[17:51], summary[51]
    assert summary.shape == (53,) and np.isfinite(summary).all()
    assert speed.argmax() == wrist
    assert place[wrist] == pytest.approx(5.95, abs=0.01)
    assert bounce == pytest.approx(1.5, abs=0.1)


def test_a_cache_without_joints_is_refused(settings: VisualConfig) -> None:
    path = settings.dances / "manifest.json"
    manifest = json.loads(path.read_text())
    for entry in manifest["entries"]:
        entry["holds"] = ["motion"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(DataError, match="joints"):
        build(settings)
