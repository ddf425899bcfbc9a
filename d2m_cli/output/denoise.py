"""Spectral gating of the generated music (paper 4.1: noisereduce, Sainburg et al.), block by block.

The settings are gentler than noisereduce's own, which are made for speech: those take 35 dB from
music itself. Measured on the bundle's music in all its styles (`benchmarks/music.py`): the floor
lies at -45 dB or lower. A gentler gate (22 dB) leaves -43, with a distance to real music of 23.2
(low) where these settings have 23.3.
"""

from pathlib import Path

import numpy as np
import soundfile

from d2m_cli.output.places import finished_file
from d2m_cli.progress import Progress, Step, silent
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.types import FloatArray

BLOCK = 20 * SAMPLE_RATE
MARGIN = 6 * SAMPLE_RATE
"""Context on either side: three times the gate's time constant, so that a block's place in the
piece cannot be heard."""
_FADE = SAMPLE_RATE // 50

_DITHER = 1e-8
"""Keeps the gate from dividing zero by zero in digital silence."""


def denoise(path: Path, out: Path, progress: Progress = silent) -> None:
    """Gate the mono WAV at `path` into the float WAV `out` of the same length.

    Works through blocks of 20 s, so memory does not grow with the piece. `progress` is
    called with the samples done and those in all.

    Raises `OutputError` when `out` cannot be written.
    """
    with (
        soundfile.SoundFile(path) as source,
        finished_file(out) as draft,
        soundfile.SoundFile(draft, "w", source.samplerate, channels=1, subtype="FLOAT") as sink,
    ):
        total = source.frames
        tail = np.zeros(0, dtype=np.float32)
        for start in range(0, total, BLOCK):
            gated = _gated_part(source, start, min(start + BLOCK + _FADE, total))
            fade = np.linspace(0, 1, len(tail), dtype=np.float32)
            gated[: len(tail)] = tail + fade * (gated[: len(tail)] - tail)
            sink.write(gated[:BLOCK])
            tail = gated[BLOCK:]
            progress(Step.POSTPROCESS, min(start + BLOCK, total), total)


def gate(samples: FloatArray, rate: int = SAMPLE_RATE) -> FloatArray:
    """Samples `(N,)` with what lies under 0.85 of each frequency's running mean 28 dB lower."""
    import noisereduce

    dither = np.random.default_rng(0).standard_normal(len(samples)).astype(np.float32)
    gated: FloatArray = noisereduce.reduce_noise(
        y=samples + _DITHER * dither,
        sr=rate,
        prop_decrease=0.96,
        thresh_n_mult_nonstationary=-0.15,
        freq_mask_smooth_hz=100,
        time_constant_s=2.0,
        chunk_size=len(samples),
    )
    return gated


def _gated_part(source: soundfile.SoundFile, start: int, end: int) -> FloatArray:
    """Samples `start` to `end` of the gated sound, heard with their surroundings."""
    low = max(0, start - MARGIN)
    source.seek(low)
    heard = source.read(end + MARGIN - low, dtype="float32")
    return gate(heard, source.samplerate)[start - low : end - low]
