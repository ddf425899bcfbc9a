"""The new sound of a video, with or without the old one, and sound files alone."""

from pathlib import Path
from typing import Any

import ffmpeg

from d2m_cli.errors import OutputError
from d2m_cli.media import SoundTrack, word_of
from d2m_cli.output.audio import limited
from d2m_cli.output.finish.frames import RATE
from d2m_cli.output.finish.stream import finish as finish_music
from d2m_cli.output.places import finished_file, scratch_folder
from d2m_cli.output.run import run_ffmpeg
from d2m_cli.types import Clip

_AAC: dict[str, Any] = {"codec": "aac", "b": "256k", "aac_pns": 0}
"""At 192 kbit/s ffmpeg puts noise in the place of tones beside a drum, up to 4 dB louder."""

_IN_VIDEO = {
    ".webm": {"codec": "libopus", "b": "160k"},
    ".avi": {"codec": "pcm_s16le"},  # AVI cannot tell a player to skip a codec's first samples
}
_ALONE = {
    ".wav": {"codec": "pcm_s16le"},
    ".mp3": {"codec": "libmp3lame", "b": "192k"},
    ".m4a": _AAC,
    ".flac": {"codec": "flac"},
    ".ogg": {"codec": "libvorbis", "b": "192k"},
    ".opus": {"codec": "libopus", "b": "160k"},
}


def write_sound(wav: Path, out: Path, finish: bool = True) -> None:
    """Write the music in `wav` (mono) as 48 kHz stereo; the suffix of `out` names the codec.

    `finish` gives it the band above 11 kHz and two sides.

    Raises `OutputError` for an unknown suffix or when `out` cannot be written.
    """
    codec = _ALONE.get(out.suffix.lower())
    if codec is None:
        raise OutputError(
            f"{out} is no sound file: choose one of {', '.join(_ALONE)} as its suffix."
        )
    with scratch_folder() as folder, finished_file(out) as draft:
        sound = stereo_music(wav, Path(folder), finish)
        run_ffmpeg(sound.output(word_of(draft), **for_stream("a", codec)), out)


def stereo_music(wav: Path, folder: Path, finish: bool) -> Any:
    """The music in `wav` (mono) as an ffmpeg-python stream of 48 kHz stereo.

    `finish` gives it the band above 11 kHz and two sides, in a file in `folder`.
    """
    if not finish:
        return _stereo(ffmpeg.input(word_of(wav)).audio)
    finished = folder / "finished.wav"
    finish_music(wav, finished)
    return ffmpeg.input(word_of(finished)).audio


def sound_options(suffix: str) -> dict[str, Any]:
    """Output options for the sound of a video file with `suffix`."""
    return for_stream("a", _IN_VIDEO.get(suffix, _AAC))


def new_sound(clip: Clip, music: Any, old: Any, track: SoundTrack | None, mix: float) -> Any:
    """The sound of the ffmpeg-python stream `music` (stereo), exactly as long as the clip.

    `mix` (0..1) adds that share of `old`, the stream of `track`, unless that is None.
    """
    sound = music
    if track is not None:
        # `async` fills and cuts so that the original keeps its place beside the picture.
        original = old.filter("aresample", RATE, **{"async": 1, "first_pts": 0})
        original = (
            _stereo(original)
            if track.channels == 1
            else original.filter("aformat", channel_layouts="stereo")
        )
        both = ffmpeg.filter(
            [sound, original], "amix", inputs=2, duration="first", weights=f"1 {mix}"
        )
        # amix divides by the sum of the weights.
        sound = limited(both.filter("volume", 1 + mix), RATE)
    return sound.filter("apad").filter("atrim", end=f"{clip.seconds:.6f}")


def for_stream(stream: str, options: dict[str, Any]) -> dict[str, Any]:
    """The same ffmpeg options, said of one stream (`a`, `v:0`)."""
    return {f"{key}:{stream}": value for key, value in options.items()}


def _stereo(mono: Any) -> Any:
    """Both speakers play `mono` as loud as it is (ffmpeg's own way takes 3 dB off)."""
    return mono.filter("aresample", RATE).filter("channelmap", map="0|0", channel_layout="stereo")
