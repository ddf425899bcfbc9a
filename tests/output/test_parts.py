"""A part of a video: its first picture, its time code, and what cannot come with it."""

import subprocess
from pathlib import Path

import av
import field_inputs as inputs
import numpy as np
import pytest
import soundfile

from d2m_cli.errors import InputError, OutputError
from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.video import read_frames
from d2m_cli.media import bundled_ffmpeg, ffmpeg_path
from d2m_cli.output.checks import check_output
from d2m_cli.output.describe import describe
from d2m_cli.output.mux import mux
from d2m_cli.output.streams import stated
from d2m_cli.output.timecode import later
from d2m_cli.spec import SAMPLE_RATE


def write(video: Path, out: Path, start: float = 0.0, end: float | None = None) -> list[str]:
    check_output(video, out, overwrite=True, copied=start == 0)
    clip = probe(video, start, end)
    wav = out.with_name("music.wav")
    soundfile.write(wav, np.zeros(round(clip.seconds * SAMPLE_RATE)), SAMPLE_RATE)
    return mux(clip, wav, out)


@pytest.mark.parametrize("told", ["by the container", "by both"])
@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_a_3d_part_can_be_decoded(suffix: str, told: str, tmp_path: Path) -> None:
    pictures = ("-x264-params", "frame-packing=3") if told == "by both" else ()
    flag = ("-metadata:s:v", "stereo_mode=left_right")
    video = tmp_path / "both_eyes.mkv"
    inputs.run(
        *inputs.picture(), *inputs.tone(), *inputs.X264, *pictures, *flag, *inputs.AAC, video
    )
    out = tmp_path / f"out{suffix}"
    assert len([*read_frames(probe(video))]) == 60
    left_out = write(video, out, start=0.52)
    command = [bundled_ffmpeg(), "-v", "error", "-i", str(out), "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [*describe(out)[0].side_data, *left_out] == ["3-D flag"]
    assert suffix == ".mp4" or not left_out


@pytest.mark.parametrize("start", [0.5, 0.51, 0.53])
@pytest.mark.parametrize("suffix", [".mp4", ".ts"])
def test_a_part_begins_with_a_picture(suffix: str, start: float, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    video = inputs.plain(tmp_path / f"in{suffix}")
    write(video, out, start, 1.5)
    with av.open(str(out)) as container:
        times = [p.pts * p.time_base for p in container.demux(video=0) if p.size]
    assert min(times) == 0
    assert max(times) + 1 / 25 == pytest.approx(1.5 - start, abs=0.041)


def pictures(video: Path) -> tuple[list[float], list[np.ndarray]]:
    with av.open(str(video)) as container:
        frames = list(container.decode(video=0))
        return [frame.time for frame in frames], [
            frame.to_ndarray(format="gray") for frame in frames
        ]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
def test_a_picture_that_stands_long_opens_the_part(suffix: str, tmp_path: Path) -> None:
    video, out = tmp_path / "slides.mp4", tmp_path / f"out{suffix}"
    inputs.run(*inputs.picture(rate="1", seconds=4), *inputs.X264, video)
    write(video, out, 1.4)
    times, shown = pictures(out)
    assert np.subtract(times, times[0]) == pytest.approx([0, 0.6, 1.6], abs=0.002)
    wanted = pictures(video)[1][1:]
    distances = [np.abs(a.astype(float) - b).mean() for a, b in zip(shown, wanted, strict=True)]
    assert max(distances) < 4


@pytest.mark.parametrize(
    ("code", "rate", "seconds", "wanted"),
    [
        ("01:00:00:00", 25, 0.5, "01:00:00:12"),
        ("23:59:59:24", 25, 0.04, "00:00:00:00"),
        ("00:59:59;29", 30000 / 1001, 1 / 29.97, "01:00:00;00"),
        ("00:00:59;29", 30000 / 1001, 1 / 29.97, "00:01:00;02"),
        ("00:00:00;00", 30000 / 1001, 3600, "01:00:00;00"),
        ("00:00:59;59", 60000 / 1001, 1 / 59.94, "00:01:00;04"),
    ],
)
def test_time_codes_count_on(code: str, rate: float, seconds: float, wanted: str) -> None:
    assert later(code, rate, seconds) == wanted


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_the_time_code_moves_with_the_part(suffix: str, tmp_path: Path) -> None:
    video, out = tmp_path / f"camera{suffix}", tmp_path / f"out{suffix}"
    code = ("-timecode", "10:00:00:00")
    inputs.run(*inputs.picture(), *inputs.tone(), *inputs.X264, *inputs.AAC, *code, video)
    write(video, out, 1.0)
    with av.open(str(out)) as container:
        told = {**container.metadata, **container.streams.video[0].metadata}
    assert stated(told, "timecode") == "10:00:01:00"


def test_an_interlaced_part_stays_so(tmp_path: Path) -> None:
    field = ("-vf", "setfield=tff", "-flags", "+ilme+ildct", "-pix_fmt", "yuv420p")
    video = inputs.plain(tmp_path / "tv.ts", "-c:v", "mpeg2video", *field, "-c:a", "mp2")
    write(video, tmp_path / "out.mp4", 0.5)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert next(container.decode(video=0)).interlaced_frame


def test_what_was_transparent_and_is_not_any_more_is_named(tmp_path: Path) -> None:
    video = tmp_path / "alpha.webm"
    codec = ("-c:v", "libvpx", "-auto-alt-ref", "0", "-pix_fmt", "yuva420p", "-c:a", "libopus")
    inputs.run(*inputs.picture(), *inputs.tone(), *codec, video)
    assert write(video, tmp_path / "whole.webm") == []
    assert write(video, tmp_path / "part.webm", 0.5) == ["transparency"]
    with av.open(str(tmp_path / "whole.webm")) as container:
        assert stated(container.streams.video[0].metadata, "alpha_mode") == "1"


@pytest.mark.parametrize(
    ("pixels", "wanted"),
    [("yuv420p", []), ("yuv422p", ["4:2:2"]), ("yuv444p", ["4:4:4"]), ("gray", [])],
)
def test_colours_that_become_coarser_are_named(
    pixels: str, wanted: list[str], tmp_path: Path
) -> None:
    codec = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", pixels)
    video = inputs.plain(tmp_path / "fine.mp4", *codec, *inputs.AAC)
    named = [f"finer colours ({kind} becomes 4:2:0)" for kind in wanted]
    assert write(video, tmp_path / "part.mp4", 0.5) == named
    assert write(video, tmp_path / "whole.mp4") == []


def test_metadata_do_not_grow_from_run_to_run(tmp_path: Path) -> None:
    video = tmp_path / "phone.mov"
    told = ("com.apple.quicktime.model=Phone 7", "creation_time=2024-05-01T10:00:00Z")
    words = [word for fact in told for word in ("-metadata", fact)]
    moved = ("-movflags", "use_metadata_tags")
    inputs.run(*inputs.picture(), *inputs.tone(), *inputs.X264, *inputs.AAC, *words, *moved, video)
    runs = [tmp_path / f"{number}.mov" for number in range(3)]
    for source, out in zip([video, *runs], runs, strict=False):
        write(source, out)
    facts = []
    for path in runs:
        with av.open(str(path)) as container:
            facts.append(dict(container.metadata))
    assert facts[0] == facts[2]
    assert facts[2]["com.apple.quicktime.model"] == "Phone 7"
    assert facts[2]["major_brand"] == "qt  "
    # libavformat 63 joins what the header and the tags say, if both say it
    assert set(facts[2]["creation_time"].split(";")) == {"2024-05-01T10:00:00.000000Z"}


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="this system has no /dev/fd")
def test_an_open_file_is_not_taken_for_one_that_ffmpeg_sees(tmp_path: Path) -> None:
    video = inputs.base(tmp_path)
    with video.open("rb") as file, pytest.raises(InputError, match="own name"):
        probe(Path(f"/dev/fd/{file.fileno()}"))


def test_a_moving_webp_is_called_so(tmp_path: Path) -> None:
    video = tmp_path / "dance.webp"
    inputs.run(*inputs.picture(), "-c:v", "libwebp_anim", video)
    with pytest.raises(InputError, match="is a WebP"):
        probe(video)


@pytest.mark.parametrize("start", [0.0, 0.5])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_subtitles_stay_as_they_were_marked(suffix: str, start: float, tmp_path: Path) -> None:
    text, video, out = tmp_path / "w.srt", tmp_path / f"in{suffix}", tmp_path / f"out{suffix}"
    text.write_text("1\n00:00:00,800 --> 00:00:01,400\nword\n")
    maps = ("-map", "0", "-map", "1", "-map", "1", "-disposition:s:1", "forced")
    codec = "mov_text" if suffix == ".mp4" else "srt"
    base = inputs.base(tmp_path)
    inputs.run("-i", base, "-i", text, "-i", text, *maps, "-c", "copy", "-c:s", codec, video)
    write(video, out, start)
    marks = [
        [stream.disposition for stream in describe(path) if stream.kind == "subtitle"]
        for path in (video, out)
    ]
    assert marks[0] == marks[1]


def test_chapters_that_avi_cannot_hold_are_named(tmp_path: Path) -> None:
    left_out = write(inputs.words(tmp_path, ".mkv"), tmp_path / "out.avi")
    assert left_out == ["subtitles (subrip)", "chapters"]


@pytest.mark.parametrize("suffix", [".mkv", ".avi"])
def test_a_container_that_would_show_hidden_pictures_is_refused(
    suffix: str, tmp_path: Path
) -> None:
    video = inputs.edit_list(tmp_path)
    with pytest.raises(OutputError, match=r"edit list\): name the output out\.mp4"):
        write(video, tmp_path / f"out{suffix}")
    write(video, tmp_path / f"out{suffix}", start=0.1)


def test_a_bare_stream_is_called_so(tmp_path: Path) -> None:
    bare = tmp_path / "dance.h264"
    inputs.run(*inputs.picture(), *inputs.X264, bare)
    with pytest.raises(InputError, match="bare stream of pictures"):
        probe(bare)


@pytest.mark.parametrize(
    "words",
    [
        ("-pix_fmt", "yuvj420p"),
        ("-vf", "setsar=64/45", "-pix_fmt", "yuv420p"),
        ("-colorspace", "smpte170m", "-pix_fmt", "yuv420p"),
    ],
    ids=["full range", "points that are not square", "BT.601"],
)
def test_a_part_keeps_colours_and_shape(words: tuple[str, ...], tmp_path: Path) -> None:
    video = inputs.plain(tmp_path / "in.mp4", "-c:v", "libx264", *words, *inputs.AAC)
    write(video, out := tmp_path / "out.mp4", start=0.48)
    facts = []
    for path in (video, out):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            context = stream.codec_context
            shape = stream.sample_aspect_ratio
            facts.append((context.pix_fmt, context.color_range, context.colorspace, shape))
    if facts[0][1] == 2 and ffmpeg_path() != bundled_ffmpeg():
        facts[0] = ("yuv420p", 0, *facts[0][2:])  # 5.1 converts it (reliability)
    assert facts[0] == facts[1]
    wanted, shown = (next(read_frames(c)) for c in (probe(video, 0.48), probe(out)))
    assert np.abs(wanted.astype(float) - shown).mean() < 3
