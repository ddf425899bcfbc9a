"""What people bring: each kind of video is written with new sound, and everything in it is found
again, or named as left out. The composing is replaced by a ready WAV."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import av
import field_inputs as inputs
import numpy as np
import pytest
import soundfile
from av.sidedata.sidedata import Type

from d2m_cli.errors import OutputError
from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.sound import load_sound
from d2m_cli.ingest.video import read_frames
from d2m_cli.media import bundled_ffmpeg, ffmpeg_path
from d2m_cli.output.checks import check_output, default_suffix
from d2m_cli.output.describe import DOLBY_VISION, ROTATION, StreamFacts, describe
from d2m_cli.output.mux import mux, rehearse
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import Clip


@dataclass(frozen=True)
class Written:
    clip: Clip
    path: Path
    left_out: list[str]

    @property
    def streams(self) -> list[StreamFacts]:
        return describe(self.path)

    def tags(self, kind: str) -> list[str]:
        return [stream.tag for stream in self.streams if stream.kind == kind]


def write(video: Path, out: Path, start: float = 0.0, end: float | None = None, mix: float = 0.0):
    """What `d2m generate` does around the composing."""
    check_output(video, out, overwrite=True, copied=start == 0)
    clip = probe(video, start, end)
    foreseen = rehearse(clip, out)
    wav = out.with_name("music.wav")
    count = round(clip.seconds * SAMPLE_RATE)
    soundfile.write(
        wav, 0.1 * np.sin(2 * np.pi * 1000 * np.arange(count) / SAMPLE_RATE), SAMPLE_RATE
    )
    left_out = mux(clip, wav, out, mix)
    assert foreseen == left_out
    wav.unlink()
    return Written(clip, out, left_out)


def counts(path: Path) -> tuple[int, float]:
    """Pictures, and seconds from the first to the end of the last."""
    clip = probe(path)
    return round(clip.fps * clip.duration), clip.duration


def old_ffmpeg() -> bool:
    told = subprocess.run([ffmpeg_path(), "-version"], capture_output=True, text=True, check=True)
    return told.stdout.startswith("ffmpeg version 5.")


@pytest.mark.parametrize("name", inputs.PLAIN)
def test_the_picture_comes_out_again(name: str, tmp_path: Path) -> None:
    video = inputs.PLAIN[name](tmp_path)
    suffix = default_suffix(video)
    written = write(video, tmp_path / f"out{suffix}")
    assert suffix in (".mp4", ".mkv", video.suffix)
    (count, seconds), (wanted, duration) = counts(written.path), counts(video)
    assert count == wanted
    assert seconds == pytest.approx(duration, abs=0.05)
    assert written.left_out == []
    with av.open(str(written.path)) as container:
        assert len(container.streams.audio) == 1


@pytest.mark.parametrize(("start", "end"), [(0.0, 1.2), (0.5, 1.5)])
@pytest.mark.parametrize("name", ["uneven", "late TS", "Xvid", "ProRes", "VP9", "240 fps"])
def test_a_part_is_a_part(name: str, start: float, end: float, tmp_path: Path) -> None:
    video = inputs.PLAIN[name](tmp_path)
    written = write(video, tmp_path / f"out{default_suffix(video)}", start, end)
    shown = probe(written.path)
    assert shown.duration == pytest.approx(end - start, abs=0.35 if name == "uneven" else 0.1)
    wanted = next(read_frames(written.clip)).astype(float)
    assert np.abs(next(read_frames(shown)) - wanted).mean() < 8


@pytest.mark.parametrize("make", ["gif", "png"])
def test_moving_pictures_of_the_web_become_a_video(make: str, tmp_path: Path) -> None:
    video = tmp_path / f"dance.{make}"
    form = ("-f", "apng") if make == "png" else ()
    inputs.run(*inputs.picture("161x91", "10"), *form, video)
    assert default_suffix(video) == ".mp4"
    for suffix in (".mp4", ".mkv"):
        written = write(video, tmp_path / f"out{suffix}")
        assert counts(written.path)[0] == pytest.approx(20, abs=1)
        assert (probe(written.path).width, probe(written.path).height) == (160, 90)


def test_odd_sizes_in_a_part(tmp_path: Path) -> None:
    video = inputs.plain(tmp_path / "odd.webm", "-c:v", "libvpx", "-c:a", "libopus", size="161x91")
    written = write(video, tmp_path / "out.mp4", start=0.5)
    assert (probe(written.path).width, probe(written.path).height) == (160, 90)


def test_telemetry_stays_and_what_has_no_codec_is_named(tmp_path: Path) -> None:
    written = write(inputs.gopro(tmp_path), tmp_path / "out.mp4")
    assert sorted(written.tags("data")) == ["gpmd", "tmcd"]
    assert written.left_out == ["data track (fdsc)"]
    with av.open(str(written.path)) as container:
        assert container.streams.video[0].metadata["timecode"] == "01:00:00:00"
    again = write(written.path, tmp_path / "again.mp4")
    assert sorted(again.tags("data")) == ["gpmd", "tmcd"] and again.left_out == []
    part = write(written.path, tmp_path / "part.mp4", start=0.5, end=1.5)
    with av.open(str(part.path)) as container:
        (index,) = (s.index for s in part.streams if s.tag == "gpmd")
        times = [float(p.pts * p.time_base) for p in container.demux(index) if p.size]
    assert 0 <= times[0] < 0.1 and 0.9 < times[-1] < 1.0


def test_timed_metadata_of_phones_is_left_out_whole(tmp_path: Path) -> None:
    written = write(inputs.iphone(tmp_path), tmp_path / "out.mov")
    assert written.tags("data") == [] and written.left_out == ["data track (mebx)"]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_chapters_stay_and_do_not_multiply(suffix: str, tmp_path: Path) -> None:
    video = inputs.words(tmp_path, suffix)
    for round_ in range(3):
        written = write(video, tmp_path / f"out{round_}{suffix}")
        with av.open(str(written.path)) as container:
            titles = [chapter["metadata"]["title"] for chapter in container.chapters()]
        assert titles == ["first", "second"]
        assert "gpmd" not in written.tags("data") and len(written.tags("data")) <= 1
        video = written.path


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_phones_upright_video_stays_upright(suffix: str, tmp_path: Path) -> None:
    written = write(inputs.phone(tmp_path), tmp_path / f"out{suffix}")
    assert probe(written.path).rotation == written.clip.rotation != 0


@pytest.mark.parametrize("suffix", [".mkv", ".avi"])
def test_a_container_that_would_lay_it_on_its_side_is_refused(suffix: str, tmp_path: Path) -> None:
    video = inputs.phone(tmp_path)
    with pytest.raises(OutputError, match=r"name the output out\.mp4 or out\.mov"):
        write(video, tmp_path / f"out{suffix}")
    turned = write(video, tmp_path / f"out{suffix}", start=0.5)
    assert (probe(turned.path).width, probe(turned.path).height) == (120, 160)
    assert ROTATION not in turned.streams[0].side_data


@pytest.mark.parametrize("suffix", [".mov", ".mp4", ".mkv"])
def test_dolby_vision_stays(suffix: str, tmp_path: Path) -> None:
    written = write(inputs.dolby(tmp_path), tmp_path / f"out{suffix}")
    kept = DOLBY_VISION in written.streams[0].side_data
    assert kept or written.left_out == [DOLBY_VISION]
    assert kept or (suffix == ".mkv" and old_ffmpeg())
    if suffix != ".mkv":
        assert written.streams[0].tag == "hvc1"


@pytest.mark.parametrize(
    ("source", "suffix"), [(".mkv", ".mp4"), (".ts", ".mov"), (".mp4", ".mp4")]
)
def test_hevc_is_tagged_as_apple_wants_it(source: str, suffix: str, tmp_path: Path) -> None:
    written = write(inputs.hevc(tmp_path, source), tmp_path / f"out{suffix}")
    assert written.streams[0].tag == "hvc1"


@pytest.mark.parametrize(
    ("source", "suffix"), [(".mp4", ".mp4"), (".mp4", ".mkv"), (".mkv", ".mkv"), (".mkv", ".mp4")]
)
def test_a_cover_stays_a_cover(source: str, suffix: str, tmp_path: Path) -> None:
    for start in (0.0, 0.5):
        written = write(inputs.cover(tmp_path, source), tmp_path / f"out{suffix}", start)
        pictures = [stream.attached for stream in written.streams if stream.kind == "video"]
        assert pictures == [False, True] and written.left_out == []
        assert counts(written.path)[1] == pytest.approx(2.0 - start, abs=0.05)
    for other in (".avi", ".mov"):
        named = write(inputs.cover(tmp_path, source), tmp_path / f"out{other}")
        assert named.left_out == ["cover picture (png)"]


def test_a_first_track_of_one_picture_is_not_the_dance(tmp_path: Path) -> None:
    video = inputs.still_first(tmp_path)
    written = write(video, tmp_path / "out.mkv")
    assert (written.clip.width, written.clip.height) == (160, 120)
    assert written.clip.duration == pytest.approx(2.0, abs=0.05)
    assert len(list(read_frames(written.clip))) == 60
    assert counts(written.path)[0] == 50


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(("start", "end"), [(1.0, None), (0.0, 1.0), (0.5, 1.8), (0.0, None)])
def test_subtitles_and_chapters_move_with_the_part(
    suffix: str, start: float, end: float | None, tmp_path: Path
) -> None:
    written = write(inputs.words(tmp_path, suffix), tmp_path / f"out{suffix}", start, end)
    last = 2.0 if end is None else end
    spoken = {"one": (0.2, 0.6), "two": (0.8, 1.4), "three": (1.7, 1.9)}
    wanted = {
        word: (max(begin, start) - start, min(stop, last) - start)
        for word, (begin, stop) in spoken.items()
        if stop > start and begin < last
    }
    seen = {}
    with av.open(str(written.path)) as container:
        (stream,) = container.streams.subtitles
        assert stream.language == "fra"
        for packet in container.demux(stream):
            word = bytes(packet).decode(errors="ignore").strip("\0\1\2\3\4\5 ")
            if packet.size > 2:
                begin = float(packet.pts * packet.time_base)
                seen[word] = (begin, begin + float(packet.duration * packet.time_base))
        chapters = [
            (float(c["start"] * c["time_base"]), float(c["end"] * c["time_base"]))
            for c in container.chapters()
        ]
    assert seen.keys() == wanted.keys()
    for word, times in wanted.items():
        assert seen[word] == pytest.approx(times, abs=0.03), word
    parts = [(max(a, start) - start, min(b, last) - start) for a, b in ((0, 1), (1, 2))]
    expected = [part for part in parts if part[1] > part[0]]
    assert np.array(chapters) == pytest.approx(np.array(expected), abs=0.03)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_hdr_stays_hdr_in_a_part(suffix: str, tmp_path: Path) -> None:
    written = write(inputs.hdr10(tmp_path), tmp_path / f"out{suffix}", start=0.5)
    with av.open(str(written.path)) as container:
        context = container.streams.video[0].codec_context
        assert context.pix_fmt == "yuv420p10le" and context.codec.canonical_name == "hevc"
        assert (context.color_primaries, context.color_trc, context.colorspace) == (9, 16, 9)
        frame = next(container.decode(video=0))
        assert frame.side_data.get(Type.MASTERING_DISPLAY_METADATA) is not None
        assert frame.side_data.get(Type.CONTENT_LIGHT_LEVEL) is not None


def test_the_old_sound_is_the_first_that_can_be_decoded(tmp_path: Path) -> None:
    video = inputs.unknown_first_sound(tmp_path)
    written = write(video, tmp_path / "out.mp4", mix=1.0)
    assert written.clip.has_audio
    assert loudness_of_tone(written.path, 440) == pytest.approx(0.1, rel=0.2)
    assert len(load_sound(video, SAMPLE_RATE)) == pytest.approx(2 * SAMPLE_RATE, rel=0.05)


def test_a_mono_original_is_mixed_as_loud_as_a_stereo_one(tmp_path: Path) -> None:
    mono = write(inputs.mono(tmp_path), tmp_path / "mono_out.mp4", mix=1.0)
    stereo = write(inputs.base(tmp_path), tmp_path / "stereo_out.mp4", mix=1.0)
    levels = [loudness_of_tone(each.path, 440) for each in (mono, stereo)]
    assert levels[0] == pytest.approx(levels[1], rel=0.05)


def test_attachments_stay_in_matroska_and_are_named_elsewhere(tmp_path: Path) -> None:
    kept = write(inputs.font(tmp_path), tmp_path / "out.mkv")
    assert [s.kind for s in kept.streams].count("attachment") == 1 and kept.left_out == []
    assert write(inputs.font(tmp_path), tmp_path / "out.mp4").left_out == ["attachment (ttf)"]


def loudness_of_tone(path: Path, hertz: float) -> float:
    """Amplitude of a tone in the middle of the left channel."""
    raw = [bundled_ffmpeg(), "-v", "error", "-i", str(path), "-vn", "-ar", "48000", "-ac", "2"]
    done = subprocess.run([*raw, "-f", "f32le", "-"], capture_output=True, check=True)
    left = np.frombuffer(done.stdout, np.float32).reshape(-1, 2)[24000:72000, 0]
    return float(2 * np.abs(np.mean(left * np.exp(-2j * np.pi * hertz * np.arange(48000) / 48000))))
