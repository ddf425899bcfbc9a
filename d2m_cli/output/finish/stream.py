"""Finishes music block by block: copies its treble up, parts its sides, and keeps its loudness.

The band that is missing is the band below it, moved up and brought to the levels that the network
tells. The side, half the difference of left and right, is the music through a short filter that
makes it unlike itself, without what lies below 200 Hz. So the mean of left and right is the music
with its new band, and nothing else.

Letters as in `frames.py`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from d2m_cli import ahead
from d2m_cli.output.audio import Delivery, level_loudness, measure_loudness
from d2m_cli.output.finish.frames import (
    FINISHED_FRAME,
    FRAME,
    RATE,
    Array,
    across_bins,
    band_means,
    bin_of,
    decibels,
    power,
    spectra,
)
from d2m_cli.output.finish.network import (
    ADDED,
    APART,
    CONTEXT,
    Network,
    inputs,
    load_network,
    treble,
)
from d2m_cli.output.places import finished_file, scratch_folder

BLOCK = 192
"""Frames that are worked on at once: 2.6 s."""

HOP, FINISHED_HOP = FRAME // 2, FINISHED_FRAME // 2
_LEAD = 3
"""Half frames by which the first one's buffer begins before the music."""

_JOIN = (bin_of(10500), bin_of(10950))
"""Bins over which the music gives way to the new band."""
MOVED = ((bin_of(10500), bin_of(15800), 288), (bin_of(15800), bin_of(20000), 512))
"""First and last bin of what is copied up, and by how many bins: multiples of 4, which leave the
phases of neighbouring frames as they are."""
_TOP = (bin_of(19300), bin_of(20000))
_NEW = slice(_JOIN[0], _TOP[1])
_BASS = (bin_of(180), bin_of(260))

_LOUDEST = 15.0
"""dB: a copy is raised by no more."""

_QUIET = 1e-7
"""Mean square of a frame, -70 dB, at which what is added has half its amplitude."""


def finish(wav: Path, out: Path) -> None:
    """Write the mono WAV `wav`, at `SAMPLE_RATE`, as 16-bit stereo at `RATE`, as loud as it is.

    Memory does not grow with the piece. True peaks stay under the ceiling of `level_loudness`.

    Raises `OutputError` when `out` cannot be written.
    """
    loudness = ahead.begin(lambda: measure_loudness(wav))
    with scratch_folder() as folder:
        wide = Path(folder) / "wide.wav"
        with (
            soundfile.SoundFile(wav) as source,
            finished_file(wide) as draft,
            soundfile.SoundFile(draft, "w", RATE, 2, "FLOAT", format="RF64") as sink,
        ):
            for block in finished_blocks(source):
                sink.write(block)
        level_loudness(wide, out, Delivery(loudness.result().lufs), RATE)


def finished_blocks(
    source: soundfile.SoundFile, block: int = BLOCK, network: Network | None = None
) -> Iterator[NDArray[np.float32]]:
    """Left and right `(N, 2)` at `RATE` of a mono sound file at `SAMPLE_RATE`, not levelled.

    Works on `block` frames at a time; the result is the same for every number.
    """
    network = network or load_network()
    shapes = _shapes(network.spread)
    total = -(-source.frames // HOP) + 1
    length = round(source.frames * FINISHED_FRAME / FRAME)
    tail = np.zeros((2, 3, FINISHED_HOP))
    written, skipped = 0, _LEAD * FINISHED_HOP // 2
    for first in range(0, total, block):
        count = min(block, total - first)
        heard = _read(source, first - CONTEXT, count + 2 * CONTEXT)
        buffers = _two_sides(spectra(heard), network, shapes).reshape(2, count, 4, FINISHED_HOP)
        sound = np.zeros((2, count + 3, FINISHED_HOP))
        sound[:, :3] = tail
        for part in range(4):
            sound[:, part : part + count] += buffers[:, :, part]
        tail = sound[:, count:]
        done = sound if first + count == total else sound[:, :count]
        left_right = np.stack([done[0] + done[1], done[0] - done[1]], axis=-1).reshape(-1, 2)
        ready = left_right[skipped:][: length - written].astype(np.float32)
        skipped = max(0, skipped - len(left_right))
        written += len(ready)
        yield ready


def _read(source: soundfile.SoundFile, first: int, count: int) -> NDArray[np.float64]:
    """Samples of frames `first` to `first + count - 1`; frame 0 begins `HOP` before the music."""
    begin, end = (first - 1) * HOP, (first + count) * HOP
    source.seek(min(max(begin, 0), source.frames))
    found = source.read(max(min(end, source.frames) - max(begin, 0), 0))
    before = min(max(-begin, 0), end - begin)
    return np.pad(found, (before, end - begin - before - len(found)))


class _Shapes(NamedTuple):
    """What the bins `(F,)` of every frame are multiplied by."""

    kept: Array
    """Of the music."""
    new: Array
    """Of the band that is copied, from the first bin of `_JOIN` to the last of `_TOP`."""
    levels: Array
    """`(B, F)`: from the bands of `ADDED` to the same bins."""
    parted: Array
    """Of the side."""
    ratios: Array
    """`(B, F)`: from the bands of `APART` to all bins."""
    spread: NDArray[np.complex128]
    """Of the side: the filter."""


def _shapes(spread: Array) -> _Shapes:
    bins = np.arange(FINISHED_FRAME + 1)
    kept, rising = _crossing(bins, *_JOIN)
    falling, _ = _crossing(bins, *_TOP)
    _, parted = _crossing(bins, *_BASS)
    filtered = np.fft.rfft(spread, 2 * FINISHED_FRAME)
    levels = across_bins(ADDED, _NEW.stop - _NEW.start, _NEW.start)
    ratios = across_bins(APART, len(bins))
    return _Shapes(kept, (rising * falling)[_NEW], levels, parted, ratios, filtered)


def _crossing(bins: NDArray[np.int_], first: int, last: int) -> tuple[Array, Array]:
    """Amplitudes that fall and rise between two bins, of equal power together."""
    share = ((bins - first) / (last - first)).clip(0.0, 1.0)
    angle = np.pi / 2 * np.sin(np.pi / 2 * share) ** 2
    return np.cos(angle), np.sin(angle)


def _two_sides(spectrum: NDArray[np.complex128], network: Network, shapes: _Shapes) -> Array:
    """Middle and side `(2, T, 2 FINISHED_FRAME)` of the inner frames of `(T + 2 CONTEXT, F)`."""
    heard = power(spectrum)
    told, inner = inputs(heard), slice(CONTEXT, len(spectrum) - CONTEXT)
    loud = heard[inner].mean(axis=1, keepdims=True)
    soft = loud / (loud + _QUIET)
    middle = np.zeros((len(told), FINISHED_FRAME + 1), np.complex128)
    middle[:, : FRAME + 1] = spectrum[inner]
    copied = np.zeros_like(middle)
    for first, last, moved in MOVED:
        copied[:, first:last] = middle[:, first - moved : last - moved]
    wanted = treble(heard)[inner, None] + network.added(told)
    raised = (wanted - decibels(band_means(power(copied), ADDED))).clip(max=_LOUDEST)
    middle *= shapes.kept
    middle[:, _NEW] += copied[:, _NEW] * (soft * shapes.new * _amplitude(raised @ shapes.levels))
    ratio = _amplitude(network.apart(told) @ shapes.ratios)
    side = middle * (soft * shapes.parted * ratio) * shapes.spread
    sound: Array = np.fft.irfft(np.stack([middle, side])) * (FINISHED_FRAME / FRAME)
    return sound


def _amplitude(level: Array) -> Array:
    """What levels in dB multiply amplitudes by."""
    found: Array = np.exp(level * (np.log(10) / 20))
    return found
