"""What `d2m generate` does for each video: analyze once, make its pieces, show, count failures."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from rich.console import Console

from d2m_cli.cli.failures import sentence
from d2m_cli.cli.options import MusicOptions, OutputOptions
from d2m_cli.cli.plan import Job, Piece
from d2m_cli.cli.progress import stage_progress
from d2m_cli.cli.ready import Ready
from d2m_cli.cli.values import FASTEST, SLOWEST
from d2m_cli.errors import InputError
from d2m_cli.features.files import save_features
from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.features.rhythm import estimate_rhythm, multiplied
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.generation.track import Track
from d2m_cli.ingest.probe import probe
from d2m_cli.metrics.onsets import CURVE_RATE, onset_curve
from d2m_cli.output.beats import write_beats
from d2m_cli.output.checks import CONTAINERS
from d2m_cli.output.mux import rehearse
from d2m_cli.output.places import reserved
from d2m_cli.progress import Progress, Step
from d2m_cli.report.summary import Failure, Summary, closing_line, piece_line, summary_table
from d2m_cli.types import Dance


def run_jobs(ready: Ready, music: MusicOptions, output: OutputOptions) -> int:
    """Run every job and show what came of it; returns how many of several videos failed.

    With a single video its error is raised; among several the others still get their music.
    """
    console, screen = Console(stderr=True), Console()
    jobs, total = ready.jobs, len(ready.jobs) + len(ready.done) + len(ready.refused)
    for job in ready.done:
        console.print(f"{job.video} is done", markup=False, highlight=False, soft_wrap=True)
    if jobs:
        maker = Dance2Music.from_bundle(
            music.bundle, music.device, motion=music.motion, flow=music.flow
        )
    alone = total == 1 and len(jobs) == 1 and len(jobs[0].pieces) == 1
    done: list[Summary] = []
    failures = [Failure(str(video), str(error)) for video, error in ready.refused.items()]
    for number, job in enumerate(jobs, 1):
        title = (
            f"{job.video} -> {job.pieces[0].out}" if alone else f"{number}/{len(jobs)} {job.video}"
        )
        try:
            with stage_progress(console, title) as progress:
                summaries = _run(maker, job, music, output, progress)
        except Exception as error:
            if total == 1:
                raise
            failures.append(Failure(str(job.video), sentence(error)))
            continue
        done += summaries
        if not output.json:
            for summary in summaries:
                screen.print(
                    summary_table(summary) if alone else piece_line(summary), soft_wrap=not alone
                )
    if output.json:
        records = [*(d.record() for d in done), *(f.record() for f in failures)]
        print(json.dumps(records[0] if alone else records, indent=2))
    elif total > 1:
        screen.print(closing_line(total, failures), markup=False, soft_wrap=True)
    return len(failures)


def _run(
    maker: Dance2Music, job: Job, music: MusicOptions, output: OutputOptions, progress: Progress
) -> list[Summary]:
    with ExitStack() as held:
        for path in job.files():
            held.enter_context(reserved(path))
        return _make(maker, job, music, output, progress)


def _make(
    maker: Dance2Music, job: Job, music: MusicOptions, output: OutputOptions, progress: Progress
) -> list[Summary]:
    maker.require_level(music.level)
    clip = probe(job.video, music.start, music.end)
    left_out = [
        rehearse(clip, piece.out) if piece.out.suffix.lower() in CONTAINERS else []
        for piece in job.pieces
    ]
    song = maker.choose_style(audio=music.style_audio)
    if music.tempo or music.beat_offset is not None:
        maker.require_follows_tempo()
    analysis = maker.analyze(job.video, start=music.start, end=music.end, progress=progress)
    seen = analysis.dance
    moved = replace(analysis, dance=_with_tempo(seen, music))
    summaries = []
    for piece, missing in zip(job.pieces, left_out, strict=True):
        track = maker.compose(
            moved,
            music.level,
            style=song or piece.style,
            seed=piece.seed,
            denoised=music.denoise,
            progress=progress,
        )
        begin = perf_counter()
        track.save(piece.out, overwrite=True, mix=output.mix)
        track.timings[Step.WRITE] = perf_counter() - begin
        if piece.plot:
            _plot(track, piece.plot)
        if piece.beats:
            write_beats(piece.beats, track.beats.tolist(), track.clip.fps)
        summaries.append(_summary(track, piece, seen, missing))
    if job.features:
        save_features(moved.dance, job.features)
    return summaries


def _with_tempo(dance: Dance, music: MusicOptions) -> Dance:
    """The dance with the tempo and the beat that are asked for, if any."""
    if music.tempo is None and music.beat_offset is None:
        return dance
    rhythm = dance.rhythm
    bpm = music.tempo.bpm if music.tempo else None
    if bpm is not None or music.beat_offset is not None:
        rhythm = estimate_rhythm(dance.motion, bpm=bpm, beat_offset=music.beat_offset)
    if music.tempo:
        rhythm = multiplied(rhythm, music.tempo.factor)
    if not SLOWEST <= rhythm.bpm <= FASTEST:
        raise InputError(
            f"The music would have {rhythm.bpm:.0f} beats per minute: give --tempo a number from "
            f"{SLOWEST:g} to {FASTEST:g}."
        )
    return replace(dance, rhythm=rhythm)


def _summary(track: Track, piece: Piece, seen: Dance, left_out: list[str]) -> Summary:
    return Summary(
        video=str(track.clip.path),
        out=str(piece.out),
        duration=track.seconds,
        dancer_found=seen.motion.share_found,
        dance_tempo=seen.rhythm.bpm,
        dance_confidence=float(seen.rhythm.confidence.mean()),
        music_tempo=track.tempo,
        level=track.level.value,
        style=track.style,
        seed=track.seed,
        stages=track.timings,
        left_out=left_out,
        beats=[round(float(beat), 4) for beat in track.beats],
    )


def _plot(track: Track, path: Path) -> None:
    from d2m_cli.report.dance_plot import Curve, DancePlot, plot_dance

    motion, rhythm = track.dance.motion, track.dance.rhythm
    frames = track.analysis.thumbnails
    assert frames is not None, "every analysis of a video has them"
    speed = joint_speed(joint_positions(motion), motion.rate)
    title = (
        f"{track.clip.path.name}: {track.style}, seed {track.seed}, level {track.level}, "
        f"{rhythm.bpm:.1f} beats per minute"
    )
    plot = DancePlot(
        title=title,
        frames=frames,
        dance=Curve(speed, motion.rate),
        music=Curve(onset_curve(track.path, "median"), CURVE_RATE),
        beats=rhythm.beats,
        seconds=track.seconds,
    )
    plot_dance(path, plot)
