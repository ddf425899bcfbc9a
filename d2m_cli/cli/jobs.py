"""What `d2m generate` does for each video: analyze once, make its pieces, show, count failures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from rich.console import Console

from d2m_cli.cli.options import MusicOptions, OutputOptions
from d2m_cli.cli.plan import Job, Piece
from d2m_cli.cli.progress import stage_progress
from d2m_cli.cli.values import FASTEST, SLOWEST
from d2m_cli.errors import D2MError, InputError
from d2m_cli.features.files import save_features
from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.features.rhythm import estimate_rhythm, multiplied
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.ingest.probe import probe
from d2m_cli.metrics.onsets import CURVE_RATE, onset_curve
from d2m_cli.official.pipeline import OfficialDance2Music, open_maker
from d2m_cli.output.beats import write_beats
from d2m_cli.output.mux import write_sound
from d2m_cli.progress import Progress, Step, timed
from d2m_cli.report.summary import Failure, Summary, closing_line, piece_line, summary_table
from d2m_cli.types import Clip, Dance, Style, Track


def run_jobs(jobs: list[Job], music: MusicOptions, output: OutputOptions) -> int:
    """Run every job and show what came of it; returns how many of several videos failed.

    With a single video its error is raised; among several the others still get their music.
    """
    console, screen = Console(stderr=True), Console()
    maker = open_maker(music.bundle, music.device, music.motion, music.flow)
    alone = len(jobs) == 1 and len(jobs[0].pieces) == 1
    done: list[Summary] = []
    failures: list[Failure] = []
    for number, job in enumerate(jobs, 1):
        title = (
            f"{job.video} -> {job.pieces[0].out}" if alone else f"{number}/{len(jobs)} {job.video}"
        )
        try:
            with stage_progress(console, title) as progress:
                summaries = _run(maker, job, music, output, progress)
        except D2MError as error:
            if len(jobs) == 1:
                raise
            failures.append(Failure(str(job.video), str(error)))
            console.print(f"d2m: {job.video}: {error}", style="red", markup=False, soft_wrap=True)
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
    elif len(jobs) > 1:
        screen.print(closing_line(len(jobs), failures), markup=False, soft_wrap=True)
    return len(failures)


def _run(
    maker: Dance2Music, job: Job, music: MusicOptions, output: OutputOptions, progress: Progress
) -> list[Summary]:
    maker.require_level(music.level)
    clip = probe(job.video, music.start, music.end)
    song = maker.choose_style(None, music.style_audio, music.seed) if music.style_audio else None
    analysis: dict[str, float] = {}
    with timed(analysis, Step.ANALYZE):
        seen = maker.analyze(clip, progress=progress)
    dance = _with_tempo(maker, seen, music)
    summaries = []
    for piece in job.pieces:
        style = song or maker.choose_style(piece.style, None, piece.seed, dance.rhythm.bpm)
        track = _make(maker, clip, dance, style, piece, music, dict(analysis), progress)
        begin = perf_counter()
        if piece.audio_only:
            write_sound(track.path, piece.out)
        else:
            maker.save(track, piece.out, mix=output.mix)
        track.timings[Step.WRITE] = perf_counter() - begin
        if piece.plot:
            _plot(track, piece.plot)
        if piece.beats:
            write_beats(piece.beats, track.dance.rhythm.beats.tolist(), clip.fps)
        summaries.append(_summary(track, piece, seen))
    if output.save_features:
        save_features(dance, output.save_features, job.video.stem)
    return summaries


def _with_tempo(maker: Dance2Music, dance: Dance, music: MusicOptions) -> Dance:
    """The dance with the tempo and the beat that are asked for, if any."""
    if music.tempo is None and music.beat_offset is None:
        return dance
    if isinstance(maker, OfficialDance2Music):
        raise InputError("The released models follow no tempo: omit --tempo, --beat-offset.")
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


def _make(
    maker: Dance2Music,
    clip: Clip,
    dance: Dance,
    style: Style,
    piece: Piece,
    music: MusicOptions,
    timings: dict[str, float],
    progress: Progress,
) -> Track:
    path = maker.render(
        dance,
        music.level,
        style,
        piece.seed,
        quality=music.quality,
        denoised=music.denoise,
        progress=progress,
        timings=timings,
    )
    return Track(path, dance.seconds, music.level, style.name, piece.seed, clip, dance, timings)


def _summary(track: Track, piece: Piece, seen: Dance) -> Summary:
    return Summary(
        video=str(track.clip.path),
        out=str(piece.out),
        duration=track.seconds,
        dancer_found=seen.motion.share_found,
        dance_tempo=seen.rhythm.bpm,
        dance_confidence=float(seen.rhythm.confidence.mean()),
        music_tempo=track.dance.rhythm.bpm,
        level=track.level.value,
        style=track.style,
        seed=track.seed,
        stages=track.timings,
        beats=[round(float(beat), 4) for beat in track.dance.rhythm.beats],
    )


def _plot(track: Track, path: Path) -> None:
    from d2m_cli.report.dance_plot import Curve, DancePlot, plot_dance

    motion, rhythm = track.dance.motion, track.dance.rhythm
    speed = joint_speed(joint_positions(motion), motion.rate)
    title = (
        f"{track.clip.path.name}: {track.style}, seed {track.seed}, level {track.level}, "
        f"{rhythm.bpm:.1f} beats per minute"
    )
    plot = DancePlot(
        title=title,
        frames=track.dance.strip,
        dance=Curve(speed, motion.rate),
        music=Curve(onset_curve(track.path, "median"), CURVE_RATE),
        beats=rhythm.beats,
        seconds=track.seconds,
    )
    plot_dance(path, plot)
