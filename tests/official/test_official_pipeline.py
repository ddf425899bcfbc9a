"""The released models from checkpoint files to a video with music, on random weights."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from project import EXAMPLE
from torch import nn

from d2m_cli.bundles.bundle import Bundle
from d2m_cli.bundles.convert import RECIPES, convert
from d2m_cli.errors import BundleError, DataError, InputError
from d2m_cli.generation.open import open_maker
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.models.official import Corpus
from d2m_cli.models.weightnorm import WeightNormConv1d
from d2m_cli.official import FlowMethod
from d2m_cli.official.pipeline import (
    STEP,
    OfficialDance,
    OfficialMaker,
    cross_fade,
    pose_windows,
)
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE, Level
from d2m_cli.types import Motion, Rhythm, Visual


def test_windows_overlap_and_the_last_pose_stays() -> None:
    poses = np.arange(200, dtype=np.float32)[:, None]
    first, second = pose_windows(poses, Corpus.AIST, 2)
    assert (first[0, 0], first[-1, 0], second[0, 0]) == (0, 119, round(STEP * 60))
    assert second[-1, 0] == 199
    assert len(second) == 120


def test_cross_fade_keeps_power_and_length() -> None:
    draw = np.random.default_rng(0)
    windows = [draw.normal(size=44032).astype(np.float32) for _ in range(4)]
    step = round(STEP * SAMPLE_RATE)
    joined = np.concatenate(list(cross_fade(windows, step)))
    assert len(joined) == 3 * step + 44032
    np.testing.assert_array_equal(joined[:step], windows[0][:step])
    np.testing.assert_array_equal(joined[-step:], windows[-1][-step:])
    for i in range(1, 4):
        seam = joined[i * step : i * step + 44032 - step]
        assert abs(seam.std() - 1.0) < 0.05


def lively(network: nn.Module) -> nn.Module:
    """Weights that let what goes in be seen in what comes out, as trained ones do."""
    for layer in network.modules():
        if isinstance(layer, WeightNormConv1d):
            nn.init.constant_(layer.weight_g, 0.95)
        elif isinstance(layer, nn.Conv1d | nn.Linear):
            last = layer.weight.shape[-1] == 40
            nn.init.normal_(
                layer.weight, std=(0.3 if last else 1.3) * layer.weight[0].numel() ** -0.5
            )
    return network


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoint files with random weights, and a motion file as AIST++ publishes it."""
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    for corpus, recipe in (("aist", "aist-official"), ("tiktok", "tiktok-official")):
        for part in ("motion_high", "generator_high"):
            network = lively(RECIPES[recipe].parts[part].network())
            torch.save(network.state_dict(), folder / f"{corpus}_{part}.pt")
    for part in ("codec_high", "i3d_rgb", "i3d_flow"):
        network = RECIPES["aist-official"].parts[part].network()
        if part == "codec_high":
            torch.nn.init.normal_(network.bottleneck.level_blocks["2"].k, std=20.0)
        torch.save(network.state_dict(), folder / f"{part}.pt")
    turns = np.random.default_rng(0).normal(0, 0.02, (200, 72)).cumsum(axis=0)
    path = np.zeros((200, 3))
    motion = {"smpl_poses": turns, "smpl_trans": path, "smpl_scaling": np.array([93.0])}
    (folder / "motion.pkl").write_bytes(pickle.dumps(motion))
    return folder


def bundle_of(corpus: str, checkpoints: Path) -> Bundle:
    """A whole high-level bundle, converted as a user converts it."""
    given = {
        **{part: checkpoints / f"{part}.pt" for part in ("codec_high", "i3d_rgb", "i3d_flow")},
        **{p: checkpoints / f"{corpus}_{p}.pt" for p in ("motion_high", "generator_high")},
    }
    return convert(f"{corpus}-official", given, checkpoints, checkpoints / f"{corpus}-bundle")


@pytest.fixture(scope="module")
def tiktok(checkpoints: Path) -> Bundle:
    return bundle_of("tiktok", checkpoints)


@pytest.fixture(scope="module")
def aist(checkpoints: Path) -> Bundle:
    return bundle_of("aist", checkpoints)


@pytest.fixture(scope="module")
def maker(tiktok: Bundle) -> Dance2Music:
    return Dance2Music.from_bundle(tiktok.folder, "cpu", flow=FlowMethod.DIS)


def test_a_video_gets_music_of_its_length(maker: Dance2Music) -> None:
    track = maker.generate(EXAMPLE, Level.HIGH, end=1.2)
    assert track.seconds == pytest.approx(1.2)
    assert len(track.samples) == round(track.seconds * SAMPLE_RATE)
    assert track.samples.any()
    assert track.dance.visual.features.shape == (2048, 1)


def test_the_tiktok_model_refuses_what_it_cannot_follow(tiktok: Bundle, maker: Dance2Music) -> None:
    with pytest.raises(InputError, match="omit tempo"):
        maker.generate(EXAMPLE, Level.HIGH, tempo=120.0)
    with pytest.raises(BundleError, match="style"):
        maker.generate(EXAMPLE, Level.HIGH, style="pop")
    with pytest.raises(InputError, match="--motion"):
        open_maker(tiktok.folder, "cpu", motion=Path("motion.pkl"))


def test_a_missing_level_and_a_wrong_motion_file_are_said_before_any_work(
    aist: Bundle, maker: Dance2Music, checkpoints: Path
) -> None:
    with pytest.raises(BundleError, match="no low level: choose high"):
        maker.generate(EXAMPLE, Level.LOW)
    with pytest.raises(DataError, match="not a readable pickle"):
        open_maker(aist.folder, "cpu", motion=checkpoints / "codec_high.pt")


def test_the_aist_model_says_what_a_plain_video_lacks(
    aist: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="SMPL motion and two-stream I3D"):
        open_maker(aist.folder, "cpu")
    monkeypatch.setenv("D2M_HOME", str(tmp_path))
    with pytest.raises(BundleError, match=r"convert-weights aist-official.*SMPL motion"):
        open_maker("aist-official", "cpu")


def test_smpl_motion_becomes_cross_faded_music(aist: Bundle, checkpoints: Path) -> None:
    """Two windows of the AIST++ model; of what the pictures show only the vectors are made up."""
    maker = open_maker(aist.folder, "cpu", motion=checkpoints / "motion.pkl")
    assert isinstance(maker, OfficialMaker) and maker.smpl is not None
    assert maker.smpl.shape == (200, 219)
    seconds, draw = 3.4, np.random.default_rng(1)
    still = Motion(np.zeros((1, 102), np.float32), np.ones(102, np.bool_), MOTION_RATE)
    beats = Rhythm(np.linspace(0, 6, 102, dtype=np.float32), np.ones(102, np.float32), MOTION_RATE)
    shown = Visual(draw.normal(0, 0.1, (2048, 2)).astype(np.float32), 1.0 / STEP)
    dance = OfficialDance(still, shown, beats, seconds, maker.smpl)

    style = maker.choose_style("3", None, seed=0)
    codes = maker.sample_codes(dance, Level.HIGH, style, seed=0)
    wave = np.concatenate(list(maker.decode(codes, seconds)))

    assert style.name == "3" and codes.indices.shape == (2 * 344,)
    assert (codes.indices[:344] != codes.indices[344:]).any(), "motion and pictures are heard"
    assert len(wave) == round(seconds * SAMPLE_RATE) and np.isfinite(wave).all()
