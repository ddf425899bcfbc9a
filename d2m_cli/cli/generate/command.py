"""`d2m generate`: dance videos in, the same videos with new music out."""

from typing import Annotated

import typer

from d2m_cli.cli.generate.output_options import OutputOptions
from d2m_cli.cli.options import PANELS, MusicOptions
from d2m_cli.cli.record_options import options_from_records


@options_from_records(PANELS)
def generate(
    music: MusicOptions,
    output: OutputOptions,
    videos: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="VIDEO...", help="Dance videos, or folders of them; none for --motion alone."
        ),
    ] = None,
) -> None:
    """Give each video new music that fits its dance.

    One video:   d2m generate dance.mp4 -o out.mp4

    An editor:   d2m generate dance.mp4 --start 0:03 --end 0:18 --style rock --takes 3 -o takes/

    An animator: d2m generate --motion dance.bvh -o music.wav

    A batch:     d2m generate clips/ -o scored/ --json
    """
    if videos and not (music.features or music.motion or music.project):
        from d2m_cli.analysis.child import start_early

        start_early()
    from d2m_cli.cli.generate.output_names import new_folders
    from d2m_cli.cli.generate.plan import plan_jobs

    with new_folders() as make:
        if music.project:
            from d2m_cli.cli.generate.kept import render_kept

            return render_kept(videos or [], music, output, make)
        plan = plan_jobs(videos or [], music, output, make)

        from d2m_cli.cli.generate.jobs import run_jobs

        failed = run_jobs(plan, music, output)
    if failed:
        raise typer.Exit(1)
