"""The dance of a video for `d2m generate`: read, kept or given, and its tempo as it is wished."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

from d2m_cli.analysis.cache import AnalysisCache
from d2m_cli.cli.options import MusicOptions
from d2m_cli.cli.values import FASTEST, SLOWEST
from d2m_cli.errors import InputError
from d2m_cli.features.files import load_features
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.generation.pipeline import Dance2Music
from d2m_cli.progress import Progress
from d2m_cli.types import Analysis, Clip, Dance


def look(
    maker: Dance2Music, clip: Clip | None, music: MusicOptions, progress: Progress
) -> Analysis:
    """The dance as it is given, as an earlier run saw it, or as it is seen now.

    Without a `clip` it is the one of `music.motion`.
    """
    begin = perf_counter()
    if clip is None:
        assert music.motion is not None
        dance = maker.maker.read_motion(music.motion, music.start, music.end)
        return Analysis(dance, elapsed=perf_counter() - begin)
    if music.features:
        dance, thumbnails = load_features(music.features)
        if abs(dance.seconds - clip.seconds) > 1.0 / clip.fps:
            raise InputError(
                f"{music.features} is of a dance of {dance.seconds:.2f} s, and the video lasts "
                f"{clip.seconds:.2f} s: give the features of this part of this video."
            )
        return Analysis(replace(dance, seconds=clip.seconds), clip, thumbnails)
    if music.motion or not music.cache or not maker.maker.follows_tempo:
        return _analyze(maker, clip, music, progress)
    cache = AnalysisCache()
    key = cache.key(clip, maker.maker.bundle, PoseOptions.of(music.pose, music.dancer))
    known = cache.load(key)
    if known is not None:
        return Analysis(known[0], clip, known[1], perf_counter() - begin)
    analysis = _analyze(maker, clip, music, progress)
    if analysis.thumbnails is not None:
        cache.store(key, analysis.dance, analysis.thumbnails)
    return analysis


def _analyze(maker: Dance2Music, clip: Clip, music: MusicOptions, progress: Progress) -> Analysis:
    return maker.analyze(
        clip,
        dancer=music.dancer,
        pose=music.pose,
        progress=progress,
    )


def with_tempo(dance: Dance, music: MusicOptions) -> Dance:
    """The dance with the tempo, the beat and the meter that are asked for, if any."""
    if music.tempo is None and music.beat_offset is None and music.meter is None:
        return dance
    from d2m_cli.features.rhythm import estimate_rhythm, multiplied

    rhythm = dance.rhythm
    bpm = music.tempo.bpm if music.tempo else None
    if bpm is not None or music.beat_offset is not None or music.meter is not None:
        rhythm = estimate_rhythm(dance.motion, bpm, music.beat_offset, music.meter)
    if music.tempo:
        rhythm = multiplied(rhythm, music.tempo.factor)
    if not SLOWEST <= rhythm.bpm <= FASTEST:
        raise InputError(
            f"The music would have {rhythm.bpm:.0f} beats per minute: give --tempo a number from "
            f"{SLOWEST:g} to {FASTEST:g}."
        )
    return replace(dance, rhythm=rhythm)
