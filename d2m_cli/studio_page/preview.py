"""The video as browsers play it: itself where they can, else a copy that they can."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import av

from d2m_cli.clock import read_clock
from d2m_cli.errors import Cancelled, InputError
from d2m_cli.files import whole_file
from d2m_cli.ingest.video import displayed_size
from d2m_cli.media import complaint, ffmpeg_path, picture_stream
from d2m_cli.types import Clip

NAME = "preview.mp4"
"""Of the copy, in the project's folder."""

_PLAYED = {
    ".mp4": ({"h264", "vp9", "av1"}, {"aac", "mp3", "opus", "flac"}),
    ".m4v": ({"h264"}, {"aac", "mp3"}),
    ".webm": ({"vp8", "vp9", "av1"}, {"opus", "vorbis"}),
}
"""Codecs of picture and sound that all usual browsers play, by the ending of the file."""

_SIDE = 1280
"""Pixels of the longer side of a copy."""
_WAIT = 0.2
"""Seconds from one look to the next whether the copy is still wanted."""


def played(video: Path, folder: Path) -> Path:
    """The file that the page plays: the video, or its copy in the project's folder."""
    copy = folder / NAME
    return copy if copy.exists() else video


def prepare(clip: Clip, folder: Path, cancelled: Callable[[], bool]) -> None:
    """Make a copy of the video in `folder`, once, where browsers do not play it itself.

    Raises `InputError` for a video that cannot be decoded, `Cancelled`.
    """
    if not (folder / NAME).exists() and not _is_played(clip):
        _copy(clip, folder / NAME, cancelled)


def _copy(clip: Clip, copy: Path, cancelled: Callable[[], bool]) -> None:
    width, height = displayed_size(clip, _SIDE)
    begin = read_clock(clip.path).first_picture + clip.start
    command = [ffmpeg_path(), "-v", "error", "-nostdin", "-y", "-i", str(clip.path.absolute())]
    command += [
        "-ss",
        f"{begin:.6f}",
        "-t",
        f"{clip.seconds:.6f}",
        "-vf",
        f"scale={width}:{height}",
    ]
    command += ["-map", "0:V:0", "-map", "0:a:0?", "-c:v", "libx264", "-preset", "veryfast"]
    command += ["-pix_fmt", "yuv420p", "-g", "30", "-c:a", "aac", "-movflags", "+faststart"]
    with whole_file(copy) as draft, tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen([*command, str(draft)], stderr=complaints)
        try:
            while process.poll() is None:
                if cancelled():
                    raise Cancelled("The work was cancelled: nothing of it is kept.")
                try:
                    process.wait(_WAIT)
                except subprocess.TimeoutExpired:
                    continue
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            complaints.seek(0)
            reason = complaint(complaints.read().decode(errors="replace"))
            raise InputError(f"{clip.path} cannot be shown ({reason}): check that it plays.")


def _is_played(clip: Clip) -> bool:
    if clip.start or clip.end is not None or clip.path.suffix.lower() not in _PLAYED:
        return False
    pictures, sounds = _PLAYED[clip.path.suffix.lower()]
    with av.open(str(clip.path.absolute())) as container:
        stream = picture_stream(container)
        if stream is None:
            return False
        plain = stream.codec_context.pix_fmt in ("yuv420p", "yuvj420p")
        heard = all(sound.codec_context.name in sounds for sound in container.streams.audio)
        return plain and heard and stream.codec_context.codec.canonical_name in pictures
