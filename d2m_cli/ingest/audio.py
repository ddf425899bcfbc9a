"""The music of a sound file or a video, whole, on the clock of the picture."""

from pathlib import Path

import av
import numpy as np

from d2m_cli.errors import InputError
from d2m_cli.ingest.sound import load_sound
from d2m_cli.media import picture_stream, sound_track
from d2m_cli.pcm import Int16Array, to_int16
from d2m_cli.spec import SAMPLE_RATE


def load_music(path: Path) -> Int16Array:
    """Samples `(N,)` of the sound of `path`, mono int16 at `SAMPLE_RATE`.

    Sample 0 lies at the first picture of a video (often some milliseconds from the first sound: a
    beat's place depends on it), or at the start of a file without pictures.

    Raises `InputError` when the file cannot be read or has no sound.
    """
    samples = load_sound(path, SAMPLE_RATE)
    shift = round(_sound_start(path) * SAMPLE_RATE)
    samples = np.pad(samples, (shift, 0)) if shift > 0 else samples[-shift:]
    if not len(samples):
        raise InputError(f"{path} holds no sample of sound.")
    return to_int16(samples)


def _sound_start(path: Path) -> float:
    """Seconds from the first picture to the first sound; 0 without pictures."""
    track = sound_track(path)
    with av.open(str(path.absolute())) as container:
        picture = picture_stream(container)
        sound = container.streams[track.index] if track else None
        starts = [
            float(stream.start_time * stream.time_base)
            for stream in (sound, picture)
            if stream and stream.start_time is not None and stream.time_base is not None
        ]
    return starts[0] - starts[1] if len(starts) == 2 else 0.0
