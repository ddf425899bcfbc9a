"""Which files `d2m generate` writes for which video, found and checked before any work begins."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from d2m_cli.errors import D2MError, InputError, OutputError
from d2m_cli.ingest.probe import check_readable, probe
from d2m_cli.output.checks import (
    CONTAINERS,
    PLOT_SUFFIXES,
    SOUND_SUFFIXES,
    check_output,
    default_suffix,
)
from d2m_cli.output.places import named_after
from d2m_cli.output.readback import is_whole
from d2m_cli.spec import FlowMethod, Level

MakeFolder = Callable[[Path], None]


@dataclass(frozen=True)
class Wanted:
    """The options of `d2m generate` that hold for every video."""

    level: Level
    style: str | None
    style_audio: Path | None
    tempo: float | None
    beat_offset: float | None
    seed: int
    start: float
    end: float | None
    denoised: bool
    mix: float
    audio_only: bool
    plot: Path | None
    save_features: Path | None
    motion: Path | None
    flow: FlowMethod


@dataclass(frozen=True)
class Job:
    """One video and what is to be written for it."""

    video: Path
    out: Path
    plot: Path | None
    features: Path | None

    @property
    def files(self) -> list[Path]:
        """All outputs."""
        return [path for path in (self.out, self.plot, self.features) if path is not None]


@dataclass
class Plan:
    """What is to be done, what is done already, and what cannot be."""

    several: bool
    jobs: list[Job] = field(default_factory=list)
    done: list[Job] = field(default_factory=list)
    refused: dict[Path, D2MError] = field(default_factory=dict)


def plan_jobs(
    videos: list[Path],
    out: str | None,
    wanted: Wanted,
    overwrite: bool,
    resume: bool,
    make: MakeFolder,
) -> Plan:
    """Decide every output's name and check it.

    `out` names a file, or a folder if there are several videos or it ends in a slash; folders that
    are missing are made by `make`. What cannot be done for one of several videos is noted in the
    plan; for a single one it is raised.

    Raises `OutputError` for a place that cannot be written to, `InputError` for a video that is
    missing or can be read only once, and for one motion file for several of them.
    """
    plan = Plan(several=len(videos) > 1)
    if plan.several and wanted.motion:
        raise InputError("--motion is the motion of one dance: give its video alone.")
    folder = _out_folder(out, plan.several)
    for place in (folder, wanted.plot if plan.several else None, wanted.save_features):
        if place is not None:
            _need_folder(place, make)
    for video in videos:
        try:
            check_readable(video)
            job = _job(video, out, folder, wanted, plan.several)
            if resume and _is_done(job, wanted):
                plan.done.append(job)
            else:
                _check(job, wanted, overwrite or resume)
                plan.jobs.append(job)
        except D2MError as error:
            if not plan.several:
                raise
            plan.refused[video] = error
    _check_names(plan.jobs + plan.done)
    return plan


@contextmanager
def new_folders() -> Iterator[MakeFolder]:
    """A way to make folders, of which those that hold nothing at the end vanish again."""
    made: list[Path] = []

    def make(folder: Path) -> None:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"The folder {folder} cannot be made ({error.strerror}): choose another place."
            ) from error
        made.extend(missing)

    try:
        yield make
    finally:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def _out_folder(out: str | None, several: bool) -> Path | None:
    """The folder that `-o` names; None where it names a file, or nothing."""
    if out is None:
        return None
    path = Path(out)
    if several and path.suffix.lower() in CONTAINERS and not path.is_dir():
        raise OutputError(f"Several videos need a folder, and {out} names a file: give a FOLDER/.")
    return path if several or out.endswith(("/", "\\")) or path.is_dir() else None


def _need_folder(folder: Path, make: MakeFolder) -> None:
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file, where a folder is needed: name another one.")
    make(folder)


def _job(video: Path, out: str | None, folder: Path | None, wanted: Wanted, several: bool) -> Job:
    if folder is None and out is not None:
        target = Path(out)
    else:
        suffix = ".wav" if wanted.audio_only else default_suffix(video)
        target = named_after(video, f".d2m{suffix}", folder or video.parent)
    plot = wanted.plot
    if plot is not None and (several or plot.is_dir()):
        plot = named_after(video, ".png", plot)
    features = wanted.save_features and named_after(video, ".npz", wanted.save_features)
    return Job(video, target, plot, features)


def _check(job: Job, wanted: Wanted, overwrite: bool) -> None:
    kinds = SOUND_SUFFIXES if wanted.audio_only else tuple(CONTAINERS)
    check_output(job.video, job.out, overwrite, kinds, copied=wanted.start == 0)
    if job.plot:
        check_output(job.video, job.plot, overwrite, PLOT_SUFFIXES)
    if job.features:
        check_output(job.video, job.features, overwrite, (".npz",))


def _is_done(job: Job, wanted: Wanted) -> bool:
    if not all(path.is_file() for path in job.files):
        return False
    return is_whole(job.out, probe(job.video, wanted.start, wanted.end).seconds)


def _check_names(jobs: list[Job]) -> None:
    """Nothing may be written twice."""
    seen: set[Path] = set()
    for job in jobs:
        for path in job.files:
            if path.resolve() in seen:
                raise OutputError(
                    f"Two videos would write {path}: rename one, or give them one at a time."
                )
            seen.add(path.resolve())
