"""Stems -> a mix: levels, panning, side-chain, reverberation, compression, limiter."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import D2MError
from d2m_cli.sketch.notes import Part
from d2m_cli.songs.instruments import Instruments
from d2m_cli.songs.synth import HINT, RATE
from d2m_cli.types import FloatArray

STEM_DB = -20.0
"""Level of a stem before its own gain: root mean square where it sounds."""
SOUNDS = 1e-3
RECOVERY_SECONDS = 0.22
"""Time in which a part is back at its level after a kick."""
REVERB_SHARE = {Part.DRUMS: 0.25, Part.BASS: 0.0, Part.CHORDS: 1.0, Part.MELODY: 1.0}
"""How much of a song's reverberation each part gets."""
LUFS = -16.0
"""Integrated loudness of a mix (ITU-R BS.1770)."""
CEILING_DB = -1.0
FRAME = 4410
"""Samples of which the level of a stem is measured together: 0.1 s."""


def mix(
    stems: Mapping[Part, FloatArray], instruments: Instruments, kicks: NDArray[np.float64]
) -> tuple[FloatArray, dict[Part, FloatArray]]:
    """Stereo mix `(2, N)` at `RATE`, and the stems as they sound before the last compression.

    `kicks` are the seconds `(K,)` of the kicks, for the side-chain.
    Raises `D2MError` when the libraries are missing.
    """
    try:
        import pyloudnorm
        from pedalboard import BrickwallLimiter, Compressor, Pedalboard
    except ImportError as error:
        raise D2MError(f"Songs need pedalboard and pyloudnorm: {HINT}.") from error
    ducking = _ducking(kicks, instruments.sidechain, next(iter(stems.values())).shape[1])
    placed = {}
    for part, stem in stems.items():
        sound = _panned(_levelled(stem, instruments.levels[part]), instruments.pan[part])
        if part is not Part.DRUMS:
            sound *= ducking
        placed[part] = _in_a_room(sound, instruments.reverb * REVERB_SHARE[part])
    together = np.zeros_like(next(iter(placed.values())))
    for sound in placed.values():
        together += sound
    glue = Pedalboard([Compressor(-18.0, 2.0, attack_ms=10.0, release_ms=120.0)])
    together = glue(together, RATE)
    loudness = pyloudnorm.Meter(RATE).integrated_loudness(together.T)
    together *= np.float32(10 ** ((LUFS - loudness) / 20)) if np.isfinite(loudness) else 1.0
    limiter = Pedalboard([BrickwallLimiter(CEILING_DB)])
    return np.asarray(limiter(together, RATE), np.float32), placed


def _levelled(stem: FloatArray, level: float) -> FloatArray:
    """The stem at `STEM_DB + level` where it sounds."""
    frames = stem[:, : stem.shape[1] // FRAME * FRAME].reshape(2, -1, FRAME)
    power = (frames**2).mean(axis=(0, 2))
    heard = power[power > SOUNDS**2]
    if not len(heard):
        return stem
    gain = 10 ** ((STEM_DB + level) / 20) / np.sqrt(heard.mean())
    return np.asarray(stem * np.float32(gain), np.float32)


def _panned(sound: FloatArray, pan: float) -> FloatArray:
    """Constant power: the two gains are those of a quarter circle."""
    angle = (pan + 1.0) * np.pi / 4
    gains = np.sqrt(2.0) * np.array([[np.cos(angle)], [np.sin(angle)]])
    return sound * gains.astype(np.float32)


def _ducking(kicks: NDArray[np.float64], depth: float, count: int) -> FloatArray:
    """Gains `(N,)` that fall by `depth` dB at each kick and come back."""
    gains = np.ones(count, np.float32)
    if depth == 0:
        return gains
    age = np.linspace(0.0, 1.0, int(RECOVERY_SECONDS * RATE))
    low = 10 ** (depth / 20)
    dip = (low + (1 - low) * age**1.5).astype(np.float32)
    dip[:64] = np.minimum(dip[:64], np.linspace(1.0, low, 64))
    for kick in kicks:
        begin = int(kick * RATE)
        place = gains[begin : begin + len(dip)]
        np.minimum(place, dip[: len(place)], out=place)
    return gains


def _in_a_room(sound: FloatArray, share: float) -> FloatArray:
    from pedalboard import Pedalboard, Reverb

    if share == 0:
        return sound
    room = Reverb(room_size=0.3 + 0.6 * share, wet_level=share, dry_level=1.0 - 0.5 * share)
    return np.asarray(Pedalboard([room])(sound, RATE), np.float32)
