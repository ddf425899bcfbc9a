"""The whole path on real video with the embedded bundle, MediaPipe and ffmpeg."""

import hashlib
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from project import ROOT

import d2m_cli
from d2m_cli.bundles.places import embedded_folder
from d2m_cli.bundles.styles import read_styles
from d2m_cli.errors import D2MError, InputError, NoDancerError, OutputError
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.generation.styles import style_for_dance
from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.sound import load_sound
from d2m_cli.spec import SAMPLE_RATE, Level
from d2m_cli.types import Analysis

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
    track.save(out)
    check_scored(dance, out)
    assert track.rate == SAMPLE_RATE and len(track.samples) == round(
        probe(dance).duration * SAMPLE_RATE
    )
    assert track.dance.motion.share_found > 0.95


def test_one_seed_gives_one_piece_and_another_seed_another(maker: Dance2Music, dance: Path) -> None:
    first = maker.generate(dance, Level.HIGH, seed=5).samples
    again = maker.generate(dance, Level.HIGH, seed=5).samples
    other = maker.generate(dance, Level.HIGH, seed=6).samples
    np.testing.assert_array_equal(first, again)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.5


def test_the_beat_of_the_example_is_found(maker: Dance2Music) -> None:
    analysis = maker.analyze(ROOT / "examples" / "dance.mp4")
    assert analysis.dance.rhythm.bpm == pytest.approx(112, rel=0.02)


def test_tempo_and_offset_override_the_dance(maker: Dance2Music, dance: Path) -> None:
    track = maker.generate(dance, Level.HIGH, tempo=90, beat_offset=0.25)
    assert track.tempo == pytest.approx(90, rel=0.01)
    assert np.abs(track.beats - 0.25).min() < 0.02
    assert track.dance.rhythm.bpm == pytest.approx(112, rel=0.05), "the dance keeps its own"


def test_a_part_of_the_video(maker: Dance2Music, dance: Path, tmp_path: Path) -> None:
    track = maker.generate(dance, Level.HIGH, start=1.0, end=3.0)
    track.save(tmp_path / "part.mp4")
    assert track.seconds == pytest.approx(2.0)
    assert probe(tmp_path / "part.mp4").duration == pytest.approx(2.0, abs=0.05)


def test_windows_leave_no_seam(maker: Dance2Music, dance: Path) -> None:
    """Codes decoded in windows equal codes decoded at once, so joins cannot be heard."""
    from d2m_cli.codec.stream import decode_windows

    track = maker.generate(dance, Level.HIGH)
    own = maker.maker
    assert isinstance(own, D2MMaker)
    style = own.choose_style(track.style, None, seed=0)
    codes = own.sample_codes(track.dance, Level.HIGH, style, seed=0)
    vqvae = own.level_model(Level.HIGH).vqvae
    indices = torch.from_numpy(codes.indices)
    whole = torch.cat(list(decode_windows(vqvae, indices, Level.HIGH, seconds=100.0)))
    parts = torch.cat(list(decode_windows(vqvae, indices, Level.HIGH, seconds=0.5)))
    torch.testing.assert_close(parts, whole, atol=1e-4, rtol=0)


def test_the_dance_picks_a_style_with_drums_and_the_seed_does_not(
    maker: Dance2Music, dance: Path
) -> None:
    analysis = maker.analyze(dance)
    own = maker.maker
    picked = {own.pick_style(analysis.dance, seed).name for seed in range(6)}
    assert len(picked) == 1


def test_every_tempo_has_a_style_with_drums_that_suits_it() -> None:
    styles = read_styles()
    picked = {tempo: style_for_dance(styles, tempo) for tempo in range(60, 200)}
    assert "ambient" not in picked.values() and len(set(picked.values())) > 6
    for tempo in range(100, 160):
        slow, fast = styles[picked[tempo]].tempo
        assert slow <= tempo <= fast


def test_wrong_values_are_refused_before_the_video_is_decoded(
    maker: Dance2Music, dance: Path, tmp_path: Path
) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"level": "hihg"}, "choose high or low"),
        ({"style": "polka"}, "Choose one of ambient, "),
        ({"style": "rocks"}, "Did you mean rock"),
        ({"style": "rock", "style_audio": dance}, "not both"),
        ({"style_audio": tmp_path / "none.wav"}, "none.wav"),
        ({"tempo": 20}, "40 to 240"),
        ({"seed": -1}, "negative"),
        ({"start": 99.0}, "99"),
    ]
    for values, message in wrong:
        with pytest.raises(D2MError, match=message):
            maker.generate(dance, progress=fail, **values)
    with pytest.raises(InputError, match=r"none\.mp4"):
        maker.generate(tmp_path / "none.mp4", progress=fail)


def fail(step: str, done: float, total: float) -> None:
    raise AssertionError(f"{step} began")


def test_one_analysis_serves_many_pieces(maker: Dance2Music, dance: Path, tmp_path: Path) -> None:
    analysis = maker.analyze(dance, end=2.0)
    first = maker.compose(analysis, "high", style="Rock", seed=1)
    second = maker.compose(analysis, "high", style="pop", seed=1)
    assert (first.style, second.style) == ("rock", "pop")
    assert (first.samples != second.samples).any()
    np.testing.assert_array_equal(
        first.samples, maker.generate(dance, "high", style="rock", seed=1, end=2.0).samples
    )


def test_a_track_is_saved_as_video_or_sound_and_replaces_nothing(
    maker: Dance2Music, dance: Path, tmp_path: Path
) -> None:
    track = maker.compose(maker.analyze(dance, end=1.0), "high")
    assert track.save(tmp_path / "music.wav") == tmp_path / "music.wav"
    assert len(load_sound(tmp_path / "music.wav", SAMPLE_RATE)) == len(track.samples)
    with pytest.raises(OutputError, match="overwrite=True"):
        track.save(tmp_path / "music.wav")
    track.save(tmp_path / "music.wav", overwrite=True)
    with pytest.raises(InputError, match="0 to 1"):
        track.save(tmp_path / "out.mp4", mix=2.0)
    with pytest.raises(OutputError, match="is the input itself"):
        track.save(dance, overwrite=True)
    prepared = maker.compose(Analysis(track.dance), "high")
    with pytest.raises(InputError, match="no video"):
        prepared.save(tmp_path / "out.mp4")


def test_what_users_hold_prints_short(maker: Dance2Music, dance: Path) -> None:
    track = maker.compose(maker.analyze(dance, end=1.0), "high")
    shown = [repr(thing) for thing in (maker, maker.maker.bundle, track, track.dance)]
    assert all(len(text) < 200 for text in shown), shown


def test_the_package_exports_what_its_users_need(maker: Dance2Music, dance: Path) -> None:
    assert d2m_cli.Dance2Music is Dance2Music
    analysis = maker.analyze(dance, end=1.0)
    assert isinstance(analysis.dance, d2m_cli.Dance)
    assert isinstance(maker.compose(analysis, "high"), d2m_cli.Track)
    assert callable(d2m_cli.evaluate)
    assert d2m_cli.Level("high") is Level.HIGH
    with pytest.raises(AttributeError, match="polka"):
        d2m_cli.__getattr__("polka")


def test_nobody_in_the_picture(maker: Dance2Music, clip_3s: Path) -> None:
    with pytest.raises(NoDancerError, match="No person"):
        maker.generate(clip_3s, Level.HIGH)


def test_the_embedded_bundle_is_small() -> None:
    size = sum(file.stat().st_size for file in embedded_folder().rglob("*"))
    assert size < 40e6


@pytest.mark.skipif(not CLIPS.is_dir(), reason="the shared dance clips are not on this machine")
def test_real_clips(maker: Dance2Music, tmp_path: Path) -> None:
    for name in ("aist_a.mp4", "tiktok_a.mp4", "tiktok_group.mp4"):
        maker.generate(CLIPS / name).save(tmp_path / name)
        check_scored(CLIPS / name, tmp_path / name)
