"""What can go wrong with an output's place, found before any work begins."""

import io
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from d2m_cli.errors import OutputError
from d2m_cli.media import picture_stream

CONTAINERS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".avi": "avi",
}
"""ffmpeg's name of the container for each suffix of a video that can be written."""

SOUND_SUFFIXES = (".wav", ".mp3", ".m4a", ".flac", ".ogg", ".opus")
"""Suffixes of sound files that can be written."""

PLOT_SUFFIXES = (".png", ".svg", ".pdf")

_MP4_ONLY = ("vp9", "av1")
"""Codecs that ffmpeg's list names for QuickTime too, but that its muxer refuses there."""


def check_output(
    video: Path,
    out: Path,
    overwrite: bool,
    suffixes: Collection[str] = (*CONTAINERS, *SOUND_SUFFIXES, *PLOT_SUFFIXES),
) -> None:
    """Make sure that `out` can be written for `video`, whose picture is to be copied into it.

    Raises `OutputError` when its suffix is none of `suffixes`, its folder is missing or not
    writable, it is the video itself, it exists and `overwrite` is not set, or its container cannot
    hold the video's picture.
    """
    suffix = out.suffix.lower()
    if suffix not in suffixes:
        raise OutputError(f"{out} has an unknown kind: choose one of {', '.join(suffixes)}.")
    folder = out.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"The folder {folder} does not exist: create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"The folder {folder} is not writable: choose another one.")
    if out.is_dir():
        raise OutputError(f"{out} is a folder: name a file in it.")
    if out.exists() and video.exists() and out.samefile(video):
        raise OutputError(f"{out} is the input itself: choose another name for the output.")
    if out.exists() and not overwrite:
        raise OutputError(f"{out} exists: give --overwrite or another name.")
    if suffix in CONTAINERS:
        check_container(video, out)


def check_container(video: Path, out: Path) -> None:
    """Make sure that the container of `out` can hold the picture of `video` as it is.

    A file that is no video passes: what is wrong with it is told where it is read.
    Raises `OutputError` naming a suffix that works.
    """
    codec = picture_codec(video)
    if codec is None or holds(out.suffix.lower(), codec):
        return
    fitting = next(s for s in (video.suffix.lower(), *CONTAINERS) if holds(s, codec))
    raise OutputError(
        f"A {out.suffix} file cannot hold {codec} pictures: name the output {out.stem}{fitting}."
    )


def picture_codec(video: Path) -> str | None:
    """ffmpeg's name of the codec of the picture of `video`; None when there is none to be read."""
    try:
        with av.open(str(video.absolute())) as container:
            stream = picture_stream(container)
            return stream.codec_context.codec.canonical_name if stream else None
    except (av.FFmpegError, OSError):
        return None


def holds(suffix: str, codec: str) -> bool:
    """Whether a file with `suffix` can hold a stream of ffmpeg's `codec`."""
    if suffix not in CONTAINERS:
        return False
    name = CONTAINERS[suffix]
    if name == "matroska":
        return True
    if name == "mov" and codec in _MP4_ONLY:
        return False
    with av.open(io.BytesIO(), "w", format=name) as container:
        return codec in container.supported_codecs


@contextmanager
def finished_file(out: Path) -> Iterator[Path]:
    """A draft beside `out` to write to: it takes the name `out` at the end, or vanishes on error.

    Raises `OutputError` when the folder does not allow it.
    """
    draft = out.with_name(f".{out.stem}.{os.getpid()}{out.suffix}")
    try:
        yield draft
        draft.replace(out)
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)
