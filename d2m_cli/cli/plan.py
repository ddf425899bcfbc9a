"""What `d2m generate` will read and write, checked before any network is loaded."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from d2m_cli.bundles.contents import style_names
from d2m_cli.errors import BundleError, D2MError, InputError, OutputError
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


@dataclass
class Ready:
    """What of a plan is to be done, what is there already, and what cannot be done."""

    jobs: list[Job] = field(default_factory=list)
    done: list[Job] = field(default_factory=list)
    refused: dict[Path, D2MError] = field(default_factory=dict)


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


@contextmanager
def ready_places(jobs: list[Job], music: MusicOptions, output: OutputOptions) -> Iterator[Ready]:
    """Make the folders that are named for outputs and check every place before the work.

    Folders made here that are empty at the end vanish. With `--resume` a video whose outputs are
    all there and whole is done. A place that cannot be written to refuses its video; where that is
    the only one, `OutputError` is raised.
    """
    named = [Path(given) for given in (output.out, output.plot, output.beats) if given]
    wanted = {path.parent for job in jobs for piece in job.pieces for path in piece.files()}
    folders = [folder for folder in named if folder in wanted]
    made: list[Path] = []
    try:
        for folder in [*folders, *([output.save_features] if output.save_features else [])]:
            made += [place for place in (folder, *folder.parents) if not place.exists()]
            _make_folder(folder)
        ready = Ready()
        for job in jobs:
            try:
                if output.resume and _is_done(job, music):
                    ready.done.append(job)
                else:
                    _check_outputs(job, music, output)
                    ready.jobs.append(job)
            except D2MError as error:
                if len(jobs) == 1:
                    raise
                ready.refused[job.video] = error
        yield ready
    finally:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


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


def _check_outputs(job: Job, music: MusicOptions, output: OutputOptions) -> None:
    from d2m_cli.output.beats import FORMATS
    from d2m_cli.output.checks import CONTAINERS, PLOT_SUFFIXES, SOUND_SUFFIXES, check_output

    replace = output.overwrite or output.resume
    for piece in job.pieces:
        kinds = SOUND_SUFFIXES if piece.audio_only else (*CONTAINERS, *SOUND_SUFFIXES)
        check_output(job.video, piece.out, replace, kinds, copied=music.start == 0)
        if piece.plot:
            check_output(job.video, piece.plot, replace, PLOT_SUFFIXES)
        if piece.beats:
            check_output(job.video, piece.beats, replace, FORMATS)
    if job.features:
        check_output(job.video, job.features, replace, (".npz",))


def _is_done(job: Job, music: MusicOptions) -> bool:
    from d2m_cli.ingest.probe import probe
    from d2m_cli.output.readback import is_whole

    if not all(path.is_file() for path in job.files()):
        return False
    seconds = probe(job.video, music.start, music.end).seconds
    return all(is_whole(piece.out, seconds) for piece in job.pieces)


def _make_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file, where a folder is needed: name another one.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"The folder {folder} cannot be made ({error.strerror}).") from error
