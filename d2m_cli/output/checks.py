"""What can go wrong with an output's place, found before any work begins."""

import io
import os
from collections.abc import Collection
from pathlib import Path

import av

from d2m_cli.errors import OutputError
from d2m_cli.media import picture_stream
from d2m_cli.output.describe import ROTATION, describe
from d2m_cli.output.places import longest_name

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
    copied: bool = True,
) -> None:
    """Make sure that `out` can be written for `video`, whose picture is `copied` or encoded anew.

    Raises `OutputError` when its suffix is none of `suffixes`, its name is too long, its folder is
    missing or not writable, it is the video itself, it exists and `overwrite` is not set, or its
    container cannot hold the video's picture.
    """
    suffix = out.suffix.lower()
    if suffix not in suffixes:
        raise OutputError(f"{out} has an unknown kind: choose one of {', '.join(suffixes)}.")
    final = Path(os.path.realpath(out))  # a symbolic link stays, and what it points to is written
    folder = final.parent
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file, where a folder is needed: name another one.")
    if not folder.is_dir():
        raise OutputError(f"The folder {folder} does not exist: create it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"The folder {folder} is not writable: choose another one.")
    length, longest = len(os.fsencode(final.name)), longest_name(folder)
    if length > longest:
        raise OutputError(
            f"The name of the output is {length} bytes long, and {folder} takes {longest}: "
            "give a shorter one with -o."
        )
    if out.is_dir():
        raise OutputError(f"{out} is a folder: name a file in it.")
    if out.exists() and video.exists() and out.samefile(video):
        raise OutputError(f"{out} is the input itself: choose another name for the output.")
    if out.exists() and not out.is_file():
        raise OutputError(f"{out} is a device or a pipe: name a file.")
    if out.exists() and not overwrite:
        raise OutputError(
            f"{out} exists: choose another name, or allow it to be replaced "
            "(--overwrite; in Python overwrite=True)."
        )
    if suffix in CONTAINERS and copied:
        check_container(video, out)


def check_container(video: Path, out: Path) -> None:
    """Make sure that the container of `out` can hold the picture of `video` as it is.

    A file that is no video passes: what is wrong with it is told where it is read.
    Raises `OutputError` naming a suffix that works.
    """
    codec = picture_codec(video)
    if codec is None or no_video_holds(codec):
        return
    suffix = out.suffix.lower()
    if not holds(suffix, codec):
        fitting = next(s for s in (video.suffix.lower(), *CONTAINERS) if holds(s, codec))
        raise OutputError(
            f"A {out.suffix} file cannot hold {codec} pictures: "
            f"name the output {out.stem}{fitting}."
        )
    if CONTAINERS[suffix] not in ("mp4", "mov") and is_turned(video, CONTAINERS[suffix]):
        raise OutputError(
            f"A {out.suffix} file cannot tell players to turn the picture, which lies on its side: "
            f"name the output {out.stem}.mp4 or {out.stem}.mov."
        )
    if CONTAINERS[suffix] not in ("mp4", "mov") and hides_pictures(video):
        raise OutputError(
            f"A {out.suffix} file cannot hide the pictures that were cut off without being removed "
            f"(an edit list): name the output {out.stem}.mp4 or {out.stem}.mov, or give --start."
        )


def default_suffix(video: Path) -> str:
    """Suffix of the output for `video` when none is given: its own, else `.mp4`, else `.mkv`."""
    codec = picture_codec(video)
    own = video.suffix.lower()
    if codec is None or no_video_holds(codec):
        return ".mp4" if codec or own not in CONTAINERS else video.suffix
    if holds(own, codec):
        return video.suffix
    return ".mp4" if holds(".mp4", codec) else ".mkv"


def no_video_holds(codec: str) -> bool:
    """Whether `codec` must be encoded anew: moving pictures of the web, and RealVideo."""
    return codec in ("gif", "apng", "webp", "webp_anim", "rv10", "rv20", "rv30", "rv40")


def is_turned(video: Path, container: str) -> bool:
    """Whether a copy of the picture of `video` into another kind of file would lie on its side.

    From Matroska to Matroska the turn comes along.
    """
    try:
        with av.open(str(video.absolute())) as opened:
            stream = picture_stream(opened)
            own = opened.format.name
            index = stream.index if stream else None
    except (av.FFmpegError, OSError):
        return False
    if index is None or (container in own and container in ("matroska", "webm")):
        return False
    return any(ROTATION in s.side_data for s in describe(video) if s.index == index)


def hides_pictures(video: Path) -> bool:
    """Whether `video` holds pictures that its edit list keeps from being shown."""
    try:
        with av.open(str(video.absolute())) as container:
            if "mp4" not in container.format.name:
                return False
            stream = picture_stream(container)
            return stream is not None and any(p.is_discard for p in container.demux(stream))
    except (av.FFmpegError, OSError):
        return False


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
        return not no_video_holds(codec)
    if name == "mov" and codec in _MP4_ONLY:
        return False
    with av.open(io.BytesIO(), "w", format=name) as container:
        return codec in container.supported_codecs
