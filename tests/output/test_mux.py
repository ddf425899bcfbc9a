import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from project import SHARED
from scipy.signal import butter, sosfilt

from d2m_cli.errors import OutputError
from d2m_cli.ingest.probe import probe
from d2m_cli.media import ffmpeg_path
from d2m_cli.output.audio import measure_loudness
from d2m_cli.output.mux import mux
from d2m_cli.output.sound import write_sound
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import Clip, FloatArray

Run = Callable[..., None]
RATE = 48000
SHARED_CLIPS = SHARED / "clips"


def picture_hashes(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        return [hashlib.sha256(bytes(p)).hexdigest() for p in container.demux(stream) if p.size]


def sound_of(path: Path) -> FloatArray:
    """Sound `(N, 2)` at 48 kHz as a player would give it."""
    command = [ffmpeg_path(), "-v", "error", "-i", str(path), "-vn", "-ac", "2", "-ar", str(RATE)]
    raw = subprocess.run([*command, "-f", "f32le", "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.float32).reshape(-1, 2)


def old_ffmpeg() -> bool:
    """Whether Debian 12's ffmpeg was chosen, which cannot turn pictures in Matroska."""
    told = subprocess.run([ffmpeg_path(), "-version"], capture_output=True, text=True, check=True)
    return told.stdout.startswith("ffmpeg version 5.")


def first_loud(path: Path) -> float:
    """Seconds from the first picture to the first click (ffmpeg 5.1 has Matroska's both late)."""
    with av.open(str(path)) as container:
        picture = container.streams.video[0]
        begin = float((picture.start_time or 0) * picture.time_base)
        begin -= max((container.start_time or 0) / av.time_base, 0.0)
    return float(np.flatnonzero(np.abs(sound_of(path)[:, 0]) > 0.4)[0] / RATE - begin)


def part_of_tone(sound: FloatArray, hertz: float) -> float:
    """Amplitude of a tone in the left channel."""
    time = np.arange(len(sound)) / RATE
    return float(2 * np.abs(np.mean(sound[:, 0] * np.exp(-2j * np.pi * hertz * time))))


def stream_lengths(path: Path) -> dict[str, float]:
    with av.open(str(path)) as container:
        return {s.type: float(s.duration * s.time_base) for s in container.streams if s.duration}


@pytest.fixture
def music(tmp_path: Path) -> Callable[[Clip], Path]:
    """A 1 kHz tone with a click at its very start and end, as long as the clip."""

    def write(clip: Clip) -> Path:
        count = round(clip.seconds * SAMPLE_RATE)
        wave = 0.1 * np.sin(2 * np.pi * 1000 * np.arange(count) / SAMPLE_RATE)
        wave[:40] = 0.8
        wave[-220:-180] = 0.8
        path = tmp_path / "music.wav"
        soundfile.write(path, wave, SAMPLE_RATE)
        return path

    return write


Music = Callable[[Clip], Path]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".m4v"])
def test_picture_is_copied_and_the_sound_is_exactly_as_long(
    suffix: str, clip_3s: Path, tmp_path: Path, music: Music
) -> None:
    clip = probe(clip_3s)
    out = tmp_path / f"out{suffix}"
    mux(clip, music(clip), out)
    assert picture_hashes(out) == picture_hashes(clip_3s)
    assert probe(out).duration == pytest.approx(3.0, abs=1e-3)
    with av.open(str(out)) as container:
        (sound,) = container.streams.audio
        assert (sound.codec_context.name, sound.rate, sound.channels) == ("aac", RATE, 2)
    if suffix != ".mkv":
        assert stream_lengths(out)["audio"] == pytest.approx(3.0, abs=1e-3)
    loud = np.flatnonzero(np.abs(sound_of(out)[:, 0]) > 0.4) / RATE
    assert abs(first_loud(out)) < 0.002, "the sound begins with the picture"
    assert loud[-1] - loud[0] == pytest.approx(3.0 - 180 / SAMPLE_RATE, abs=0.002)


@pytest.mark.parametrize(
    ("suffix", "picture", "sound"),
    [(".webm", "libvpx", "opus"), (".avi", "mpeg4", "pcm_s16le")],
)
def test_other_containers_get_sound_that_fits_them(
    suffix: str, picture: str, sound: str, tmp_path: Path, music: Music, run_ffmpeg: Run
) -> None:
    video, out = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=160x120:r=25", "-c:v", picture, video)
    clip = probe(video)
    mux(clip, music(clip), out)
    assert picture_hashes(out) == picture_hashes(video)
    with av.open(str(out)) as container:
        assert container.streams.audio[0].codec_context.name == sound
    assert len(sound_of(out)) / RATE == pytest.approx(1.0, abs=0.04)


def test_short_clip_at_59_94(tmp_path: Path, music: Music, run_ffmpeg: Run) -> None:
    video, out = tmp_path / "in.mp4", tmp_path / "out.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc=s=160x120:r=60000/1001", "-frames:v", "120", video)
    clip = probe(video)
    mux(clip, music(clip), out)
    lengths = stream_lengths(out)
    assert lengths["video"] == pytest.approx(2.002, abs=1e-3)
    assert abs(lengths["video"] - lengths["audio"]) < 1 / 60
    with av.open(str(out)) as container:
        assert container.duration / av.time_base == pytest.approx(clip.duration, abs=1 / 60)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_picture_that_began_after_its_old_sound_begins_with_the_new(
    suffix: str, clip_3s: Path, tmp_path: Path, music: Music, run_ffmpeg: Run
) -> None:
    video, out = tmp_path / f"late{suffix}", tmp_path / f"out{suffix}"
    streams = ("-itsoffset", "0.7", "-i", clip_3s, "-i", clip_3s, "-map", "0:v", "-map", "1:a")
    run_ffmpeg(*streams, "-c", "copy", video)
    clip = probe(video)
    mux(clip, music(clip), out)
    with av.open(str(out)) as container:
        begin = container.streams.video[0].start_time * container.streams.video[0].time_base
        assert float(begin) == pytest.approx(0, abs=0.022)
    assert probe(out).duration == pytest.approx(3.0, abs=1e-3)
    assert abs(first_loud(out)) < 0.002


def test_loudness_and_peaks_of_the_wav_arrive(clip_3s: Path, tmp_path: Path) -> None:
    wave = 0.23 * np.sin(2 * np.pi * 1000 * np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE)
    wav, out = tmp_path / "music.wav", tmp_path / "out.mp4"
    soundfile.write(wav, wave, SAMPLE_RATE)
    mux(probe(clip_3s), wav, out, finish=False)
    assert measure_loudness(out).lufs == pytest.approx(measure_loudness(wav).lufs, abs=0.2)
    left, right = sound_of(out)[RATE : 2 * RATE].T
    np.testing.assert_allclose(left, right, atol=1e-3)
    assert np.abs(left).max() == pytest.approx(0.23, abs=0.02)


def test_mix_adds_that_share_of_the_old_sound(clip_3s: Path, tmp_path: Path, music: Music) -> None:
    clip = probe(clip_3s)
    wav = music(clip)
    # The clip's tone is mono, which ffmpeg plays 3 dB lower on two speakers; d2m does not.
    old = part_of_tone(sound_of(clip_3s)[:RATE], 440) * 2**0.5
    for mix in (0.0, 0.5, 1.0):
        out = tmp_path / f"mix{mix}.mp4"
        mux(clip, wav, out, mix, finish=False)
        sound = sound_of(out)[RATE // 2 : RATE // 2 + RATE]
        assert part_of_tone(sound, 1000) == pytest.approx(0.1, abs=0.01)
        assert part_of_tone(sound, 440) == pytest.approx(mix * old, abs=0.01)
        assert stream_lengths(out)["audio"] == pytest.approx(3.0, abs=1e-3)


def test_a_loud_mix_does_not_clip(tmp_path: Path, run_ffmpeg: Run) -> None:
    video, wav, out = tmp_path / "in.mp4", tmp_path / "music.wav", tmp_path / "out.mp4"
    picture = ("-f", "lavfi", "-i", "testsrc=d=2:s=64x64")
    run_ffmpeg(*picture, "-f", "lavfi", "-i", "aevalsrc='0.9*sin(2*PI*440*t)':d=2", video)
    soundfile.write(
        wav, 0.9 * np.sin(2 * np.pi * 443 * np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE), SAMPLE_RATE
    )
    mux(probe(video), wav, out, mix=1.0)
    assert np.abs(sound_of(out)[RATE // 10 : -RATE // 10]).max() < 0.95


def test_a_drum_does_not_make_old_treble_louder(tmp_path: Path, run_ffmpeg: Run) -> None:
    """AVI holds samples as they are: what AAC makes of the same mix is as loud above 13 kHz."""
    beep = "aevalsrc='0.2*sin(2*PI*14000*t)*lt(mod(t,0.5),0.02)':s=48000:d=2"
    picture = ["-f", "lavfi", "-i", "testsrc=d=2:s=64x64:r=25", "-c:v", "libx264"]
    video = tmp_path / "beep.mov"
    run_ffmpeg(*picture[:4], "-f", "lavfi", "-i", beep, *picture[4:], "-c:a", "pcm_s16le", video)
    draw, time = np.random.default_rng(6), np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    since = time % 0.5
    wave = draw.uniform(0.3, 1.5) * np.sin(100 * np.pi * since) * np.exp(-12 * since)
    hiss = draw.uniform(0, 0.6) * draw.standard_normal(len(time))
    wave += hiss * np.exp(-draw.uniform(5, 60) * since)
    soundfile.write(tmp_path / "drum.wav", 0.9 * wave / np.abs(wave).max(), SAMPLE_RATE)
    tops = {}
    for suffix in (".avi", ".mov"):
        mux(probe(video), tmp_path / "drum.wav", out := tmp_path / f"out{suffix}", mix=1.0)
        treble = sosfilt(butter(8, 13000, "high", fs=RATE, output="sos"), sound_of(out), axis=0)
        tops[suffix] = 20 * np.log10(np.abs(treble).max())
    assert tops[".mov"] == pytest.approx(tops[".avi"], abs=1.2)


def test_mixing_with_no_old_sound_gives_the_music(
    clip_3s: Path, tmp_path: Path, music: Music, run_ffmpeg: Run
) -> None:
    mute, out = tmp_path / "mute.mp4", tmp_path / "out.mp4"
    run_ffmpeg("-i", clip_3s, "-an", "-c", "copy", mute)
    clip = probe(mute)
    mux(clip, music(clip), out, mix=0.5, finish=False)
    assert part_of_tone(sound_of(out)[:RATE], 1000) == pytest.approx(0.1, abs=0.01)


def test_rotation_chapters_metadata_and_subtitles_survive(
    clip_3s: Path, tmp_path: Path, music: Music, run_ffmpeg: Run
) -> None:
    subtitles, chapters = tmp_path / "words.srt", tmp_path / "chapters.txt"
    subtitles.write_text("1\n00:00:00,500 --> 00:00:01,500\nstep, step, turn\n")
    chapters.write_text(
        ";FFMETADATA1\ntitle=My dance\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1500\ntitle=Intro\n"
    )
    for suffix, codec in ((".mkv", "subrip"), (".mp4", "mov_text")):
        video, out = tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
        turned = ("-display_rotation", "90", "-i", clip_3s, "-i", subtitles, "-i", chapters)
        maps = ("-map", "0", "-map", "1", "-map_metadata", "2", "-map_chapters", "2")
        run_ffmpeg(*turned, *maps, "-c", "copy", "-c:s", codec, video)
        clip = probe(video)
        if suffix == ".mkv" and old_ffmpeg():
            with pytest.raises(OutputError, match=r"name the output out\.mp4 or out\.mov"):
                mux(clip, music(clip), out)
            continue
        mux(clip, music(clip), out)
        assert probe(out).rotation == clip.rotation == 270
        with av.open(str(out)) as container:
            assert container.metadata["title"] == "My dance"
            (words,) = container.streams.subtitles
            assert words.codec_context.codec.canonical_name == codec
            assert [c["metadata"]["title"] for c in container.chapters()] == ["Intro"]
            (packet,) = (p for p in container.demux(words) if p.size > 2)
            assert b"step, step, turn" in bytes(packet)
            assert float(packet.pts * packet.time_base) == pytest.approx(0.5, abs=0.03)


def test_metadata_of_phones_survives(
    clip_3s: Path, tmp_path: Path, music: Music, run_ffmpeg: Run
) -> None:
    video, out = tmp_path / "phone.mov", tmp_path / "out.mov"
    keys = ("-metadata", "com.apple.quicktime.model=iPhone", "-metadata", "title=Party")
    run_ffmpeg("-i", clip_3s, "-c", "copy", *keys, "-movflags", "use_metadata_tags", video)
    clip = probe(video)
    mux(clip, music(clip), out)
    with av.open(str(out)) as container:
        assert container.metadata["com.apple.quicktime.model"] == "iPhone"
        assert container.metadata["title"] == "Party"


def test_subtitles_change_their_form_between_containers(
    clip_3s: Path, tmp_path: Path, music: Music, run_ffmpeg: Run
) -> None:
    words, video = tmp_path / "words.srt", tmp_path / "in.mkv"
    words.write_text("1\n00:00:00,500 --> 00:00:01,500\nturn\n")
    run_ffmpeg("-i", clip_3s, "-i", words, "-map", "0", "-map", "1", "-c", "copy", video)
    clip = probe(video)
    for out, codec in ((tmp_path / "a.mp4", "mov_text"), (tmp_path / "b.avi", None)):
        mux(clip, music(clip), out)
        with av.open(str(out)) as container:
            names = [s.codec_context.codec.canonical_name for s in container.streams.subtitles]
        assert names == ([codec] if codec else [])


def test_cover_and_attachment_survive_in_matroska(
    clip_3s: Path, tmp_path: Path, music: Music, run_ffmpeg: Run
) -> None:
    note, video, out = tmp_path / "note.txt", tmp_path / "in.mkv", tmp_path / "out.mkv"
    note.write_text("learn this dance")
    run_ffmpeg("-i", clip_3s, "-c", "copy", "-attach", note, "-metadata:s:t",
               "mimetype=text/plain", video)  # fmt: skip
    clip = probe(video)
    mux(clip, music(clip), out)
    with av.open(str(out)) as container:
        assert [s.type for s in container.streams if s.type == "attachment"] == ["attachment"]


def test_a_part_from_the_start_is_copied(clip_3s: Path, tmp_path: Path, music: Music) -> None:
    out = tmp_path / "out.mp4"
    clip = probe(clip_3s, end=1.5)
    mux(clip, music(clip), out)
    assert probe(out).duration == pytest.approx(1.5, abs=0.1)
    hashes = picture_hashes(out)
    assert hashes == picture_hashes(clip_3s)[: len(hashes)]
    assert stream_lengths(out)["audio"] == pytest.approx(1.5, abs=1e-3)


def test_a_part_from_the_middle_shows_just_that(
    clip_3s: Path, tmp_path: Path, music: Music
) -> None:
    from d2m_cli.ingest.video import read_frames

    out = tmp_path / "out.mp4"
    clip = probe(clip_3s, 1.3, 2.3)
    mux(clip, music(clip), out, mix=0.5)
    made = probe(out)
    assert made.duration == pytest.approx(1.0, abs=0.034)
    assert stream_lengths(out)["audio"] == pytest.approx(1.0, abs=1e-3)
    wanted, shown = list(read_frames(clip)), list(read_frames(made))
    for index in (0, 15, 28):
        error = np.abs(wanted[index].astype(float) - shown[index]).mean()
        assert error < 3


def test_failure_leaves_the_old_output_and_no_draft(
    clip_3s: Path, tmp_path: Path, music: Music
) -> None:
    clip = probe(clip_3s)
    wav = music(clip)
    out = tmp_path / "out.mp4"
    out.write_bytes(b"precious")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OutputError, match="cannot be written") as caught:
        mux(clip, tmp_path / "no_music.wav", out)
    assert "\n" not in str(caught.value)
    with pytest.raises(OutputError, match="h264"):
        mux(clip, wav, tmp_path / "out.webm")
    assert out.read_bytes() == b"precious"
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".m4a", ".flac", ".ogg", ".opus"])
def test_sound_alone(suffix: str, clip_3s: Path, tmp_path: Path, music: Music) -> None:
    wav = music(replace(probe(clip_3s), end=2.0))
    out = tmp_path / f"song{suffix}"
    write_sound(wav, out, finish=False)
    sound = sound_of(out)
    assert len(sound) / RATE == pytest.approx(2.0, abs=0.06)
    assert part_of_tone(sound[RATE // 2 : RATE // 2 + RATE], 1000) == pytest.approx(0.1, abs=0.01)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["music.wav", out.name]


def test_sound_alone_of_an_unknown_kind(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"choose one of \.wav"):
        write_sound(tmp_path / "music.wav", tmp_path / "song.mp4")


@pytest.mark.skipif(not SHARED_CLIPS.exists(), reason="the shared dance clips are not here")
def test_real_dance_clips_keep_their_packets(tmp_path: Path, music: Music) -> None:
    for video in sorted(SHARED_CLIPS.glob("*.mp4")):
        clip, out = probe(video), tmp_path / video.name
        mux(clip, music(clip), out)
        assert picture_hashes(out) == picture_hashes(video)
        assert abs(probe(out).duration - clip.duration) < 1 / clip.fps
        assert abs(stream_lengths(out)["audio"] - clip.duration) < 1 / clip.fps
