"""What `d2m generate` does for each video: plan the outputs, run, show, and count failures."""

import json
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich.console import Console

from d2m_cli.cli.progress import stage_progress
from d2m_cli.errors import D2MError, InputError, OutputError
from d2m_cli.features.files import save_features
from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.generation.track import Track
from d2m_cli.metrics.onsets import CURVE_RATE, onset_curve, track_beats, track_tempo
from d2m_cli.official import FlowMethod
from d2m_cli.output.checks import CONTAINERS, PLOT_SUFFIXES, SOUND_SUFFIXES, check_output
from d2m_cli.progress import Progress, Step
from d2m_cli.report.summary import Summary, summary_table
from d2m_cli.spec import Level
from d2m_cli.types import FloatArray, FrameArray


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


def plan_jobs(videos: list[Path], out: Path | None, wanted: Wanted, overwrite: bool) -> list[Job]:
    """Decide every output's name and check it, before any work begins.

    Raises `OutputError` for a place that cannot be written to, `InputError` for a missing video or
    one motion file for several of them.
    """
    several = len(videos) > 1
    if several and wanted.motion:
        raise InputError("--motion is the motion of one dance: give its video alone.")
    jobs = []
    for video in videos:
        if not video.exists():
            raise InputError(f"{video} does not exist: check the path.")
        suffix = ".wav" if wanted.audio_only else video.suffix
        target = _place(out or video.parent, video, f".d2m{suffix}", several or out is None)
        plot = wanted.plot and _place(wanted.plot, video, ".png", several)
        jobs.append(Job(video, target, plot))
        check_output(video, target, overwrite, SOUND_SUFFIXES if wanted.audio_only else CONTAINERS)
        if plot:
            check_output(video, plot, overwrite, PLOT_SUFFIXES)
    if len({job.out for job in jobs}) < len(jobs):
        raise OutputError("Two videos have the same name: give them to d2m one at a time.")
    return jobs


def run_jobs(
    jobs: list[Job], wanted: Wanted, bundle: str | None, device: str, as_json: bool
) -> int:
    """Run every job and show its summary; returns how many of several videos failed.

    With a single video its error is raised; among several the others still get their music.
    """
    console = Console(stderr=True)
    maker = Dance2Music.from_bundle(bundle, device, motion=wanted.motion, flow=wanted.flow)
    summaries: list[Summary] = []
    failed = 0
    for job in jobs:
        try:
            with stage_progress(console, f"{job.video} -> {job.out}") as progress:
                summary = _run(maker, job, wanted, progress)
        except D2MError as error:
            if len(jobs) == 1:
                raise
            failed += 1
            console.print(f"d2m: {job.video}: {error}", style="red")
            continue
        summaries.append(summary)
        if not as_json:
            Console().print(summary_table(summary))
    if as_json:
        records = [summary.record() for summary in summaries]
        print(json.dumps(records[0] if len(jobs) == 1 else records, indent=2))
    return failed


def _run(maker: Dance2Music, job: Job, wanted: Wanted, progress: Progress) -> Summary:
    track = maker.generate(
        job.video,
        wanted.level,
        style=wanted.style,
        style_audio=wanted.style_audio,
        tempo=wanted.tempo,
        beat_offset=wanted.beat_offset,
        seed=wanted.seed,
        start=wanted.start,
        end=wanted.end,
        denoised=wanted.denoised,
        progress=progress,
    )
    begin = perf_counter()
    track.save(job.out, overwrite=True, mix=wanted.mix)
    track.timings[Step.WRITE] = perf_counter() - begin
    curve = onset_curve(track.path, "median")
    if job.plot and track.analysis.thumbnails is not None:
        _plot(track, track.analysis.thumbnails, curve, job.plot)
    if wanted.save_features:
        save_features(track.dance, wanted.save_features, job.video.stem)
    rhythm = track.dance.rhythm
    return Summary(
        video=str(job.video),
        out=str(job.out),
        duration=track.seconds,
        dancer_found=track.dance.motion.share_found,
        dance_tempo=rhythm.bpm,
        dance_confidence=float(rhythm.confidence.mean()),
        music_tempo=track_tempo(curve) or None,
        level=track.level.value,
        style=track.style,
        seed=track.seed,
        stages=track.timings,
    )


def _plot(track: Track, thumbnails: FrameArray, curve: FloatArray, path: Path) -> None:
    from d2m_cli.report.dance_plot import Curve, plot_dance

    motion, rhythm = track.dance.motion, track.dance.rhythm
    speed = joint_speed(joint_positions(motion), motion.rate)
    plot_dance(
        path,
        thumbnails,
        Curve(speed, motion.rate, rhythm.beats),
        Curve(curve, CURVE_RATE, track_beats(curve)[1]),
        track.seconds,
    )


def _place(given: Path, video: Path, ending: str, folder: bool) -> Path:
    """The output for `video`: `given` itself, or a file in it when it is (to be) a folder."""
    return given / f"{video.stem}{ending}" if folder or given.is_dir() else given
