"""The released models from checkpoint files to a video with music, on random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from d2m_cli.bundles.bundle import Bundle
from d2m_cli.bundles.convert import RECIPES, convert
from d2m_cli.errors import BundleError, InputError
from d2m_cli.models.official import Corpus
from d2m_cli.official import STEP, cross_fade, open_maker, pose_windows
from d2m_cli.pipeline import Dance2Music
from d2m_cli.spec import SAMPLE_RATE, FlowMethod, Level

ROOT = Path(__file__).parents[1]
VIDEOS = (ROOT / "examples/dance.mp4", ROOT.parent / "shared/clips/aist_6s.mp4")


@pytest.fixture(scope="module")
def dancer() -> Path:
    found = next((video for video in VIDEOS if video.exists()), None)
    return found or pytest.skip("no dance video here")


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


@pytest.fixture(scope="module")
def tiktok(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A whole high-level TikTok bundle, converted from checkpoint files with random weights."""
    folder = tmp_path_factory.mktemp("tiktok")
    torch.manual_seed(0)
    given = {}
    for name in ("motion_high", "generator_high", "codec_high", "i3d_rgb", "i3d_flow"):
        network = RECIPES["tiktok-official"].parts[name].network()
        if name == "codec_high":
            torch.nn.init.normal_(network.bottleneck.level_blocks["2"].k, std=20.0)
        given[name] = folder / f"{name}.pt"
        torch.save(network.state_dict(), given[name])
    return convert("tiktok-official", given, folder, folder / "bundle")


@pytest.fixture(scope="module")
def maker(tiktok: Bundle) -> Dance2Music:
    return open_maker(tiktok.folder, "cpu", flow=FlowMethod.DIS)


def test_a_video_gets_music_of_its_length(maker: Dance2Music, dancer: Path) -> None:
    track = maker.generate(dancer, Level.HIGH, end=1.2)
    assert track.seconds == pytest.approx(1.2)
    assert len(track.read()) == round(track.seconds * SAMPLE_RATE)
    assert track.read().any()
    assert track.dance.visual.features.shape == (2048, 1)


def test_the_tiktok_model_refuses_what_it_cannot_follow(
    tiktok: Bundle, maker: Dance2Music, dancer: Path
) -> None:
    with pytest.raises(InputError, match="tempo"):
        maker.generate(dancer, Level.HIGH, tempo=120.0)
    with pytest.raises(BundleError, match="style"):
        maker.generate(dancer, Level.HIGH, style="pop")
    with pytest.raises(InputError, match="--motion"):
        open_maker(tiktok.folder, "cpu", motion=Path("motion.pkl"))


def test_the_aist_model_says_what_a_plain_video_lacks(tiktok: Bundle, tmp_path: Path) -> None:
    """Settings decide what is asked for, before any network is built."""
    description = (tiktok.folder / "bundle.json").read_text().replace('"tiktok"', '"aist"')
    plain = tmp_path / "aist"
    plain.mkdir()
    for file in tiktok.folder.glob("*.safetensors"):
        (plain / file.name).hardlink_to(file)
    (plain / "bundle.json").write_text(description)
    with pytest.raises(InputError, match="SMPL motion and two-stream I3D"):
        open_maker(plain, "cpu")
