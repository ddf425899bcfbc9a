"""One-shots: recorded drum strokes, read once from a folder."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

from d2m_cli.errors import InputError
from d2m_cli.songs.instruments import one_shot_names
from d2m_cli.songs.synth import RATE
from d2m_cli.types import FloatArray

LEVELS = {"kick": 0.55, "snare": 0.4, "clap": 0.3, "hat": 0.13, "open-hat": 0.15, "crash": 0.2}
OTHER_LEVEL = 0.25
"""Peaks of strokes of full velocity."""
STARTS = 0.05
"""A stroke begins where it first reaches this share of its peak."""
LONGEST = 1.5
"""Seconds."""
SUFFIXES = (".flac", ".wav", ".ogg")


def check_samples(folder: Path) -> None:
    """Raise `InputError` when the folder lacks one of the samples that songs are played with."""
    for names in one_shot_names().values():
        for name in names:
            _file(folder, name)


@lru_cache(256)
def one_shot(folder: Path, name: str) -> FloatArray:
    """Sound `(N,)` of a sample, its peak 1, from its beginning on. Raises `InputError`."""
    path = _file(folder, name)
    try:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise InputError(f"{path} cannot be read as sound ({error}): get it again.") from error
    mono = sound.mean(axis=1)
    if rate != RATE:
        from scipy.signal import resample_poly

        mono = resample_poly(mono, RATE, rate)
    peak = np.abs(mono).max()
    if peak == 0:
        raise InputError(f"{path} is silent: get it again.")
    begin = int(np.argmax(np.abs(mono) > STARTS * peak))
    stroke = mono[begin : begin + int(LONGEST * RATE)] / peak
    fade = min(len(stroke), RATE // 20)
    stroke[len(stroke) - fade :] *= np.linspace(1.0, 0.0, fade)
    return np.asarray(stroke, np.float32)


def _file(folder: Path, name: str) -> Path:
    for suffix in SUFFIXES:
        path = folder / f"{name}{suffix}"
        if path.exists():
            return path
    raise InputError(
        f"{folder} has no sample '{name}': name the samples of the Debian package "
        "sonic-pi-samples, or leave out --samples."
    )
