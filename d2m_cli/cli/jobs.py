"""What `d2m generate` does for each video: run, show, and tell which failed and why."""

import json
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

from rich.console import Console

from d2m_cli.cli.failures import sentence
from d2m_cli.cli.plan import Job, Plan, Wanted
from d2m_cli.cli.progress import stage_progress
from d2m_cli.features.files import save_features
from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.ingest.probe import probe
from d2m_cli.metrics.onsets import CURVE_RATE, onset_curve, track_beats, track_tempo
from d2m_cli.official.pipeline import open_maker
from d2m_cli.output.mux import rehearse
from d2m_cli.output.places import finished_file, reserved
from d2m_cli.output.sound import write_sound
from d2m_cli.progress import Progress, Step
from d2m_cli.report.summary import Summary, summary_table
from d2m_cli.types import FloatArray, Track


def run_jobs(plan: Plan, wanted: Wanted, bundle: str | None, device: str, as_json: bool) -> int:
    """Do what is planned and show a summary of each; returns how many of several videos failed.

    With a single video its error is raised; among several the others still get their music, and
    those that failed are listed at the end.
    """
    console = Console(stderr=True, highlight=False)
    maker = open_maker(bundle, device, wanted.motion, wanted.flow) if plan.jobs else None
    summaries: list[Summary] = []
    failures = {video: str(error) for video, error in plan.refused.items()}
    for job in plan.done:
        _say(console, f"{job.out} is there and whole")
    for job in plan.jobs:
        assert maker is not None
        try:
            with stage_progress(console, f"{job.video} -> {job.out}") as progress:
                summary = _run(maker, job, wanted, progress)
        except Exception as error:
            if not plan.several:
                raise
            failures[job.video] = sentence(error)
            continue
        summaries.append(summary)
        if not as_json:
            _say(Console(highlight=False), summary.out)
            Console().print(summary_table(summary))
    if as_json:
        records = [summary.record() for summary in summaries]
        print(json.dumps(records if plan.several or not records else records[0], indent=2))
    if failures:
        total = len(plan.jobs) + len(plan.done) + len(plan.refused)
        _say(console, f"d2m: {len(failures)} of {total} videos got no music:", "red")
        for video, reason in failures.items():
            _say(console, f"  {video}: {reason}", "red")
    return len(failures)


def _say(console: Console, text: str, style: str | None = None) -> None:
    """Print names as they are: brackets are no markup, and no line is broken."""
    console.print(text, markup=False, soft_wrap=True, style=style)


def _run(maker: Dance2Music, job: Job, wanted: Wanted, progress: Progress) -> Summary:
    with ExitStack() as held:
        for path in job.files:
            held.enter_context(reserved(path))
        if not wanted.audio_only:
            rehearse(probe(job.video, wanted.start, wanted.end), job.out)
        return _make(maker, job, wanted, progress)


def _make(maker: Dance2Music, job: Job, wanted: Wanted, progress: Progress) -> Summary:
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
    left_out: list[str] = []
    if wanted.audio_only:
        write_sound(track.path, job.out)
    else:
        left_out = maker.save(track, job.out, mix=wanted.mix)
    track.timings[Step.WRITE] = perf_counter() - begin
    curve = onset_curve(track.path, "median")
    if job.plot:
        with finished_file(job.plot) as draft:
            _plot(track, curve, draft)
    if job.features:
        with finished_file(job.features) as draft:
            save_features(track.dance, draft)
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
        left_out=left_out,
        stages=track.timings,
    )


def _plot(track: Track, curve: FloatArray, path: Path) -> None:
    from d2m_cli.report.dance_plot import Curve, plot_dance

    motion, rhythm = track.dance.motion, track.dance.rhythm
    speed = joint_speed(joint_positions(motion), motion.rate)
    plot_dance(
        path,
        track.dance.strip,
        Curve(speed, motion.rate, rhythm.beats),
        Curve(curve, CURVE_RATE, track_beats(curve)[1]),
        track.seconds,
    )
