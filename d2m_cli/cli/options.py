"""Options that several commands share, and the two records of `d2m generate`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from d2m_cli.cli import values
from d2m_cli.official import FlowMethod
from d2m_cli.spec import Level

DeviceOption = typer.Option("auto", metavar="DEVICE", help="auto, cpu, cuda or mps.")
JsonOption = typer.Option(False, "--json", metavar="", help="Print the result as JSON.")

PANELS = MUSIC, PART, OUTPUT, RESEARCH = "Music", "Part of the video", "Output", "For researchers"
"""Panels of `d2m generate --help`."""


def _option(panel: str, name: str, metavar: str, help: str, **more: Any) -> Any:
    names = name.split()
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel=panel, **more)


@dataclass(frozen=True)
class MusicOptions:
    """What the music is to be, for every video of a command."""

    style: Annotated[
        list[str],
        _option(MUSIC, "--style", "NAME", "Style of the music (see d2m styles), or all; repeat."),
    ] = field(default_factory=list)
    style_audio: Annotated[
        Path | None, _option(MUSIC, "--style-audio", "FILE", "A song to take the style from.")
    ] = None
    tempo: Annotated[
        Any,
        _option(
            MUSIC,
            "--tempo",
            "BPM",
            "Beats per minute (40 to 240), x2 or half, instead of the dance's own tempo.",
            parser=values.tempo,
        ),
    ] = None
    beat_offset: Annotated[
        Any,
        _option(
            MUSIC,
            "--beat-offset",
            "SECONDS",
            "Where a beat lies, instead of the dance's own.",
            parser=values.number(-86400.0, 86400.0),
        ),
    ] = None
    seed: Annotated[
        int,
        _option(
            MUSIC,
            "--seed",
            "NUMBER",
            "Another seed gives another piece.",
            parser=values.whole(0, 2**62),
        ),
    ] = 0
    takes: Annotated[
        int,
        _option(MUSIC, "--takes", "NUMBER", "Pieces for each style.", parser=values.whole(1, 1000)),
    ] = 1
    start: Annotated[
        float,
        _option(
            PART,
            "--start",
            "TIME",
            "Seconds or 1:02.5; the picture is then encoded anew.",
            parser=values.seconds,
            show_default=False,
        ),
    ] = 0.0
    end: Annotated[
        Any, _option(PART, "--end", "TIME", "Seconds or 1:02.5.", parser=values.seconds)
    ] = None
    level: Annotated[
        Level,
        _option(
            RESEARCH,
            "--level",
            "LEVEL",
            "Codes of the paper: low (finer sound) or high (coarser, faster).",
            case_sensitive=False,
        ),
    ] = Level.LOW
    bundle: Annotated[
        str | None,
        _option(RESEARCH, "--bundle", "BUNDLE", "Trained weights, by name or folder."),
    ] = None
    denoise: Annotated[
        bool,
        _option(
            RESEARCH,
            "--denoise/--no-denoise",
            "",
            "Remove noise from the generated music.",
        ),
    ] = True
    motion: Annotated[
        Path | None,
        _option(
            RESEARCH,
            "--motion",
            "FILE",
            "AIST++ motion (.pkl, .npy) of the dance; only for --bundle aist-official.",
        ),
    ] = None
    flow: Annotated[
        FlowMethod,
        _option(
            RESEARCH,
            "--flow",
            "METHOD",
            "Optical flow of the official bundles: tvl1, or dis, which is faster.",
        ),
    ] = FlowMethod.TVL1
    features: Annotated[
        Path | None,
        _option(RESEARCH, "--features", "FILE", "What --save-features kept, instead of a look."),
    ] = None
    cache: Annotated[
        bool,
        _option(
            RESEARCH,
            "--cache/--no-cache",
            "",
            "Keep what was read from the dance for the next run (at most 200 MB).",
        ),
    ] = True
    device: Annotated[str, _option(RESEARCH, "--device", "DEVICE", "auto, cpu, cuda or mps.")] = (
        "auto"
    )


@dataclass(frozen=True)
class OutputOptions:
    """What is to be written, and how, for every video of a command."""

    out: Annotated[
        str | None,
        _option(
            OUTPUT,
            "-o --out",
            "FILE or FOLDER/",
            "A video, a sound file (music alone) or a folder; else NAME.d2m.mp4.",
            show_default=False,
        ),
    ] = None
    audio_only: Annotated[
        bool, _option(OUTPUT, "--audio-only", "", "Write the music alone, as NAME.d2m.wav.")
    ] = False
    mix: Annotated[
        float,
        _option(
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
        _option(
            OUTPUT,
            "--lufs",
            "LOUDNESS",
            "Loudness of the music: -16, or -14 as on most platforms.",
            parser=values.number(-40.0, -8.0),
        ),
    ] = -16.0
    fade_in: Annotated[
        float,
        _option(
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
        _option(
            OUTPUT,
            "--fade-out",
            "SECONDS",
            "Let the music go.",
            parser=values.number(0.0, 3600.0),
            show_default=False,
        ),
    ] = 0.0
    plot: Annotated[
        str | None,
        _option(
            OUTPUT,
            "--plot",
            "FILE or FOLDER/",
            "Picture of dance, music, beats (png, svg, pdf).",
        ),
    ] = None
    beats: Annotated[
        str | None,
        _option(
            OUTPUT,
            "--beats",
            "FILE or FOLDER/",
            "The music's beats, as csv, txt, mid, edl or otio.",
        ),
    ] = None
    json: Annotated[
        bool, _option(OUTPUT, "--json", "", "Print facts as JSON instead of a table.")
    ] = False
    overwrite: Annotated[
        bool, _option(OUTPUT, "--overwrite", "", "Replace outputs that exist.")
    ] = False
    resume: Annotated[
        bool, _option(OUTPUT, "--resume", "", "Pass over pieces whose files are there and whole.")
    ] = False
    save_features: Annotated[
        Path | None,
        _option(
            RESEARCH, "--save-features", "FOLDER", "Keep motion, visual features and rhythm (npz)."
        ),
    ] = None
