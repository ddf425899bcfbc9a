"""Sounds and videos of a listening test, all at one loudness.

Convention: the loudness (EBU R 128) of every item is the highest that all of them reach without a
limiter, at most `MAX_LUFS`: a louder piece is liked better, and a limiter changes how it sounds.
"""

import math
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import ffmpeg
import soundfile

from d2m_cli.errors import D2MError, DataError
from d2m_cli.evaluation.sources import read_music
from d2m_cli.ingest.probe import has_sound
from d2m_cli.metrics.mos import MosItem, MosPart
from d2m_cli.output.audio import CEILING_DB, measure_loudness
from d2m_cli.output.run import run_ffmpeg
from d2m_cli.report.mos_page import Media
from d2m_cli.spec import SAMPLE_RATE

MAX_LUFS = -16.0
VIDEO_KINDS = {".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm"}
"""Suffixes that browsers play, and their media types."""

_SOUND_CODECS = {"video/mp4": "aac", "video/webm": "libopus"}


def heard(
    clips_of: Mapping[str, Mapping[str, Path]],
) -> tuple[dict[str, dict[str, Path]], dict[Path, str]]:
    """The clips of each system that have sound, and why the others cannot be rated."""
    wrong: dict[Path, str] = {}
    for path in (path for clips in clips_of.values() for path in clips.values()):
        try:
            if not has_sound(path):
                wrong[path] = f"{path} has no sound."
        except D2MError as error:
            wrong[path] = str(error)
    kept = {
        system: {clip: path for clip, path in clips.items() if path not in wrong}
        for system, clips in clips_of.items()
    }
    if wrong and not any(kept.values()):
        raise DataError(f"No file has sound: {' '.join(wrong.values())}")
    return kept, wrong


def listening_media(items: Sequence[tuple[MosItem, Path]]) -> list[tuple[MosItem, Media]]:
    """Each item with its video (coherence) or its sound alone (quality), from the item's file."""
    with tempfile.TemporaryDirectory() as folder:
        sources = [_source(item, path, Path(folder)) for item, path in items]
        levels = [measure_loudness(source) for source in sources]
        reach = [
            level.lufs + CEILING_DB - level.peak_db for level in levels if _audible(level.lufs)
        ]
        target = min([MAX_LUFS, *reach])
        media = []
        for (item, _), source, level in zip(items, sources, levels, strict=True):
            gain = target - level.lufs if _audible(level.lufs) else 0.0
            media.append((item, _levelled(source, gain, Path(folder))))
        return media


def _audible(lufs: float) -> bool:
    return lufs > -math.inf


def _source(item: MosItem, path: Path, folder: Path) -> Path:
    """The file that is played: the video as it is, or its sound alone as WAV."""
    if item.part is MosPart.COHERENCE:
        return path
    wav = folder / f"{item.token}.wav"
    soundfile.write(wav, read_music(path), SAMPLE_RATE, subtype="FLOAT")
    return wav


def _levelled(source: Path, gain: float, folder: Path) -> Media:
    """The file with its sound `gain` dB louder; the picture stays as it is."""
    given = ffmpeg.input(str(source.absolute()))
    sound = given.audio.filter("volume", f"{gain:.3f}dB")
    out = folder / f"levelled{source.suffix.lower()}"
    kind = VIDEO_KINDS.get(source.suffix.lower())
    if kind is None:
        run_ffmpeg(sound.output(str(out), acodec="pcm_s16le"), out)
        return Media("audio/wav", out.read_bytes())
    codecs = {"vcodec": "copy", "acodec": _SOUND_CODECS[kind], "audio_bitrate": "160k"}
    run_ffmpeg(ffmpeg.output(given.video, sound, str(out), **codecs), out)
    return Media(kind, out.read_bytes())
