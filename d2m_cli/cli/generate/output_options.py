"""What `d2m generate` is to write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from d2m_cli.cli import values
from d2m_cli.cli.options import OUTPUT, RESEARCH, option
from d2m_cli.cluster import Engine


@dataclass(frozen=True)
class OutputOptions:
    """What is to be written, and how, for every video of a command."""

    out: Annotated[
        str | None,
        option(
            OUTPUT,
            "-o --out",
            "FILE or FOLDER/",
            "A video, a sound file (music alone) or a folder; else NAME.d2m.mp4.",
            show_default=False,
            parser=values.plain_path,
        ),
    ] = None
    audio_only: Annotated[
        bool, option(OUTPUT, "--audio-only", "", "Write the music alone, as NAME.d2m.wav.")
    ] = False
    mix: Annotated[
        float,
        option(
            OUTPUT,
            "--mix",
            "SHARE",
            "Keep the old sound under the music: 0.3 is 30 % of its amplitude.",
            parser=values.number(0.0, 1.0),
            show_default=False,
        ),
    ] = 0.0
    lufs: Annotated[
        float,
        option(
            OUTPUT,
            "--lufs",
            "LOUDNESS",
            "Loudness of the music: -16, or -14 as on most platforms.",
            parser=values.number(-40.0, -8.0),
        ),
    ] = -16.0
    fade_in: Annotated[
        float,
        option(
            OUTPUT,
            "--fade-in",
            "SECONDS",
            "Let the music come in.",
            parser=values.number(0.0, 3600.0),
            show_default=False,
        ),
    ] = 0.0
    fade_out: Annotated[
        float,
        option(
            OUTPUT,
            "--fade-out",
            "SECONDS",
            "Let the music go.",
            parser=values.number(0.0, 3600.0),
            show_default=False,
        ),
    ] = 0.0
    finish: Annotated[
        bool,
        option(
            OUTPUT,
            "--finish/--no-finish",
            "",
            "Stereo, with a band above 11 kHz; or as it was made, without.",
        ),
    ] = True
    plot: Annotated[
        str | None,
        option(
            OUTPUT,
            "--plot",
            "FILE or FOLDER/",
            "Picture of dance, music, beats (png, svg, pdf).",
        ),
    ] = None
    beats: Annotated[
        str | None,
        option(
            OUTPUT,
            "--beats",
            "FILE or FOLDER/",
            "The music's beats, as csv, txt, mid, edl or otio.",
        ),
    ] = None
    json: Annotated[
        bool, option(OUTPUT, "--json", "", "Print facts as JSON instead of a table.")
    ] = False
    overwrite: Annotated[bool, option(OUTPUT, "--overwrite", "", "Replace outputs that exist.")] = (
        False
    )
    resume: Annotated[
        bool,
        option(OUTPUT, "--resume", "", "Pass over pieces whose files are there and whole."),
    ] = False
    save_features: Annotated[
        Path | None,
        option(
            RESEARCH, "--save-features", "FOLDER", "Keep motion, visual features and rhythm (npz)."
        ),
    ] = None
    engine: Annotated[
        Engine,
        option(
            RESEARCH,
            "--engine",
            "ENGINE",
            "local, or ray: the videos over the workers of a Ray cluster (RAY_ADDRESS, or one of "
            "this machine).",
            case_sensitive=False,
        ),
    ] = Engine.LOCAL
    workers: Annotated[
        int,
        option(
            RESEARCH,
            "--workers",
            "NUMBER",
            "Workers of --engine ray.",
            parser=values.whole(1, 10000),
        ),
    ] = 2
    log: Annotated[
        Path | None,
        option(RESEARCH, "--log", "FILE", "Add a line of JSON for each video to this file."),
    ] = None
