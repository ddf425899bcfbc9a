"""What `d2m generate` writes of a piece that is made, and what it says of it."""

from __future__ import annotations

from math import ceil
from pathlib import Path

import numpy as np

from d2m_cli.cli.generate.output_options import OutputOptions
from d2m_cli.cli.generate.plan import Job, PlannedPiece
from d2m_cli.cli.options import MusicOptions
from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.features.pose.doors import MAIN
from d2m_cli.generation.track import Track
from d2m_cli.metrics.onsets import CURVE_RATE, onset_curve
from d2m_cli.output.beats import write_beats
from d2m_cli.output.mux import mux
from d2m_cli.output.places import finished_file
from d2m_cli.output.sound import write_sound
from d2m_cli.progress import Step, timed
from d2m_cli.report.summary import Summary
from d2m_cli.types import Analysis


def write_piece(track: Track, job: Job, piece: PlannedPiece, output: OutputOptions) -> list[str]:
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


def summary_of(
    track: Track,
    job: Job,
    piece: PlannedPiece,
    analysis: Analysis,
    music: MusicOptions,
    output: OutputOptions,
    left_out: list[str],
) -> Summary:
    """Facts of a piece; `analysis` has the dance's own tempo, whatever one was asked for."""
    from d2m_cli.features.rhythm import tempo_candidates

    rhythm, motion = analysis.dance.rhythm, analysis.dance.motion
    return Summary(
        video=str(job.video),
        out=str(piece.out),
        duration=track.seconds,
        dancer_found=motion.share_found,
        followed=motion.followed,
        dancer_chosen=music.dancer != MAIN,
        dance_tempo=rhythm.bpm,
        dance_tempo_candidates=[
            (round(bpm, 1), round(share, 3)) for bpm, share in tempo_candidates(motion)
        ],
        dance_pace=round(float(joint_speed(joint_positions(motion), motion.rate).mean()), 3),
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
