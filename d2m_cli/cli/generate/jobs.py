"""What `d2m generate` does for each video: analyze once, make its pieces, show, count failures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console

from d2m_cli.cli.failures import sentence
from d2m_cli.cli.generate.batch import BatchLog, Outcome, over_ray
from d2m_cli.cli.generate.look import with_tempo
from d2m_cli.cli.generate.output_options import OutputOptions
from d2m_cli.cli.generate.pieces import summary_of, write_piece
from d2m_cli.cli.generate.plan import Job, Plan
from d2m_cli.cli.generate.watching import WatchingAhead, watch
from d2m_cli.cli.options import MusicOptions
from d2m_cli.cli.progress import stage_progress
from d2m_cli.cluster import Engine
from d2m_cli.errors import D2MError
from d2m_cli.features.files import save_features
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.memory import share_one_heap
from d2m_cli.output.audio import Delivery
from d2m_cli.output.places import finished_file, reserved
from d2m_cli.progress import Progress, Step, timed
from d2m_cli.report.summary import Failure, Summary, closing_line, piece_line
from d2m_cli.report.summary_table import summary_table


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
    song, heard = _hear(maker, music.style_audio, progress)
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
            track.timings.update(heard)
            left_out = write_piece(track, job, piece, output)
            summaries.append(summary_of(track, job, piece, analysis, music, output, left_out))
        if job.features:
            with finished_file(job.features) as draft:
                save_features(analysis.dance, draft, analysis.thumbnails)
    return summaries


def _hear(
    maker: Dance2Music, song: Path | None, progress: Progress
) -> tuple[Any, dict[str, float]]:
    """The style of the song that is given, and the seconds that hearing it took; None without."""
    taken: dict[str, float] = {}
    if song is None:
        return None, taken
    progress(Step.LISTEN, 0, 1)
    with timed(taken, Step.LISTEN):
        style = maker.choose_style(audio=song)
    progress(Step.LISTEN, 1, 1)
    return style, taken
