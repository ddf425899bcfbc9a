"""`d2m generate --project`: the take that a project keeps, with its video, without the page."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from d2m_cli.cli.generate.output_names import MakeFolder, place
from d2m_cli.cli.generate.output_options import OutputOptions
from d2m_cli.cli.options import MusicOptions
from d2m_cli.errors import InputError
from d2m_cli.files import print_json
from d2m_cli.output.checks import default_suffix
from d2m_cli.studio.exports import facts, write_export
from d2m_cli.studio.project import Project

_TAKEN = {"project", "out", "audio_only", "mix", "finish", "beats", "json", "overwrite", "device"}
"""Options that say something of a take that is made already."""


def render_kept(
    videos: list[str], music: MusicOptions, output: OutputOptions, make: MakeFolder
) -> None:
    """Write the kept take of `music.project` as `output` says, and tell where.

    Raises `InputError` where there is none, or an option contradicts a take that is made already,
    `OutputError` for a place that cannot be written to.
    """
    assert music.project is not None
    _refuse_others(videos, music, output)
    project = Project.read(music.project)
    take = project.kept
    if take is None:
        raise InputError(f"{music.project} has no take yet: make one with d2m studio.")
    video = project.video
    suffix = ".wav" if output.audio_only or project.fps is None else default_suffix(video)
    written = [place(output.out or f"{video.parent}/", video, f".d2m{suffix}", "", 1)]
    if output.beats:
        written.append(place(output.beats, video, ".csv", "", 1))
    named = {Path(given) for given in (output.out, output.beats) if given}
    for path in written:
        if path.parent in named:
            make(path.parent)
        write_export(project, take, path, output.overwrite, output.mix, output.finish)
    if output.json:
        print_json({"out": str(written[0]), **facts(project, take)})
    else:
        print(f"{written[0]}: {take.id}, {take.style}, seed {take.settings.seed}")


def _refuse_others(videos: list[str], music: MusicOptions, output: OutputOptions) -> None:
    if videos:
        raise InputError("A project has its video: leave the video out, or --project.")
    for record in (music, output):
        usual = type(record)()
        for field in fields(record):
            if field.name in _TAKEN or getattr(record, field.name) == getattr(usual, field.name):
                continue
            word = field.name.replace("_", "-")
            raise InputError(f"The take of a project is made already: leave --{word} out.")
