"""The whole path on real video with the embedded bundle, MediaPipe and ffmpeg."""

import hashlib
from pathlib import Path

import av
import numpy as np
import pytest
from project import ROOT

from d2m_cli.bundles.places import embedded_folder
from d2m_cli.errors import BundleError, NoDancerError
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.sound import load_sound
from d2m_cli.spec import SAMPLE_RATE, Level

CLIPS = ROOT.parent / "shared" / "clips"


@pytest.fixture(scope="session")
def maker() -> Dance2Music:
    return Dance2Music.from_bundle()


@pytest.fixture(scope="session")
def dance(tmp_path_factory: pytest.TempPathFactory, run_ffmpeg) -> Path:
    """The first seconds of the project's own example, copied without encoding."""
    path = tmp_path_factory.mktemp("dance") / "dance.mp4"
    run_ffmpeg("-i", ROOT / "examples" / "dance.mp4", "-t", "4", "-c", "copy", path)
    return path


def picture_hashes(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.video[0])
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in packets if packet.size]


def check_scored(video: Path, out: Path) -> None:
    """Same pictures, sound of the pictures' length, neither silent nor clipped."""
    assert picture_hashes(out) == picture_hashes(video)
    before, after = probe(video), probe(out)
    assert after.has_audio
    with av.open(str(out)) as container:
        sound = container.streams.audio[0]
        seconds = float(sound.duration * sound.time_base)
    assert seconds == pytest.approx(before.duration, abs=1.0 / before.fps)
    samples = load_sound(out, 44100)
    level = 20 * np.log10(np.sqrt(np.mean(samples**2)))
    assert -32 < level < -8
    assert np.abs(samples).max() < 1.0


@pytest.mark.parametrize("level", list(Level))
def test_a_dance_gets_music_under_the_same_pictures(
    maker: Dance2Music, dance: Path, tmp_path: Path, level: Level
) -> None:
    track = maker.generate(dance, level)
    out = tmp_path / "out.mp4"
    maker.save(track, out)
    check_scored(dance, out)
    assert len(track.read()) == round(probe(dance).duration * SAMPLE_RATE)
    assert track.dance.motion.share_found > 0.95


def test_one_seed_gives_one_piece_and_another_seed_another(maker: Dance2Music, dance: Path) -> None:
    first = maker.generate(dance, Level.HIGH, seed=5).read()
    again = maker.generate(dance, Level.HIGH, seed=5).read()
    other = maker.generate(dance, Level.HIGH, seed=6).read()
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.5


def test_the_beat_of_the_example_is_found(maker: Dance2Music) -> None:
    dance = maker.analyze(probe(ROOT / "examples" / "dance.mp4"))
    assert dance.rhythm.bpm == pytest.approx(112, rel=0.02)


def test_tempo_and_offset_override_the_dance(maker: Dance2Music, dance: Path) -> None:
    rhythm = maker.generate(dance, Level.HIGH, tempo=90, beat_offset=0.25).dance.rhythm
    assert rhythm.bpm == pytest.approx(90, rel=0.01)
    assert np.abs(rhythm.beats - 0.25).min() < 0.02


def test_a_part_of_the_video(maker: Dance2Music, dance: Path, tmp_path: Path) -> None:
    track = maker.generate(dance, Level.HIGH, start=1.0, end=3.0)
    maker.save(track, tmp_path / "part.mp4")
    assert track.seconds == pytest.approx(2.0)
    assert probe(tmp_path / "part.mp4").duration == pytest.approx(2.0, abs=0.05)


def test_windows_leave_no_seam(maker: Dance2Music, dance: Path) -> None:
    """Codes decoded in windows equal codes decoded at once, so joins cannot be heard."""
    from d2m_cli.codec.stream import decode_windows

    track = maker.generate(dance, Level.HIGH)
    style = maker.choose_style(track.style, None, seed=0)
    codes = maker.sample_codes(track.dance, Level.HIGH, style, seed=0)
    import torch

    vqvae = maker.level_model(Level.HIGH).vqvae
    indices = torch.from_numpy(codes.indices)
    whole = torch.cat(list(decode_windows(vqvae, indices, Level.HIGH, seconds=100.0)))
    parts = torch.cat(list(decode_windows(vqvae, indices, Level.HIGH, seconds=0.5)))
    torch.testing.assert_close(parts, whole, atol=1e-4, rtol=0)


def test_seed_and_tempo_pick_a_style_with_drums(maker: Dance2Music) -> None:
    asked = [(seed, tempo) for seed in range(6) for tempo in range(80, 160, 8)]
    picked = [maker.choose_style(None, None, *pair).name for pair in asked]
    assert picked == [maker.choose_style(None, None, *pair).name for pair in asked]
    assert "ambient" in maker.styles and set(picked) == set(maker.styles) - {"ambient"}
    assert len(set(picked[:10])) > 3, "dances of unlike tempo"


def test_unknown_style_names_the_known_ones(maker: Dance2Music, dance: Path) -> None:
    with pytest.raises(BundleError, match=sorted(maker.styles)[0]):
        maker.generate(dance, Level.HIGH, style="polka")


def test_nobody_in_the_picture(maker: Dance2Music, clip_3s: Path) -> None:
    with pytest.raises(NoDancerError, match="No person"):
        maker.generate(clip_3s, Level.HIGH)


def test_the_embedded_bundle_is_small() -> None:
    size = sum(file.stat().st_size for file in embedded_folder().rglob("*"))
    assert size < 40e6


@pytest.mark.skipif(not CLIPS.is_dir(), reason="the shared dance clips are not on this machine")
@pytest.mark.parametrize("name", ["aist_a", "tiktok_a", "tiktok_group"])
def test_real_clips(maker: Dance2Music, name: str, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    maker.save(maker.generate(CLIPS / f"{name}.mp4"), out)
    check_scored(CLIPS / f"{name}.mp4", out)
