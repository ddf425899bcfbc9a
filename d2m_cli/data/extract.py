"""One piece -> its features: motion, pictures, sound, rhythm and loudness, all of one length."""

from dataclasses import dataclass

import numpy as np

from d2m_cli.data.beats import MusicRhythm, loudness, music_rhythm
from d2m_cli.data.cache import Arrays
from d2m_cli.data.motions import LoadedMotion, load_motion
from d2m_cli.data.piece import Piece
from d2m_cli.errors import DataError
from d2m_cli.ingest.audio import Int16Array, load_music
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE, SEGMENT_SECONDS

SILENT_PEAK = 1e-3
"""Music whose largest sample lies below this (-60 dB) counts as silent."""


@dataclass(frozen=True)
class ExtractSettings:
    """What decides the features of a piece beside its files."""


@dataclass(frozen=True)
class Features:
    """Arrays of a piece (`docs/data.md`) and what the manifest says of them."""

    arrays: Arrays
    seconds: float
    genre: str = ""
    bpm: float | None = None
    steadiness: float | None = None
    found: float | None = None


def extract(piece: Piece, settings: ExtractSettings) -> Features:
    """Features of a piece, every sequence cut to the shortest.

    Raises a `D2MError` when a file is broken, the music silent, or the piece shorter than a
    training segment.
    """
    dance = load_motion(piece.motion) if piece.motion else None
    samples = load_music(piece.music) if piece.music else None
    seconds = _common_seconds(dance, samples)
    steps = int(seconds * MOTION_RATE)
    arrays: Arrays = {}
    rhythm = None
    if dance is not None:
        arrays |= _motion_arrays(dance, steps)
    if samples is not None:
        samples = samples[: round(seconds * SAMPLE_RATE)]
        rhythm = _rhythm(samples, dance)
        arrays |= _music_arrays(samples, rhythm, steps)
    return Features(
        arrays,
        seconds,
        genre=dance.genre if dance else "",
        bpm=rhythm.bpm if rhythm else None,
        steadiness=rhythm.steadiness if rhythm else None,
        found=dance.motion.share_found if dance else None,
    )


def _common_seconds(dance: LoadedMotion | None, samples: Int16Array | None) -> float:
    lengths = []
    if dance is not None:
        lengths.append(len(dance.motion.found) / MOTION_RATE)
    if samples is not None:
        lengths.append(len(samples) / SAMPLE_RATE)
    if not lengths:
        raise DataError("the piece has neither motion nor music")
    seconds = min(lengths)
    if seconds < SEGMENT_SECONDS:
        raise DataError(
            f"{seconds:.1f} s are shorter than a training segment ({SEGMENT_SECONDS:g} s)"
        )
    return seconds


def _motion_arrays(dance: LoadedMotion, steps: int) -> Arrays:
    arrays: Arrays = {
        "motion": dance.motion.features[:, :steps],
        "found": dance.motion.found[:steps].astype(np.uint8),
    }
    if dance.joints is not None:
        arrays["joints"] = dance.joints[..., :steps]
    return arrays


def _rhythm(samples: Int16Array, dance: LoadedMotion | None) -> MusicRhythm:
    real = _real(samples)
    if np.abs(real).max() < SILENT_PEAK:
        raise DataError("the music is silent")
    if dance is None:
        return music_rhythm(real)
    beats = dance.beats
    if beats is not None:
        beats = beats[beats < len(samples) / SAMPLE_RATE]
    return music_rhythm(real, beats=beats, bar=dance.bar, downbeat=dance.downbeat)


def _music_arrays(samples: Int16Array, rhythm: MusicRhythm, steps: int) -> Arrays:
    return {
        "audio": samples,
        "beats": rhythm.beats.astype(np.float32),
        "phase": rhythm.phase[:steps],
        "strength": rhythm.strength[:steps],
        "bar_phase": rhythm.bar_phase[:steps],
        "loudness": loudness(_real(samples))[:steps],
    }


def _real(samples: Int16Array) -> np.ndarray:
    return samples.astype(np.float32) / 32768.0
