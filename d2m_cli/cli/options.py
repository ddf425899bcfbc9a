"""Options that several commands share, and what `d2m generate` takes of dance and music."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from d2m_cli.cli import values
from d2m_cli.features.pose.doors import MAIN, Door
from d2m_cli.official import FlowMethod
from d2m_cli.spec import Level, RenderQuality

PoseOption = typer.Option(
    None, case_sensitive=False, help="litert or mediapipe. [default: the faster one that is here]"
)
DeviceOption = typer.Option("auto", metavar="DEVICE", help="auto, cpu, cuda or mps.")
JsonOption = typer.Option(False, "--json", metavar="", help="Print the result as JSON.")

PANELS = MUSIC, PART, OUTPUT, RESEARCH = "Music", "Part of the video", "Output", "For researchers"
"""Panels of `d2m generate --help`."""


def option(panel: str, name: str, metavar: str, help: str, **more: Any) -> Any:
    """An option of typer in a panel of the help; `name` has all of its names."""
    names = name.split()
    return typer.Option(*names, metavar=metavar, help=help, rich_help_panel=panel, **more)


@dataclass(frozen=True)
class MusicOptions:
    """What the music is to be, for every video of a command."""

    style: Annotated[
        list[str],
        option(MUSIC, "--style", "NAME", "Style of the music (see d2m styles), or all; repeat."),
    ] = field(default_factory=list)
    style_audio: Annotated[
        Path | None, option(MUSIC, "--style-audio", "FILE", "A song to take the style from.")
    ] = None
    tempo: Annotated[
        Any,
        option(
            MUSIC,
            "--tempo",
            "BPM",
            "Beats per minute (40 to 240), x2 or half, instead of the dance's own tempo.",
            parser=values.tempo,
        ),
    ] = None
    meter: Annotated[
        Any,
        option(
            MUSIC,
            "--meter",
            "3|4",
            "Beats in a bar, instead of the dance's own count.",
            parser=values.whole(3, 4),
        ),
    ] = None
    beat_offset: Annotated[
        Any,
        option(
            MUSIC,
            "--beat-offset",
            "SECONDS",
            "Where a beat lies, instead of the dance's own.",
            parser=values.number(-86400.0, 86400.0),
        ),
    ] = None
    seed: Annotated[
        int,
        option(
            MUSIC,
            "--seed",
            "NUMBER",
            "Another seed gives another piece.",
            parser=values.whole(0, 2**63 - 1),
        ),
    ] = 0
    takes: Annotated[
        int,
        option(MUSIC, "--takes", "NUMBER", "Pieces for each style.", parser=values.whole(1, 1000)),
    ] = 1
    quality: Annotated[
        RenderQuality,
        option(
            MUSIC,
            "--quality",
            "QUALITY",
            "draft, normal or best: 1, 4 or 12 passes over the codes; the last two take "
            "2 and 4 times as long as a draft.",
            case_sensitive=False,
        ),
    ] = RenderQuality.NORMAL
    start: Annotated[
        float,
        option(
            PART,
            "--start",
            "TIME",
            "Seconds or 1:02.5; the picture is then encoded anew.",
            parser=values.seconds,
            show_default=False,
        ),
    ] = 0.0
    end: Annotated[
        Any, option(PART, "--end", "TIME", "Seconds or 1:02.5.", parser=values.seconds)
    ] = None
    dancer: Annotated[
        str,
        option(
            PART,
            "--dancer",
            "WHO",
            "Of several: main (who moves most), left, right, or a number from the left.",
            parser=values.dancer,
        ),
    ] = MAIN
    level: Annotated[
        Level,
        option(
            RESEARCH,
            "--level",
            "LEVEL",
            "Codes of the paper: low (finer sound) or high (coarser, faster).",
            case_sensitive=False,
        ),
    ] = Level.LOW
    bundle: Annotated[
        str | None,
        option(RESEARCH, "--bundle", "BUNDLE", "Trained weights, by name or folder."),
    ] = None
    denoise: Annotated[
        bool | None,
        option(
            RESEARCH,
            "--denoise/--no-denoise",
            "",
            "Gate noise out of the music, as is usual for the released models alone.",
        ),
    ] = None
    motion: Annotated[
        Path | None,
        option(
            MUSIC,
            "--motion",
            "FILE",
            "The dance as motion: BVH (Mixamo, CMU ...), AMASS, AIST++, or keypoints of MediaPipe, "
            "OpenPose or COCO; with its video or without one.",
        ),
    ] = None
    project: Annotated[
        Path | None,
        option(
            MUSIC,
            "--project",
            "FILE",
            "A project of d2m studio (.d2m.json): the take that it keeps, instead of a new one.",
        ),
    ] = None
    flow: Annotated[
        FlowMethod,
        option(
            RESEARCH,
            "--flow",
            "METHOD",
            "Optical flow of the official bundles: tvl1, or dis, which is faster.",
        ),
    ] = FlowMethod.TVL1
    pose: Annotated[
        Door | None,
        option(
            RESEARCH,
            "--pose",
            "DOOR",
            "What finds the dancer: litert, or mediapipe, which follows one person. "
            "[default: the faster one that is here]",
            case_sensitive=False,
        ),
    ] = None
    features: Annotated[
        Path | None,
        option(RESEARCH, "--features", "FILE", "What --save-features kept, instead of a look."),
    ] = None
    cache: Annotated[
        bool,
        option(
            RESEARCH,
            "--cache/--no-cache",
            "",
            "Keep what was read from the dance for the next run (at most 200 MB).",
        ),
    ] = True
    device: Annotated[str, option(RESEARCH, "--device", "DEVICE", "auto, cpu, cuda or mps.")] = (
        "auto"
    )
