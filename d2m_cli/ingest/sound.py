"""The sound of audio and video files, read by moviepy in blocks."""

import errno
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from d2m_cli.errors import InputError
from d2m_cli.ingest.probe import has_sound
from d2m_cli.media import ffmpeg_path, sound_track
from d2m_cli.types import FloatArray

_BLOCK = 1 << 16


def read_sound(path: Path, rate: int) -> Iterator[FloatArray]:
    """Sound of the audio or video file at `path`, mono at `rate` (Hz), as blocks `(N,)` in -1..1.

    The blocks together last as long as the file; where its sound ends before its picture, silence
    fills the rest. Memory does not grow with the length. Of several sound tracks the first that can
    be decoded is read.

    Raises `InputError` when the file cannot be opened or has no sound, `OSError` when the temporary
    folder is full.
    """
    if not has_sound(path):
        raise InputError(f"{path} has no sound that can be decoded: give a file with some.")
    track = sound_track(path)
    assert track is not None
    if track.alone:
        yield from _read_alone(path, rate, named=path)
        return
    with tempfile.TemporaryDirectory(prefix=f"d2m-{os.getpid()}-") as folder:
        # moviepy leaves the choice of the track to ffmpeg, which takes one it cannot decode.
        chosen = Path(folder) / "sound.wav"
        command = [ffmpeg_path(), "-v", "error", "-nostdin", "-i", str(path.absolute())]
        command += ["-map", f"0:{track.index}", "-c:a", "pcm_f32le", str(chosen)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if os.strerror(errno.ENOSPC).encode() in done.stderr:  # ffmpeg 5.1 ends with 0 all the same
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), tempfile.gettempdir())
        yield from _read_alone(chosen, rate, named=path)


def _read_alone(path: Path, rate: int, named: Path) -> Iterator[FloatArray]:
    """The blocks of a file with one sound track; messages name `named`."""
    os.environ["FFMPEG_BINARY"] = ffmpeg_path()
    from moviepy.audio.io.readers import FFMPEG_AudioReader

    # Its destructor asks for `proc` even where the constructor failed before it had one.
    FFMPEG_AudioReader.proc = None
    # Not AudioFileClip: its access by time gives wrong samples for blocks over half its buffer.
    try:
        reader = FFMPEG_AudioReader(
            str(path.absolute()), buffersize=_BLOCK, fps=rate, nbytes=4, nchannels=1
        )
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"The sound of {named} cannot be read: check that it plays.") from error
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
