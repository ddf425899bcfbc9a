"""Style of a piece of music as one vector: its average spectrum, how that varies, and its chroma.

It says how the music sounds (timbre, register, harmony on the whole) and nothing about when
anything happens, so it can come from another part of the same track, or from another track.
"""

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import InputError
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

MEL_BANDS = 64
CHROMA = 12
CHANNELS = 2 * (MEL_BANDS + CHROMA)
"""Numbers in a style vector: mean and standard deviation over time of each band and pitch class."""

SECONDS = 12.0
"""Length of music that a style vector is usually taken from."""

_LINEAR_HERTZ, _LINEAR_MELS, _STEP = 1000.0, 15.0, np.log(6.4) / 27.0
"""Slaney's mel scale, librosa's: 15 equal steps up to 1 kHz, then 27 equal ratios an octave and
more (6.4 times)."""
_MELS = _LINEAR_MELS + float(np.log(SAMPLE_RATE / 2 / _LINEAR_HERTZ) / _STEP)


def octave_balance(vector: FloatArray, edges: NDArray[np.floating]) -> NDArray[np.float64]:
    """Power of octaves (or other bands), dB under their sum `(O,)`, of music with that style.

    `vector` `(CHANNELS,)` is its style, `edges` `(O + 1,)` are the bands' limits in Hz. The mean
    spectrum is taken between the centres of the mel bands as it is at the centres.
    """
    centres = _mel_hertz(np.linspace(0.0, _MELS, MEL_BANDS + 2)[1:-1])
    density = 10.0 ** (2.0 * vector[:MEL_BANDS].astype(np.float64))
    hertz = np.arange(edges[0], edges[-1])
    spectrum = np.interp(hertz, centres, density)
    band = np.searchsorted(edges, hertz, side="right") - 1
    power = np.bincount(band, spectrum, len(edges) - 1)
    return np.asarray(10.0 * np.log10(power / power.sum() + 1e-9))


def style_vector(samples: NDArray[np.floating]) -> FloatArray:
    """Style `(CHANNELS,)` of music `(N,)` at `SAMPLE_RATE`; its loudness does not matter.

    Log10 mel power (64 bands) relative to the piece's loudest band, and chroma. Raises `InputError`
    when the music is shorter than half a second or silent.
    """
    from d2m_cli.librosa_lock import librosa

    peak = float(np.abs(samples).max(initial=0.0))
    if len(samples) < SAMPLE_RATE // 2 or peak < 1e-4:
        raise InputError("The style music is silent or shorter than 0.5 s: choose another piece.")
    power = np.abs(librosa.stft(np.asarray(samples / peak, np.float32), n_fft=2048)) ** 2
    mel = librosa.feature.melspectrogram(S=power, sr=SAMPLE_RATE, n_mels=MEL_BANDS)
    level = np.log10(np.maximum(mel, 1e-7)) / 2.0
    level -= level.mean(axis=1).max()
    chroma = librosa.feature.chroma_stft(S=power, sr=SAMPLE_RATE, tuning=0.0, n_chroma=CHROMA)
    parts = (level.mean(1), level.std(1), chroma.mean(1), chroma.std(1))
    return np.concatenate(parts).astype(np.float32)


def _mel_hertz(mels: NDArray[np.floating]) -> NDArray[np.floating]:
    """Hertz of places on the mel scale."""
    above = np.exp(_STEP * (mels - _LINEAR_MELS))
    return _LINEAR_HERTZ * np.where(mels < _LINEAR_MELS, mels / _LINEAR_MELS, above)
