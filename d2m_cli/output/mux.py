"""New sound for a video whose picture stays as it is, and sound files alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import ffmpeg

from d2m_cli.errors import OutputError
from d2m_cli.ffmpeg_tool import picture_stream, read_clock
from d2m_cli.output.audio import limited
from d2m_cli.output.checks import CONTAINERS, check_container, finished_file, holds
from d2m_cli.output.run import run_ffmpeg
from d2m_cli.types import Clip

_RATE = 48000
"""Hz of the sound in a video: what every container and codec below takes."""

_AAC = {"codec": "aac", "b": "192k"}
_SOUND_IN_VIDEO = {
    ".webm": {"codec": "libopus", "b": "160k"},
    ".avi": {"codec": "pcm_s16le"},  # AVI cannot tell a player to skip a codec's first samples
}
_SOUND_ALONE = {
    ".wav": {"codec": "pcm_s16le"},
    ".mp3": {"codec": "libmp3lame", "b": "192k"},
    ".m4a": _AAC,
    ".flac": {"codec": "flac"},
    ".ogg": {"codec": "libvorbis", "b": "192k"},
    ".opus": {"codec": "libopus", "b": "160k"},
}

_PICTURE_ANEW = {
    ".webm": {"codec:v": "libvpx-vp9", "crf": 26, "b:v": 0, "cpu-used": 4, "row-mt": 1},
    ".avi": {"codec:v": "mpeg4", "qscale:v": 2},
}
_H264 = {"codec:v": "libx264", "crf": 17, "preset": "veryfast", "pix_fmt": "yuv420p"}

_SUBTITLES_AS = {"mp4": "mov_text", "mov": "mov_text", "matroska": "subrip", "webm": "webvtt"}
"""What text subtitles become where the container cannot hold them as they are."""

_TEXT_SUBTITLES = ("subrip", "ass", "webvtt", "mov_text", "text")


def mux(clip: Clip, wav: Path, out: Path, mix: float = 0.0) -> None:
    """Write the picture of `clip` with the music in `wav` (mono) as its sound to `out`.

    The picture is copied packet by packet; subtitles, further pictures, data and attachments,
    chapters and metadata (rotation too) come along where the container of `out` can hold them. The
    sound is 48 kHz stereo, AAC (Opus in WebM, PCM in AVI), begins with the picture and lasts as
    long. `mix` (0..1) adds the original sound, that much of its amplitude, under the music.

    A clip that begins after 0 s must have its picture encoded anew (H.264 at a quality where no
    difference is seen; VP9 in WebM, MPEG-4 in AVI), for a copy could only begin at a key frame.

    Raises `OutputError` when `out` cannot be written or its container does not hold the picture.
    """
    copied = clip.start == 0.0
    if copied:
        check_container(clip.path, out)
    suffix = out.suffix.lower()
    clock = read_clock(clip.path)
    video = ffmpeg.input(str(clip.path.absolute()), **_from_the_part(clip, clock.first_picture))
    sound = _sound(clip, ffmpeg.input(str(wav.absolute())), video, mix)
    picture = {"codec:v": "copy"} if copied else _PICTURE_ANEW.get(suffix, _H264)
    options: dict[str, Any] = {
        **picture,
        **{f"{key}:a": value for key, value in _SOUND_IN_VIDEO.get(suffix, _AAC).items()},
        "format": CONTAINERS[suffix],
        "map_metadata": 0,
        "map_chapters": 0,
    }
    if clip.end is not None:
        options["t"] = f"{clip.seconds:.6f}"
    if CONTAINERS[suffix] in ("mp4", "mov"):
        options["movflags"] = "+faststart"
    others = _streams_besides(clip.path, suffix)
    with finished_file(out) as draft:
        try:
            _write(video, sound, others, options, draft, out)
        except OutputError:
            # Some data streams are named by no muxer's list, and show only here that none fits.
            without = [other for other in others if other.kind != "data"]
            if without == others:
                raise
            _write(video, sound, without, options, draft, out)


def write_sound(wav: Path, out: Path) -> None:
    """Write the music in `wav` (mono) as 48 kHz stereo; the suffix of `out` names the codec.

    Raises `OutputError` for an unknown suffix or when `out` cannot be written.
    """
    codec = _SOUND_ALONE.get(out.suffix.lower())
    if codec is None:
        raise OutputError(
            f"{out} is no sound file: choose one of {', '.join(_SOUND_ALONE)} as its suffix."
        )
    sound = _stereo(ffmpeg.input(str(wav.absolute())).audio)
    with finished_file(out) as draft:
        options = {f"{key}:a": value for key, value in codec.items()}
        run_ffmpeg(sound.output(str(draft), **options), out)


@dataclass(frozen=True)
class _Stream:
    """A stream of the input that goes along."""

    index: int
    kind: str
    codec: str
    """What it becomes: `copy` or a subtitle codec."""


def _from_the_part(clip: Clip, first_picture: float) -> dict[str, Any]:
    """Input options after which the clip's time 0 is ffmpeg's, whatever began before it."""
    options: dict[str, Any] = {"fflags": "+genpts"}  # AVI has no presentation times
    if clip.start:
        return {**options, "ss": f"{first_picture + clip.start:.6f}"}
    return {**options, "itsoffset": f"{-first_picture:.6f}"}


def _sound(clip: Clip, music: Any, video: Any, mix: float) -> Any:
    """The new sound, exactly as long as the clip."""
    sound = _stereo(music.audio)
    if mix > 0 and clip.has_audio:
        # `async` fills and cuts so that the original keeps its place beside the picture.
        original = (
            video["a:0"]
            .filter("aresample", _RATE, **{"async": 1, "first_pts": 0})
            .filter("aformat", channel_layouts="stereo")
        )
        both = ffmpeg.filter(
            [sound, original], "amix", inputs=2, duration="first", weights=f"1 {mix}"
        )
        # amix divides by the sum of the weights.
        sound = limited(both.filter("volume", 1 + mix), _RATE)
    return sound.filter("apad").filter("atrim", end=f"{clip.seconds:.6f}")


def _stereo(mono: Any) -> Any:
    """Both speakers play `mono` as loud as it is (ffmpeg's own way takes 3 dB off)."""
    return mono.filter("aresample", _RATE).filter("channelmap", map="0|0", channel_layout="stereo")


def _streams_besides(path: Path, suffix: str) -> list[_Stream]:
    """Streams of the video at `path`, sound left out, that a file with `suffix` may hold."""
    container_name = CONTAINERS[suffix]
    kept = []
    with av.open(str(path.absolute())) as container:
        main = picture_stream(container)
        for stream in container.streams:
            context = stream.codec_context
            name = context.codec.canonical_name if context else ""
            fits = stream is main or holds(suffix, name)
            if stream.type == "subtitle":
                codec = _subtitle_codec(name, suffix)
                if codec:
                    kept.append(_Stream(stream.index, "subtitle", codec))
            elif stream.type == "video" and fits:
                kept.append(_Stream(stream.index, "video", "copy"))
            elif stream.type == "attachment" and container_name == "matroska":
                kept.append(_Stream(stream.index, "attachment", "copy"))
            elif stream.type == "data" and container_name in ("mp4", "mov"):
                kept.append(_Stream(stream.index, "data", "copy"))
    return kept


def _subtitle_codec(name: str, suffix: str) -> str | None:
    if CONTAINERS[suffix] == "matroska" and name != "mov_text":
        return "copy"
    if holds(suffix, name):
        return "copy"
    return _SUBTITLES_AS.get(CONTAINERS[suffix]) if name in _TEXT_SUBTITLES else None


def _write(
    video: Any, sound: Any, others: list[_Stream], options: dict[str, Any], draft: Path, out: Path
) -> None:
    subtitles = [stream.codec for stream in others if stream.kind == "subtitle"]
    each = {f"codec:s:{number}": codec for number, codec in enumerate(subtitles)}
    copies = {"codec:d": "copy", "codec:t": "copy"}
    streams = [video[str(stream.index)] for stream in others]
    run_ffmpeg(ffmpeg.output(*streams, sound, str(draft), **options, **copies, **each), out)
