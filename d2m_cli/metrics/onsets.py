"""Onset curve, tempo and beats of a piece of music, in memory that does not grow with its
spectrogram.

Convention: librosa's. The onset curve is spectral flux (Boeck and Widmer 2013, as `librosa.onset.
onset_strength`): a log-mel spectrogram (128 bands, window 2048, hop 512), its rises from frame to
frame, averaged over the bands, moved two frames later so that a frame lies on its onset. Beats are
Ellis's dynamic programming (2007, as `librosa.beat.beat_track`). Both equal librosa's own figures
for the whole piece at once; here the spectrogram and the tempogram exist one block at a time.

Metrics
-------
* `onset_curve`: onset strength over time
* `track_tempo`, `track_beats`: tempo and beats of an onset curve
* `music_beats`, `music_onsets`: beats and onsets of a piece

>>> click = np.zeros(SAMPLE_RATE, np.float32)
>>> click[SAMPLE_RATE // 2 :][:200] = np.sin(np.arange(200))
>>> music_onsets(click).round(1)
array([0.5])
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from d2m_cli.errors import InputError
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

Times = NDArray[np.float64]
"""`(B,)` seconds from the start, rising."""

HOP = 512
WINDOW = 2048
CURVE_RATE = SAMPLE_RATE / HOP
"""Onset curve samples per second (43.07)."""

_BLOCK = 1024 * HOP
_TEMPOGRAM_WINDOW = 384
_TEMPOGRAM_BLOCK = 1024
_POWER_FLOOR = 1e-10
_DYNAMIC_RANGE = 80.0


def onset_curve(
    source: Path | FloatArray,
    aggregate: Literal["mean", "median"] = "mean",
    dynamic_range: float = _DYNAMIC_RANGE,
) -> FloatArray:
    """Onset strength `(T_env,)` at `CURVE_RATE` of samples `(N,)` or of a WAV file, mono,
    `SAMPLE_RATE`.

    `aggregate` over the mel bands: the mean serves onset detection, the median beat tracking
    (librosa's own defaults). What lies `dynamic_range` dB under the loudest is silence. No samples
    give one frame of zero. Raises `InputError` for a file of another rate and for samples that are
    not finite.
    """
    peak = max(float(mel.max()) for mel in _mel_blocks(source))
    floor = 10.0 * np.log10(max(peak, _POWER_FLOOR)) - dynamic_range
    combine = np.mean if aggregate == "mean" else np.median
    flux = []
    last: FloatArray | None = None
    for mel in _mel_blocks(source):
        level = np.maximum(10.0 * np.log10(np.maximum(mel, _POWER_FLOOR)), floor)
        before = level[:, :1] if last is None else last
        rises = np.diff(level, axis=1, prepend=before)
        flux.append(combine(np.maximum(rises, 0.0), axis=0))
        last = level[:, -1:]
    curve = np.concatenate(flux)
    delay = WINDOW // (2 * HOP)
    return np.pad(curve, (delay, 0))[: len(curve)].astype(np.float32)


def track_tempo(curve: FloatArray) -> float:
    """Tempo in beats per minute of a median onset curve `(T_env,)`; 0 without any onset."""
    from d2m_cli.librosa_lock import librosa

    if not np.any(curve):
        return 0.0
    tempogram = _mean_tempogram(curve)
    return float(librosa.feature.tempo(tg=tempogram, sr=SAMPLE_RATE, hop_length=HOP)[0])


def track_beats(curve: FloatArray) -> tuple[float, Times]:
    """Tempo in beats per minute and beats `(B,)` of a median onset curve `(T_env,)`.

    With librosa's hop, as published figures are taken; `data.cache.music_beats.track_fine_beats` is
    the finer tracker of training pairs. A curve without any onset has tempo 0 and no beats. The
    first call takes seconds: librosa compiles its tracker.
    """
    from d2m_cli.librosa_lock import beat_track

    tempo = track_tempo(curve)
    if not tempo:
        return 0.0, np.zeros(0)
    _, beats = beat_track(
        onset_envelope=curve, sr=SAMPLE_RATE, hop_length=HOP, bpm=tempo, units="time"
    )
    return tempo, np.asarray(beats, dtype=np.float64)


def music_beats(source: Path | FloatArray) -> Times:
    """Beats `(B,)` in seconds of samples `(N,)` or of a WAV file, mono, `SAMPLE_RATE`."""
    return track_beats(onset_curve(source, "median"))[1]


def music_onsets(source: Path | FloatArray) -> Times:
    """Onsets `(B,)` in seconds by librosa's defaults, of samples or a WAV file as `music_beats`."""
    from d2m_cli.librosa_lock import librosa

    onsets = librosa.onset.onset_detect(
        onset_envelope=onset_curve(source), sr=SAMPLE_RATE, hop_length=HOP, units="time"
    )
    return np.asarray(onsets, dtype=np.float64)


def _blocks(source: Path | FloatArray) -> Iterator[FloatArray]:
    """The samples in blocks of at most `_BLOCK`."""
    if isinstance(source, Path):
        import soundfile

        with soundfile.SoundFile(source) as file:
            if file.samplerate != SAMPLE_RATE or file.channels != 1:
                raise InputError(
                    f"{source.name} has {file.channels} channels at {file.samplerate} Hz: "
                    f"convert it to mono at {SAMPLE_RATE} Hz."
                )
            yield from file.blocks(_BLOCK, dtype="float32")
    else:
        for start in range(0, len(source), _BLOCK):
            yield np.asarray(source[start : start + _BLOCK], dtype=np.float32)


def _mel_blocks(source: Path | FloatArray) -> Iterator[FloatArray]:
    """Mel power `(128, F)` of consecutive frames; frame `i` is centred on sample `i * HOP`."""
    from d2m_cli.librosa_lock import librosa

    edge = np.zeros(WINDOW // 2, dtype=np.float32)
    rest = edge
    for block in chain(_blocks(source), [edge]):
        if not np.isfinite(block).all():
            raise InputError("The audio has samples that are not numbers: check the file.")
        rest = np.concatenate([rest, block])
        frames = (len(rest) - WINDOW) // HOP + 1
        if frames > 0:
            yield librosa.feature.melspectrogram(
                y=rest[: (frames - 1) * HOP + WINDOW],
                sr=SAMPLE_RATE,
                n_fft=WINDOW,
                hop_length=HOP,
                center=False,
            )
            rest = rest[frames * HOP :]


def _mean_tempogram(curve: FloatArray) -> NDArray[np.float64]:
    """Autocorrelation tempogram averaged over time, `(384, 1)`."""
    from d2m_cli.librosa_lock import librosa

    margin = _TEMPOGRAM_WINDOW // 2
    total = np.zeros(_TEMPOGRAM_WINDOW)
    for start in range(0, len(curve), _TEMPOGRAM_BLOCK):
        stop = min(start + _TEMPOGRAM_BLOCK, len(curve))
        left = max(0, start - margin)
        piece = librosa.feature.tempogram(
            onset_envelope=curve[left : stop + margin],
            sr=SAMPLE_RATE,
            hop_length=HOP,
            win_length=_TEMPOGRAM_WINDOW,
        )
        total += piece[:, start - left : stop - left].sum(axis=1)
    return (total / len(curve))[:, np.newaxis]
