"""The sound of audio and video files, read by moviepy in blocks."""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from d2m_cli.errors import InputError
from d2m_cli.ingest.probe import has_sound
from d2m_cli.media import ffmpeg_path
from d2m_cli.types import FloatArray

_BLOCK = 1 << 16


def read_sound(path: Path, rate: int) -> Iterator[FloatArray]:
    """Sound of the audio or video file at `path`, mono at `rate` (Hz), as blocks `(N,)` in -1..1.

    The blocks together last as long as the file; where its sound ends before its picture, silence
    fills the rest. Memory does not grow with the length.

    Raises `InputError` when the file cannot be opened or has no sound.
    """
    if not has_sound(path):
        raise InputError(f"{path} has no sound: give a file with some.")
    os.environ.setdefault("FFMPEG_BINARY", ffmpeg_path())
    from moviepy.audio.io.readers import FFMPEG_AudioReader

    # Its destructor asks for `proc` even where the constructor failed before it had one.
    FFMPEG_AudioReader.proc = None
    # Not AudioFileClip: its access by time gives wrong samples for blocks over half its buffer.
    try:
        reader = FFMPEG_AudioReader(
            str(path.absolute()), buffersize=_BLOCK, fps=rate, nbytes=4, nchannels=1
        )
    except (OSError, KeyError) as error:
        raise InputError(f"The sound of {path} cannot be read: check that it plays.") from error
    try:
        block = reader.buffer[: reader.n_frames]
        left = reader.n_frames
        while left:
            yield block[:, 0].astype(np.float32)
            left -= len(block)
            block = reader.read_chunk(min(_BLOCK, left))
    finally:
        reader.close()


def load_sound(path: Path, rate: int) -> FloatArray:
    """All blocks of `read_sound` in one array `(N,)`; raises what it raises."""
    return np.concatenate(list(read_sound(path, rate)))
