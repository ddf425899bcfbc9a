"""What `d2m generate` will read and write, checked before any network is loaded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from d2m_cli.bundles.contents import style_names
from d2m_cli.cli.generate.output_names import MakeFolder, check_names, label_of, place
from d2m_cli.cli.generate.videos import find_videos
from d2m_cli.errors import BundleError, D2MError, InputError
from d2m_cli.ingest.readable import check_readable

if TYPE_CHECKING:
    from d2m_cli.cli.generate.output_options import OutputOptions
    from d2m_cli.cli.options import MusicOptions

_ALL = "all"


@dataclass(frozen=True)
class PlannedPiece:
    """One piece of music and what is to be written of it."""

    style: str | None
    """None leaves the choice to the dance."""
    seed: int
    out: Path
    plot: Path | None
    beats: Path | None
    audio_only: bool

    @property
    def files(self) -> list[Path]:
        """All that is to be written."""
        return [path for path in (self.out, self.plot, self.beats) if path]


@dataclass(frozen=True)
class Job:
    """One video, which is analyzed once, and the pieces to make for it."""

    video: Path
    pieces: tuple[PlannedPiece, ...]
    features: Path | None

    @property
    def files(self) -> list[Path]:
        """All outputs."""
        own = [self.features] if self.features else []
        return [*own, *(path for piece in self.pieces for path in piece.files)]


@dataclass
class Plan:
    """What is to be done, what is done already, and what cannot be."""

    videos: int
    jobs: list[Job] = field(default_factory=list)
    done: list[PlannedPiece] = field(default_factory=list)
    refused: dict[Path, D2MError] = field(default_factory=dict)


def plan_jobs(
    videos: list[str], music: MusicOptions, output: OutputOptions, make: MakeFolder
) -> Plan:
    """Find the videos, decide every output's name and check it.

    Folders that are named for outputs and missing are made by `make`. What cannot be done for one
    of several videos is noted in the plan; for a single one it is raised.

    Raises `InputError` for a video or song that is missing, `BundleError` for an unknown style,
    `OutputError` for a place that cannot be written to.
    """
    found = find_videos(videos) if videos else _motion_alone(music, output)
    plan = Plan(len(found))
    if plan.videos == 1:
        _check_dance(found[0], music)
    _check_music(music, found)
    styles = choose_styles(music.style, music.bundle)
    variants = [*product(styles, range(music.seed, music.seed + music.takes))]
    jobs = [_job(video, variants, plan.videos, music, output) for video in found]
    read = [music.style_audio, music.motion, music.features, *found]
    written = [path for job in jobs for path in job.files]
    check_names([*written, *([output.log] if output.log else [])], filter(None, read))
    _make_folders(jobs, output, make)
    for job in jobs:
        try:
            _check_dance(job.video, music)
            left = _left_to_do(job, plan, music, output)
            if left.pieces:
                _check(left, music, output)
                plan.jobs.append(left)
        except D2MError as error:
            if plan.videos == 1:
                raise
            plan.refused[job.video] = error
    last = found[-1]
    if last in plan.refused and not output.out and not last.exists():
        plan.refused[last] = InputError(f"{last} does not exist (an output is named with -o).")
    return plan


def _motion_alone(music: MusicOptions, output: OutputOptions) -> list[Path]:
    """The motion that stands in the video's place."""
    if music.motion is None:
        raise InputError("There is no dance: give a video, or its motion with --motion FILE.")
    if output.mix:
        raise InputError("--mix keeps a video's sound, and a motion has none: leave it out.")
    return [music.motion]


def _check_dance(video: Path, music: MusicOptions) -> None:
    """Motion may be a folder (of OpenPose's files); a video is a file. Raises `InputError`."""
    if video != music.motion or not video.is_dir():
        check_readable(video)


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
            near = get_close_matches(word.lower(), by_lower, n=1)
            meant = f"Did you mean {by_lower[near[0]]}? " if near else ""
            raise BundleError(
                f"Unknown style '{word}'. {meant}Choose one of {', '.join(known)}, or {_ALL}."
            )
    return list(dict.fromkeys(by_lower[word.lower()] for word in wished))


def _check_music(music: MusicOptions, videos: list[Path]) -> None:
    if music.motion and len(videos) > 1:
        raise InputError("--motion is the motion of one dance: give its video alone.")
    if music.motion and music.features:
        raise InputError("--motion and --features contradict each other: give one of them.")
    if music.features and len(videos) > 1:
        raise InputError("--features are those of one dance: give its video alone.")
    if music.features and not music.features.is_file():
        raise InputError(f"{music.features} is not a file: check the path of --features.")
    if music.style and music.style_audio:
        raise InputError("--style and --style-audio contradict each other: give one of them.")
    if music.style_audio and not music.style_audio.is_file():
        raise InputError(f"{music.style_audio} is not a file: check the path of --style-audio.")
    if music.end is not None and music.end <= music.start:
        raise InputError(
            f"The end at {music.end:g} s does not lie after the start at {music.start:g} s: "
            "choose a later one."
        )


def _job(
    video: Path,
    variants: list[tuple[str | None, int]],
    videos: int,
    music: MusicOptions,
    output: OutputOptions,
) -> Job:
    from d2m_cli.output.checks import SOUND_SUFFIXES, default_suffix
    from d2m_cli.output.places import named_after

    sound = (
        output.audio_only
        or video == music.motion
        or Path(output.out or "").suffix.lower() in SOUND_SUFFIXES
    )
    suffix = ".wav" if sound else default_suffix(video)
    pieces = []
    for style, seed in variants:
        label = label_of(style, seed, variants, music.takes)
        out = place(output.out or f"{video.parent}/", video, f".d2m{label}{suffix}", label, videos)
        plot = output.plot and place(output.plot, video, f"{label}.png", label, videos)
        beats = output.beats and place(output.beats, video, f"{label}.csv", label, videos)
        pieces.append(PlannedPiece(style, seed, out, plot or None, beats or None, sound))
    features = output.save_features and named_after(video, ".npz", output.save_features)
    return Job(video, tuple(pieces), features)


def _make_folders(jobs: list[Job], output: OutputOptions, make: MakeFolder) -> None:
    named = {Path(given) for given in (output.out, output.plot, output.beats) if given}
    if output.save_features:
        named.add(output.save_features)
    for folder in {path.parent for job in jobs for path in job.files} & named:
        make(folder)


def _left_to_do(job: Job, plan: Plan, music: MusicOptions, output: OutputOptions) -> Job:
    """The job without the pieces that an earlier run made whole, which are noted in the plan."""
    if not output.resume:
        return job
    from d2m_cli.ingest.probe import probe
    from d2m_cli.output.readback import is_whole

    if job.video == music.motion:
        from d2m_cli.generation.motion_file import read_part

        motion = read_part(job.video, music.start, music.end)
        seconds = len(motion.found) / motion.rate
    else:
        seconds = probe(job.video, music.start, music.end).seconds
    done = {
        piece
        for piece in job.pieces
        if all(path.is_file() for path in piece.files) and is_whole(piece.out, seconds)
    }
    plan.done += [piece for piece in job.pieces if piece in done]
    return replace(job, pieces=tuple(piece for piece in job.pieces if piece not in done))


def _check(job: Job, music: MusicOptions, output: OutputOptions) -> None:
    from d2m_cli.output.beats import FORMATS
    from d2m_cli.output.checks import CONTAINERS, PLOT_SUFFIXES, SOUND_SUFFIXES, check_output

    overwrite = output.overwrite or output.resume
    for piece in job.pieces:
        kinds = SOUND_SUFFIXES if piece.audio_only else (*CONTAINERS, *SOUND_SUFFIXES)
        check_output(job.video, piece.out, overwrite, kinds, copied=music.start == 0)
        if piece.plot:
            check_output(job.video, piece.plot, overwrite, PLOT_SUFFIXES)
        if piece.beats:
            check_output(job.video, piece.beats, overwrite, FORMATS)
    if job.features:
        check_output(job.video, job.features, overwrite, (".npz",))
