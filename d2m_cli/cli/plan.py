"""What `d2m generate` will read and write, checked before any network is loaded."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from d2m_cli.bundles.contents import style_names
from d2m_cli.errors import BundleError, InputError, OutputError
from d2m_cli.ingest.probe import check_readable
from d2m_cli.output.places import named_after

if TYPE_CHECKING:
    from d2m_cli.cli.options import MusicOptions, OutputOptions

VIDEO_SUFFIXES = {
    *(".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"),
    *(".mts", ".ts", ".webm", ".wmv"),
}
"""Files that are taken as videos where a folder is given."""

MADE = ".d2m"
"""Stands in the names of videos that d2m made."""

_ALL = "all"


@dataclass(frozen=True)
class Piece:
    """One piece of music and what is to be written of it."""

    style: str | None
    """None leaves the choice to the dance."""
    seed: int
    out: Path
    plot: Path | None
    beats: Path | None
    audio_only: bool

    def files(self) -> list[Path]:
        """All that is to be written."""
        return [path for path in (self.out, self.plot, self.beats) if path]


@dataclass(frozen=True)
class Job:
    """One video, which is analyzed once, and the pieces to make for it."""

    video: Path
    pieces: tuple[Piece, ...]
    features: Path | None = None

    def files(self) -> list[Path]:
        """All that is to be written."""
        pieces = [path for piece in self.pieces for path in piece.files()]
        return [*pieces, self.features] if self.features else pieces


def plan_jobs(videos: list[str], music: MusicOptions, output: OutputOptions) -> list[Job]:
    """Find the videos and decide every output's name.

    Raises `InputError` for a video or song that is missing, `BundleError` for an unknown style,
    `OutputError` for names that do not fit together.
    """
    found = find_videos(videos)
    _check_music(music, found)
    styles = choose_styles(music.style, music.bundle)
    variants = [*product(styles, range(music.seed, music.seed + music.takes))]
    jobs = [
        Job(
            video,
            tuple(_piece(video, v, variants, len(found), music, output) for v in variants),
            output.save_features and named_after(video, ".npz", output.save_features),
        )
        for video in found
    ]
    _check_names_differ(jobs)
    return jobs


def find_videos(given: list[str]) -> list[Path]:
    """The videos meant by file names, folders and patterns.

    Raises `InputError` for what is missing, for a folder without videos and for an address.
    """
    found: list[Path] = []
    for name in given:
        if re.match(r"[a-z][a-z0-9+.-]+://", name, re.IGNORECASE):
            raise InputError(
                f"{name} is an address: download the video first (for instance with yt-dlp), "
                "then give its file."
            )
        path = Path(name)
        if path.is_dir():
            found += _videos_in(path)
        elif path.exists() or name == "-":
            check_readable(path)
            found.append(path)
        elif set(name) & set("*?["):
            found += _matches(name)
        else:
            raise InputError(f"{path} does not exist: check the path.")
    return list(dict.fromkeys(found))


def choose_styles(wished: list[str], bundle: str | None) -> list[str | None]:
    """Names of a bundle's styles as it spells them; `[None]` without a wish, all for `all`.

    Where the bundle names none (the released ones number them), the words stay as they are.
    Raises `BundleError` for an unknown style.
    """
    if not wished:
        return [None]
    known = style_names(bundle)
    if not known:
        return [*dict.fromkeys(wished)]
    if any(word.lower() == _ALL for word in wished):
        return [*known]
    by_lower = {name.lower(): name for name in known}
    for word in wished:
        if word.lower() not in by_lower:
            raise BundleError(f"Unknown style '{word}': choose {', '.join(known)}, or {_ALL}.")
    return list(dict.fromkeys(by_lower[word.lower()] for word in wished))


def _check_music(music: MusicOptions, videos: list[Path]) -> None:
    if music.motion and len(videos) > 1:
        raise InputError("--motion is the motion of one dance: give its video alone.")
    if music.style and music.style_audio:
        raise InputError("--style and --style-audio contradict each other: give one of them.")
    if music.style_audio and not music.style_audio.is_file():
        raise InputError(f"{music.style_audio} is not a file: check the path of --style-audio.")
    if music.end is not None and music.end <= music.start:
        raise InputError(
            f"The end at {music.end:g} s does not lie after the start at {music.start:g} s: "
            "choose a later one."
        )


def _videos_in(folder: Path) -> list[Path]:
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder} cannot be read ({error.strerror}).") from error
    videos = [
        file
        for file in files
        if file.suffix.lower() in VIDEO_SUFFIXES and not _is_passed_over(file) and file.is_file()
    ]
    if not videos:
        raise InputError(f"The folder {folder} holds no video: give one that does, or files.")
    return videos


def _is_passed_over(file: Path) -> bool:
    """Whether a file is hidden, or named like one that d2m made."""
    return file.name[0] == "." or MADE in {suffix.lower() for suffix in file.suffixes[:-1]}


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern)
    fixed = next(p for p in path.parents if not set(str(p)) & set("*?["))
    found = sorted(fixed.glob(str(path.relative_to(fixed))))
    files = [file for file in found if file.is_file() and not _is_passed_over(file)]
    if not files:
        raise InputError(f"No file matches {pattern}: check the pattern.")
    return files


def _piece(
    video: Path,
    variant: tuple[str | None, int],
    variants: list[tuple[str | None, int]],
    videos: int,
    music: MusicOptions,
    output: OutputOptions,
) -> Piece:
    from d2m_cli.output.checks import SOUND_SUFFIXES, default_suffix

    style, seed = variant
    label = _label(variant, variants, music.takes)
    sound = output.audio_only or _suffix(output.out) in SOUND_SUFFIXES
    ending = MADE + label + (".wav" if sound else default_suffix(video))
    out = place(output.out or f"{video.parent}/", video, ending, label, videos)
    plot = output.plot and place(output.plot, video, f"{label}.png", label, videos)
    beats = output.beats and place(output.beats, video, f"{label}.beats.csv", label, videos)
    return Piece(style, seed, out, plot or None, beats or None, sound)


def _label(
    variant: tuple[str | None, int], variants: list[tuple[str | None, int]], takes: int
) -> str:
    """What tells a piece from the others of its video, as the last part of a file's name."""
    style, seed = variant
    several_styles = len({style for style, _ in variants}) > 1
    words = [*([str(style)] if several_styles else []), *([f"seed{seed}"] if takes > 1 else [])]
    return f".{'-'.join(words)}" if words else ""


def place(given: str, video: Path, ending: str, label: str, videos: int) -> Path:
    """The output for a piece: `given` itself, or a file in it where it is (to be) a folder.

    Raises `OutputError` where several videos would share a file, or it is not clear what is meant.
    """
    path = Path(given)
    if path.is_dir() or given.endswith(("/", os.sep)) or (videos > 1 and not path.suffix):
        return named_after(video, ending, path)
    if videos > 1:
        raise OutputError(
            f"{videos} videos do not fit into the one file {given}: give -o {path.stem}/."
        )
    if not path.suffix:
        suffix = Path(ending).suffix
        raise OutputError(f"{given} has no suffix: give {given}{suffix}, or {given}/ for a folder.")
    return path.with_name(f"{path.stem}{label}{path.suffix}") if label else path


def _suffix(given: str | None) -> str:
    return Path(given or "").suffix.lower()


def _check_names_differ(jobs: list[Job]) -> None:
    places = Counter(os.path.realpath(path) for job in jobs for path in job.files())
    for path, count in places.items():
        if count > 1:
            raise OutputError(
                f"{count} outputs have the name {Path(path).name}: give videos of one name to d2m "
                "one at a time."
            )
