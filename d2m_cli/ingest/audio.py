"""Sound files and the sound of videos -> mono samples at `SAMPLE_RATE`."""

from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from d2m_cli.errors import InputError
from d2m_cli.spec import SAMPLE_RATE

Int16Array = NDArray[np.int16]


def read_audio(path: Path) -> Int16Array:
    """Samples `(N,)` of the first sound stream, mono int16 at `SAMPLE_RATE`.

    Sample 0 lies at the first picture of a video, or at the start of a file without pictures: sound
    that begins later is padded with silence, sound before it is cut.

    Raises `InputError` when the file cannot be read, has no sound, or holds no sample.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise InputError(f"{path} has no sound: give a file with music.")
            samples, begin = _decode(container)
    except (av.error.FFmpegError, OSError) as error:
        raise InputError(f"{path} cannot be read as sound ({error}).") from error
    if not samples:
        raise InputError(f"{path} holds no sample of sound.")
    joined = np.concatenate(samples)
    shift = round(begin * SAMPLE_RATE)
    return np.pad(joined, (shift, 0)) if shift > 0 else joined[-shift:]


def _decode(container: "av.container.InputContainer") -> tuple[list[Int16Array], float]:
    """Resampled chunks, and the time of their first sample from the first picture (s)."""
    stream = container.streams.audio[0]
    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    begin: float | None = None
    chunks: list[Int16Array] = []
    for frame in container.decode(stream):
        if begin is None:
            begin = _offset(container, frame)
        frame.pts = None
        chunks += [part.to_ndarray()[0] for part in resampler.resample(frame)]
    chunks += [part.to_ndarray()[0] for part in resampler.resample(None)]
    return chunks, begin or 0.0


def _offset(container: "av.container.InputContainer", frame: AudioFrame) -> float:
    if not container.streams.video or frame.time is None:
        return 0.0
    picture = container.streams.video[0]
    if picture.start_time is None or picture.time_base is None:
        return 0.0
    return float(frame.time - picture.start_time * picture.time_base)
