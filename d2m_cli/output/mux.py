"""New sound for a video whose picture stays as it is, and sound files alone."""

from pathlib import Path
from typing import Any

import ffmpeg

from d2m_cli.errors import OutputError
from d2m_cli.media import read_clock
from d2m_cli.output.audio import limited
from d2m_cli.output.checks import CONTAINERS, check_container, finished_file, picture_codec
from d2m_cli.output.run import run_ffmpeg
from d2m_cli.output.streams import Companion, companions, copy_limit, has_phone_metadata
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

_H264 = {"codec": "libx264", "crf": 17, "preset": "veryfast", "pix_fmt": "yuv420p"}
_PICTURE_ANEW = {
    ".webm": {"codec": "libvpx-vp9", "crf": 26, "b": 0, "cpu-used": 4, "row-mt": 1},
    ".avi": {"codec": "mpeg4", "qscale": 2},
}


def mux(clip: Clip, wav: Path, out: Path, mix: float = 0.0) -> None:
    """Write the picture of `clip` with the music in `wav` (mono) as its sound to `out`.

    The picture is copied packet by packet; subtitles, further pictures, data and attachments,
    chapters and metadata (rotation too) come along where the container of `out` can hold them. The
    sound is 48 kHz stereo, AAC (Opus in WebM, PCM in AVI), begins with the picture and lasts as
    long as the clip. `mix` (0..1) adds the original sound, at that much of its amplitude.

    A clip that ends early has its copied picture end where the stream can be cut without a gap,
    which with B-pictures may be a few pictures off. One that begins after 0 s must have its picture
    encoded anew (H.264 at a quality where no difference is seen; VP9 in WebM, MPEG-4 in AVI), for a
    copy could only begin at a key frame.

    Raises `OutputError` when `out` cannot be written or its container does not hold the picture.
    """
    copied = clip.start == 0.0
    if copied:
        check_container(clip.path, out)
    begin = _begin(clip)
    old = picture = ffmpeg.input(str(clip.path.absolute()), **begin)
    limit = copy_limit(clip) if copied else None
    if limit is not None:
        # An input of its own: a limit on the output would end the sound as well.
        picture = ffmpeg.input(str(clip.path.absolute()), **begin, t=f"{limit:.6f}")
    sound = _sound(clip, ffmpeg.input(str(wav.absolute())), old, mix)
    options = _options(clip, out.suffix.lower(), copied)
    others = companions(clip.path, out.suffix.lower())
    with finished_file(out) as draft:
        try:
            run_ffmpeg(_sink(picture, sound, old, others, options, draft), out)
        except OutputError:
            # Some data streams are named by no muxer's list, and show only here that none fits.
            without = [other for other in others if other.kind != "data"]
            if without == others:
                raise
            run_ffmpeg(_sink(picture, sound, old, without, options, draft), out)


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
        run_ffmpeg(sound.output(str(draft), **_for_stream("a", codec)), out)


def _begin(clip: Clip) -> dict[str, Any]:
    """Input options after which the clip's time 0 is ffmpeg's, whatever began before it."""
    first_picture = read_clock(clip.path).first_picture
    options: dict[str, Any] = {"fflags": "+genpts"}  # AVI has no presentation times
    if clip.start:
        return {**options, "ss": f"{first_picture + clip.start:.6f}"}
    return {**options, "itsoffset": f"{-first_picture:.6f}"}


def _sound(clip: Clip, music: Any, old: Any, mix: float) -> Any:
    """The new sound, exactly as long as the clip."""
    sound = _stereo(music.audio)
    if mix > 0 and clip.has_audio:
        # `async` fills and cuts so that the original keeps its place beside the picture.
        original = (
            old["a:0"]
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


def _options(clip: Clip, suffix: str, copied: bool) -> dict[str, Any]:
    """How the container and its streams are written."""
    options: dict[str, Any] = {
        "codec:v": "copy",
        "codec:d": "copy",
        "codec:t": "copy",
        **_for_stream("a", _SOUND_IN_VIDEO.get(suffix, _AAC)),
        "format": CONTAINERS[suffix],
        "map_metadata": 0,
        "map_chapters": 0,
    }
    if not copied:
        options |= _for_stream("v:0", _PICTURE_ANEW.get(suffix, _H264))
        options["t"] = f"{clip.seconds:.6f}"
    elif suffix == ".avi" and picture_codec(clip.path) == "h264":
        options["bsf:v:0"] = "h264_mp4toannexb"  # as AVI has it; changes nothing from AVI to AVI
    if CONTAINERS[suffix] in ("mp4", "mov"):
        # Phones' own keys need QuickTime's newer form of metadata, which fewer players read.
        phone = "+use_metadata_tags" if has_phone_metadata(clip.path) else ""
        options["movflags"] = "+faststart" + phone
    return options


def _for_stream(stream: str, options: dict[str, Any]) -> dict[str, Any]:
    return {f"{key}:{stream}": value for key, value in options.items()}


def _sink(
    picture: Any,
    sound: Any,
    old: Any,
    others: list[Companion],
    options: dict[str, Any],
    draft: Path,
) -> Any:
    """The output file with its streams in order; attachments last, as Matroska's muxer wants."""
    subtitles = [other.codec for other in others if other.kind == "subtitle"]
    each = {f"codec:s:{number}": codec for number, codec in enumerate(subtitles)}
    streams = [picture["V:0"], sound, *(old[str(other.index)] for other in others)]
    return ffmpeg.output(*streams, str(draft), **options, **each)
