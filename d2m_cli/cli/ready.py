"""The places of what `d2m generate` writes: made, checked, and what is whole there passed over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from d2m_cli.cli.plan import Job
from d2m_cli.errors import D2MError, OutputError
from d2m_cli.ingest.probe import probe
from d2m_cli.output.beats import FORMATS
from d2m_cli.output.checks import CONTAINERS, PLOT_SUFFIXES, SOUND_SUFFIXES, check_output
from d2m_cli.output.readback import is_whole

if TYPE_CHECKING:
    from d2m_cli.cli.options import MusicOptions, OutputOptions


@dataclass
class Ready:
    """What of a plan is to be done, what is there already, and what cannot be done."""

    jobs: list[Job] = field(default_factory=list)
    done: list[Job] = field(default_factory=list)
    refused: dict[Path, D2MError] = field(default_factory=dict)


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


def _check_outputs(job: Job, music: MusicOptions, output: OutputOptions) -> None:
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
