"""What `d2m generate` does for each video: analyze once, make its pieces, show, count failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from math import ceil
from pathlib import Path
from time import perf_counter

import numpy as np
from rich.console import Console

from d2m_cli.cli.failures import sentence
from d2m_cli.cli.generate.batch import BatchLog, Outcome, over_ray
from d2m_cli.cli.generate.look import with_tempo
from d2m_cli.cli.generate.output_options import OutputOptions
from d2m_cli.cli.generate.plan import Job, Plan, PlannedPiece
from d2m_cli.cli.generate.watching import WatchingAhead, watch
from d2m_cli.cli.options import MusicOptions
from d2m_cli.cli.progress import stage_progress
from d2m_cli.cluster import Engine
from d2m_cli.errors import D2MError
from d2m_cli.features.files import save_features
from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.features.pose.doors import MAIN
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.generation.track import Track
from d2m_cli.memory import share_one_heap
from d2m_cli.metrics.onsets import CURVE_RATE, onset_curve
from d2m_cli.output.audio import Delivery
from d2m_cli.output.beats import write_beats
from d2m_cli.output.mux import mux
from d2m_cli.output.places import finished_file, reserved
from d2m_cli.output.sound import write_sound
from d2m_cli.progress import Progress, Step, timed
from d2m_cli.report.summary import Failure, Summary, closing_line, piece_line
from d2m_cli.report.summary_table import summary_table
from d2m_cli.types import Analysis


def run_jobs(plan: Plan, music: MusicOptions, output: OutputOptions) -> int:
    """Do what is planned and show what came of it; returns how many of several videos failed.

    With a single video its error is raised; among several the others still get their music.
    """
    console, screen = Console(stderr=True), Console()
    alone = plan.videos == 1 and sum(len(job.pieces) for job in plan.jobs) + len(plan.done) == 1
    failures = [Failure(str(video), sentence(error)) for video, error in plan.refused.items()]
    for piece in plan.done:
        _say(console, f"{piece.out} is there and whole")
    log, outcomes = BatchLog(output.log), dict[int, Outcome]()
    log.begin(plan)
    for number, outcome in _outcomes(plan, music, output, console, alone):
        outcomes[number] = outcome
        log.add(plan.jobs[number], outcome)
        if outcome.error and plan.videos == 1:
            raise D2MError(outcome.error)
        if outcome.error:
            _say(console, f"{plan.jobs[number].video}: failed, the last line says why", "red")
        for summary in [] if output.json else outcome.summaries:
            _say(screen, summary.out if alone else piece_line(summary))
            if alone:
                screen.print(summary_table(summary))
            for warning in summary.warnings:
                _say(console, f"note: {warning}", "yellow")
    made = [piece for _, outcome in sorted(outcomes.items()) for piece in outcome.summaries]
    for number, outcome in sorted(outcomes.items()):
        if outcome.error:
            failures.append(Failure(str(plan.jobs[number].video), outcome.error))
    if output.json:
        records = [*(m.record() for m in made), *(f.record() for f in failures)]
        print(json.dumps(records[0] if alone and records else records, indent=2))
    if plan.videos > 1:
        _say(console, closing_line(plan.videos, failures), "red" if failures else None)
    return len(failures)


def _outcomes(
    plan: Plan, music: MusicOptions, output: OutputOptions, console: Console, alone: bool
) -> Iterator[tuple[int, Outcome]]:
    """What comes of each video, with its number, as they are done; a single one's error is raised.

    A bundle that cannot be opened raises, too.
    """
    if output.engine is Engine.RAY and plan.jobs:
        with stage_progress(console, f"{len(plan.jobs)} videos on Ray") as progress:
            yield from over_ray(_run, plan.jobs, music, output, progress)
        return
    maker = None
    share_one_heap()
    with closing(WatchingAhead(plan.jobs)) as watching:
        for number, job in enumerate(plan.jobs):
            title = f"{job.video} -> {job.pieces[0].out}"
            if not alone:
                title = f"{number + 1}/{len(plan.jobs)} {job.video}"
            begun, made, error = perf_counter(), list[Summary](), None
            try:
                maker = maker or Dance2Music.from_bundle(
                    music.bundle,
                    music.device,
                    motion=music.motion,
                    flow=music.flow,
                    composing=music.composer,
                )
                with stage_progress(console, title) as progress:
                    made = _run(maker, job, music, output, progress, watching)
            except Exception as failed:
                if plan.videos == 1 or maker is None:
                    raise
                error = sentence(failed)
            yield number, Outcome(made, error, perf_counter() - begun, "this process")


def _say(console: Console, text: str, style: str | None = None) -> None:
    """Print names as they are: brackets are no markup, and no line is broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True, style=style)


def _run(
    maker: Dance2Music,
    job: Job,
    music: MusicOptions,
    output: OutputOptions,
    progress: Progress,
    watching: WatchingAhead | None = None,
) -> list[Summary]:
    maker.require_level(music.level)
    if music.tempo or music.beat_offset is not None or music.meter:
        maker.require_follows_tempo()
    song = maker.choose_style(audio=music.style_audio)
    styles = [song or maker.choose_style(piece.style, seed=piece.seed) for piece in job.pieces]
    with ExitStack() as held:
        for path in job.files:
            held.enter_context(reserved(path))
        analysis = (watching.watch if watching else watch)(maker, job, music, progress).analysis
        wished = replace(analysis, dance=with_tempo(analysis.dance, music))
        summaries = []
        for piece, style in zip(job.pieces, styles, strict=True):
            track = maker.compose(
                wished,
                music.level,
                style=style,
                seed=piece.seed,
                quality=music.quality,
                denoised=music.denoise,
                delivery=Delivery(output.lufs, output.fade_in, output.fade_out),
                progress=progress,
            )
            left_out = _write(track, job, piece, output)
            summaries.append(_summary(track, job, piece, analysis, music, output, left_out))
        if job.features:
            with finished_file(job.features) as draft:
                save_features(analysis.dance, draft, analysis.thumbnails)
    return summaries


def _write(track: Track, job: Job, piece: PlannedPiece, output: OutputOptions) -> list[str]:
    """Write the files of a piece; returns what of the video does not come along."""
    left_out: list[str] = []
    with timed(track.timings, Step.WRITE):
        if piece.audio_only:
            write_sound(track.path, piece.out, output.finish)
        else:
            left_out = mux(track.clip, track.path, piece.out, output.mix, output.finish)
    if piece.plot:
        with finished_file(piece.plot) as draft:
            _plot(track, job.video.name, draft)
    if piece.beats:
        clip = track.analysis.clip
        fps = clip.fps if clip else track.dance.motion.rate
        write_beats(piece.beats, track.beats.tolist(), fps, _first_beat(track), track.meter)
    return left_out


def _summary(
    track: Track,
    job: Job,
    piece: PlannedPiece,
    analysis: Analysis,
    music: MusicOptions,
    output: OutputOptions,
    left_out: list[str],
) -> Summary:
    from d2m_cli.features.rhythm import tempo_candidates

    rhythm = analysis.dance.rhythm
    return Summary(
        video=str(job.video),
        out=str(piece.out),
        duration=track.seconds,
        dancer_found=analysis.dance.motion.share_found,
        followed=analysis.dance.motion.followed,
        dancer_chosen=music.dancer != MAIN,
        dance_tempo=rhythm.bpm,
        dance_tempo_candidates=[
            (round(bpm, 1), round(share, 3))
            for bpm, share in tempo_candidates(analysis.dance.motion)
        ],
        dance_confidence=rhythm.certainty,
        dance_meter=rhythm.meter,
        music_tempo=track.tempo,
        level=track.level.value,
        style=track.style,
        style_why=track.style_why,
        seed=track.seed,
        left_out=left_out,
        stages=track.timings,
        mix=0.0 if piece.audio_only else output.mix,
        beats=[round(float(beat), 4) for beat in track.beats],
        events=track.dance.events.record(),
        seconds_missing=(music.end or 0.0) - music.start - track.seconds,
        arrangement=track.arrangement.record() if track.arrangement else {},
    )


def _plot(track: Track, name: str, path: Path) -> None:
    from d2m_cli.report.dance_plot import Curve, DancePlot, plot_dance

    thumbnails = track.analysis.thumbnails
    if thumbnails is None:
        thumbnails = np.full((1, 120, 68, 3), 255, np.uint8)  # features of another program
    motion = track.dance.motion
    speed = joint_speed(joint_positions(motion), motion.rate)
    title = (
        f"{name}: {track.style}, seed {track.seed}, level {track.level}, "
        f"{track.tempo:.1f} beats per minute"
    )
    plot = DancePlot(
        title=title,
        frames=thumbnails,
        dance=Curve(speed, motion.rate),
        music=Curve(onset_curve(track.path, "median"), CURVE_RATE),
        beats=track.beats,
        seconds=track.seconds,
        first=_first_beat(track),
        meter=track.meter,
        events=track.dance.events,
        pauses=track.arrangement.pauses if track.arrangement else (),
        sections=track.arrangement.sections if track.arrangement else (),
    )
    plot_dance(path, plot)


def _first_beat(track: Track) -> int:
    """Number of the first of the music's beats; a bar opens with number 0."""
    return ceil(track.rhythm.phase[0])
