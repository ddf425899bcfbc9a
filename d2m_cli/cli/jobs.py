"""What `d2m generate` does for each video: analyze once, make its pieces, show, count failures."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from d2m_cli.cli.failures import sentence
from d2m_cli.cli.options import MusicOptions, OutputOptions
from d2m_cli.cli.plan import Job, Piece, Plan
from d2m_cli.cli.progress import stage_progress
from d2m_cli.cli.values import FASTEST, SLOWEST
from d2m_cli.errors import InputError
from d2m_cli.features.files import save_features
from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.features.rhythm import estimate_rhythm, multiplied
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.ingest.probe import probe
from d2m_cli.metrics.onsets import CURVE_RATE, onset_curve
from d2m_cli.official.pipeline import OfficialDance2Music, open_maker
from d2m_cli.output.beats import write_beats
from d2m_cli.output.mux import rehearse
from d2m_cli.output.places import finished_file, reserved
from d2m_cli.output.sound import write_sound
from d2m_cli.progress import Progress, Step, timed
from d2m_cli.report.summary import Failure, Summary, closing_line, piece_line, summary_table
from d2m_cli.types import Clip, Dance, Style, Track


def run_jobs(plan: Plan, music: MusicOptions, output: OutputOptions) -> int:
    """Do what is planned and show what came of it; returns how many of several videos failed.

    With a single video its error is raised; among several the others still get their music.
    """
    console, screen = Console(stderr=True), Console()
    maker = None
    alone = plan.videos == 1 and sum(len(job.pieces) for job in plan.jobs) + len(plan.done) == 1
    made: list[Summary] = []
    failures = [Failure(str(video), sentence(error)) for video, error in plan.refused.items()]
    for piece in plan.done:
        _say(console, f"{piece.out} is there and whole")
    for number, job in enumerate(plan.jobs, 1):
        title = f"{job.video} -> {job.pieces[0].out}"
        if not alone:
            title = f"{number}/{len(plan.jobs)} {job.video}"
        try:
            maker = maker or open_maker(music.bundle, music.device, music.motion, music.flow)
            with stage_progress(console, title) as progress:
                summaries = _run(maker, job, music, output, progress)
        except Exception as error:
            if plan.videos == 1 or maker is None:
                raise
            failures.append(Failure(str(job.video), sentence(error)))
            _say(console, f"d2m: {job.video}: {sentence(error)}", "red")
            continue
        made += summaries
        for summary in [] if output.json else summaries:
            _say(screen, summary.out if alone else piece_line(summary))
            if alone:
                screen.print(summary_table(summary))
    if output.json:
        records = [*(m.record() for m in made), *(f.record() for f in failures)]
        print(json.dumps(records[0] if alone and records else records, indent=2))
    if plan.videos > 1:
        _say(console, closing_line(plan.videos, failures), "red" if failures else None)
    return len(failures)


def _say(console: Console, text: str, style: str | None = None) -> None:
    """Print names as they are: brackets are no markup, and no line is broken."""
    console.print(text, markup=False, highlight=False, soft_wrap=True, style=style)


def _run(
    maker: Dance2Music, job: Job, music: MusicOptions, output: OutputOptions, progress: Progress
) -> list[Summary]:
    maker.require_level(music.level)
    clip = probe(job.video, music.start, music.end)
    song = maker.choose_style(None, music.style_audio, music.seed) if music.style_audio else None
    with ExitStack() as held:
        for path in job.files:
            held.enter_context(reserved(path))
        for out in [piece.out for piece in job.pieces if not piece.audio_only][:1]:
            rehearse(clip, out)
        analysis: dict[str, float] = {}
        with timed(analysis, Step.ANALYZE):
            seen = maker.analyze(clip, progress=progress)
        dance = _with_tempo(maker, seen, music)
        summaries = []
        for piece in job.pieces:
            style = song or maker.choose_style(piece.style, None, piece.seed, dance.rhythm.bpm)
            track = _make(maker, clip, dance, style, piece, music, dict(analysis), progress)
            left_out = _write(maker, track, piece, output)
            summaries.append(_summary(track, piece, seen, left_out))
        if job.features:
            with finished_file(job.features) as draft:
                save_features(dance, draft)
    return summaries


def _write(maker: Dance2Music, track: Track, piece: Piece, output: OutputOptions) -> list[str]:
    """Write the files of a piece; returns what of the video does not come along."""
    left_out: list[str] = []
    with timed(track.timings, Step.WRITE):
        if piece.audio_only:
            write_sound(track.path, piece.out)
        else:
            left_out = maker.save(track, piece.out, mix=output.mix)
    if piece.plot:
        with finished_file(piece.plot) as draft:
            _plot(track, draft)
    if piece.beats:
        write_beats(piece.beats, track.dance.rhythm.beats.tolist(), track.clip.fps)
    return left_out


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
        denoised=music.denoise,
        progress=progress,
        timings=timings,
    )
    return Track(path, dance.seconds, music.level, style.name, piece.seed, clip, dance, timings)


def _summary(track: Track, piece: Piece, seen: Dance, left_out: list[str]) -> Summary:
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
        left_out=left_out,
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
