"""`d2m generate`: dance videos in, the same videos with new music out."""

from pathlib import Path

import typer

from d2m_cli.cli.options import DeviceOption, JsonOption
from d2m_cli.official import FlowMethod
from d2m_cli.spec import Level


def generate(
    videos: list[Path] = typer.Argument(..., metavar="VIDEO...", help="Dance videos."),
    out: Path | None = typer.Option(
        None, "-o", "--out", help="Output file, or a folder for several. [default: NAME.d2m.mp4]"
    ),
    level: Level = typer.Option(Level.LOW, help="low: finer sound; high: faster."),
    bundle: str | None = typer.Option(None, help="Bundle by name or folder. [default: embedded]"),
    style: str | None = typer.Option(None, help="Style of the music, one of the bundle's names."),
    style_audio: Path | None = typer.Option(None, help="A piece of music to take the style from."),
    tempo: float | None = typer.Option(
        None, min=40.0, max=240.0, help="Beats per minute, instead of the dance's own."
    ),
    beat_offset: float | None = typer.Option(
        None, help="Seconds from the start to a beat, instead of the dance's own."
    ),
    seed: int = typer.Option(0, min=0, help="Another seed gives another piece."),
    start: float = typer.Option(0.0, min=0.0, help="Seconds; the picture is encoded anew if > 0."),
    end: float | None = typer.Option(None, help="Seconds."),
    denoise: bool = typer.Option(True, help="Remove noise from the generated music."),
    mix: float = typer.Option(0.0, min=0.0, max=1.0, help="Share of the original sound to keep."),
    audio_only: bool = typer.Option(False, help="Write the music alone (wav, mp3, flac ...)."),
    plot: Path | None = typer.Option(None, help="Picture of dance, music and beats (.png)."),
    save_features: Path | None = typer.Option(None, help="Folder for motion, visual and rhythm."),
    motion: Path | None = typer.Option(
        None, help="AIST++ motion (.pkl, .npy) of the dance; only for --bundle aist-official."
    ),
    flow: FlowMethod = typer.Option(
        FlowMethod.TVL1, help="Optical flow of the official bundles; dis is faster."
    ),
    device: str = DeviceOption,
    json: bool = JsonOption,
    overwrite: bool = typer.Option(False, help="Replace outputs that exist."),
) -> None:
    """Give each video new music that fits its dance.

    Example: d2m generate dance.mp4 -o out.mp4 --level low
    """
    from d2m_cli.cli.jobs import Wanted, plan_jobs, run_jobs

    wanted = Wanted(
        level=level,
        style=style,
        style_audio=style_audio,
        tempo=tempo,
        beat_offset=beat_offset,
        seed=seed,
        start=start,
        end=end,
        denoised=denoise,
        mix=mix,
        audio_only=audio_only,
        plot=plot,
        save_features=save_features,
        motion=motion,
        flow=flow,
    )
    jobs = plan_jobs(videos, out, wanted, overwrite)
    failed = run_jobs(jobs, wanted, bundle, device, json)
    if failed:
        raise typer.Exit(1)
