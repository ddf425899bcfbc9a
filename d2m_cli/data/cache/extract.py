"""One piece -> its features: motion, pictures, sound and rhythm, all of one length."""

from dataclasses import dataclass, replace

import numpy as np

from d2m_cli.analysis.video import VisualFactory, read_motion, read_visual
from d2m_cli.data.cache.music_beats import MusicRhythm, music_rhythm
from d2m_cli.data.cache.pieces import Arrays
from d2m_cli.data.cache.sketches import sketch_arrays
from d2m_cli.data.cache.style_windows import STYLES, styles_of
from d2m_cli.data.skeletons.load import LoadedMotion, load_motion
from d2m_cli.data.sources.piece import MotionKind, Piece
from d2m_cli.errors import DataError
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.ingest.audio import load_music
from d2m_cli.ingest.probe import probe
from d2m_cli.pcm import Int16Array, to_float
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE, SEGMENT_SECONDS
from d2m_cli.types import FloatArray, Visual

SILENT_PEAK = 1e-3
"""Music whose largest sample lies below this (-60 dB) counts as silent."""


@dataclass(frozen=True)
class Features:
    """Arrays of a piece (`docs/data.md`) and what the manifest says of them."""

    arrays: Arrays
    seconds: float
    genre: str = ""
    bpm: float | None = None
    steadiness: float | None = None
    found: float | None = None
    visual_rate: float | None = None


def extract(
    piece: Piece, visual: VisualFactory | None = None, pose: PoseOptions = PoseOptions()
) -> Features:
    """Features of a piece, every sequence cut to the shortest.

    `visual` makes the encoder of the pictures; without it, or without a video, there are no visual
    vectors. `pose` says how the dancer of a video is found. Raises a `D2MError` when a file is
    broken, the music silent, or the piece shorter than a training segment.
    """
    samples = load_music(piece.music) if piece.music else None
    if samples is not None and np.abs(to_float(samples)).max() < SILENT_PEAK:
        raise DataError("the music is silent")
    dance, pictures = _dance(piece, visual, pose)
    seconds = _common_seconds(dance, samples)
    features = Features({}, seconds)
    if dance is not None:
        features = _with_motion(features, dance)
    if pictures is not None:
        features.arrays["visual"] = pictures.features[:, : int(seconds * pictures.rate) + 1]
        features = replace(features, visual_rate=pictures.rate)
    if samples is not None:
        features = _with_music(features, samples[: round(seconds * SAMPLE_RATE)], dance)
    return features


def _dance(
    piece: Piece, visual: VisualFactory | None, pose: PoseOptions
) -> tuple[LoadedMotion | None, Visual | None]:
    """Motion and visual vectors of a piece; a video is decoded once."""
    encoder = visual() if visual and piece.video else None
    if piece.motion is None:
        return None, None
    if piece.motion.kind is not MotionKind.VIDEO:
        pictures = read_visual(probe(piece.video), encoder) if piece.video and encoder else None
        return load_motion(piece.motion), pictures
    readers = [encoder] if encoder else []
    motion = read_motion(probe(piece.motion.path), *readers, pose=pose)
    return LoadedMotion(motion), encoder.visual() if encoder else None


def _common_seconds(dance: LoadedMotion | None, samples: Int16Array | None) -> float:
    lengths = []
    if dance is not None:
        lengths.append(len(dance.motion.found) / MOTION_RATE)
    if samples is not None:
        lengths.append(len(samples) / SAMPLE_RATE)
    seconds = min(lengths)
    if seconds < SEGMENT_SECONDS:
        raise DataError(
            f"{seconds:.2f} s are shorter than a training segment ({SEGMENT_SECONDS:g} s)"
        )
    return seconds


def _with_motion(features: Features, dance: LoadedMotion) -> Features:
    steps = int(features.seconds * MOTION_RATE)
    arrays: Arrays = {
        "motion": dance.motion.features[:, :steps],
        "found": dance.motion.found[:steps].astype(np.uint8),
    }
    if dance.joints is not None:
        arrays["joints"] = dance.joints[..., :steps]
    return replace(
        features,
        arrays=features.arrays | arrays,
        genre=dance.genre,
        found=dance.motion.share_found,
    )


def _with_music(features: Features, samples: Int16Array, dance: LoadedMotion | None) -> Features:
    steps = int(features.seconds * MOTION_RATE)
    wave = to_float(samples)
    rhythm = _rhythm(wave, dance)
    arrays: Arrays = {
        "audio": samples,
        "beats": rhythm.beats.astype(np.float32),
        "phase": rhythm.phase[:steps],
        "confidence": rhythm.confidence[:steps],
        **sketch_arrays(wave, rhythm.beats),
        STYLES: styles_of(samples),
    }
    return replace(
        features,
        arrays=features.arrays | arrays,
        bpm=rhythm.bpm,
        steadiness=rhythm.steadiness,
    )


def _rhythm(wave: FloatArray, dance: LoadedMotion | None) -> MusicRhythm:
    if dance is None or dance.beats is None:
        return music_rhythm(wave)
    beats = dance.beats[dance.beats < len(wave) / SAMPLE_RATE]
    return music_rhythm(wave, beats)
