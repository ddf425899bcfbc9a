"""Full-band stereo originals, and what a listener of d2m would have of them: mono up to 11 kHz."""

import subprocess
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m_cli.evaluation.systems import codec_of_bundle
from d2m_cli.media import ffmpeg_path
from d2m_cli.output.finish.frames import (
    FINISHED_FRAME,
    RATE,
    band_means,
    decibels,
    power,
    spectra,
)
from d2m_cli.output.finish.network import ADDED
from d2m_cli.spec import SAMPLE_RATE, Level

Array = NDArray[np.float64]

SUFFIXES = (".flac", ".ogg", ".opus", ".mp3", ".wav", ".m4a")
PARTS = ("test", "validation", "train", "train", "train")
CLIFF = 15.0
"""dB by which a kilohertz lies under the one below it where a lossy codec ended the band."""


@dataclass(frozen=True)
class Original:
    """A stretch of a piece."""

    name: str
    middle: Array
    """`(N,)` at `RATE`: half the sum of left and right."""
    side: Array
    """`(N,)` at `RATE`: half their difference."""
    mono: Array
    """`(M,)` at `SAMPLE_RATE`: the middle without what lies above 11 kHz."""
    top: float
    """Hz at which its band ends."""

    @property
    def through_codec(self) -> bool:
        """Whether it is heard through the codec, too: every fourth piece, by its name."""
        return zlib.crc32(self.name.encode()) // len(PARTS) % 4 == 0

    @property
    def known(self) -> NDArray[np.bool_]:
        """`(B,)` bands of `ADDED` that it has."""
        return np.array(ADDED[1:]) <= self.top


def part_of(path: Path) -> str:
    """Train, validation or test: the name of a piece and of its folder decides."""
    return PARTS[zlib.crc32(f"{path.parent.name}/{path.stem}".encode()) % len(PARTS)]


def pieces(folders: Sequence[Path], parts: Sequence[str]) -> list[Path]:
    """Sound files of these parts in the folders, at any depth; no stems of composed songs."""
    files = [path for folder in folders for path in sorted(folder.rglob("*"))]
    return [
        path
        for path in files
        if path.suffix in SUFFIXES
        and path.exists()
        and (path.stem == "mix" or not (path.parent / "mix.flac").exists())
        and part_of(path) in parts
    ]


def read_originals(paths: Sequence[Path], start: float, seconds: float) -> Iterator[Original]:
    """What is full-band stereo among the pieces."""
    for path in paths:
        mono = _decode(path, start, seconds, "pan=mono|c0=0.5*c0+0.5*c1", SAMPLE_RATE, 1)
        if len(mono) < seconds * SAMPLE_RATE * 0.9 or np.abs(mono).max() < 0.05:
            continue
        left_right = _decode(path, start, seconds, "anull", RATE, 2).reshape(-1, 2)
        middle, side = left_right.mean(axis=1), (left_right[:, 0] - left_right[:, 1]) / 2
        top = _top(middle)
        if top >= ADDED[3] and decibels(side**2).mean() > -90:
            name = f"{path.parent.name}/{path.stem}"
            yield Original(name, middle, side, mono, top)


def codecs() -> dict[str, Callable[[Array], Array]]:
    """What the music passes through before it is finished."""

    def through(level: Level) -> Callable[[Array], Array]:
        reconstruct = codec_of_bundle(None, level, "cpu").reconstruct
        return lambda mono: reconstruct(mono.astype(np.float32)).astype(np.float64)

    return {"original": lambda mono: mono, **{f"codec, {one}": through(one) for one in Level}}


def framed(samples: Array, frame: int, around: int = 0) -> Array:
    """Powers `(T + 2 around, F)` of all frames of a piece; frame 0 begins half a frame early."""
    hop = frame // 2
    count = -(-len(samples) // hop) + 1
    before = (around + 1) * hop
    whole = np.pad(samples, (before, (count + around) * hop - len(samples)))
    return power(spectra(whole, frame))


def _decode(
    path: Path, start: float, seconds: float, filters: str, rate: int, channels: int
) -> Array:
    command = [ffmpeg_path(), "-v", "quiet", "-ss", str(start), "-t", str(seconds), "-i", str(path)]
    command += ["-vn", "-af", filters, "-ar", str(rate), "-ac", str(channels), "-f", "f32le", "-"]
    raw = subprocess.run(command, capture_output=True, check=False).stdout
    return np.frombuffer(raw, np.float32).astype(np.float64)


def _top(middle: Array) -> float:
    edges = np.arange(8000, 20001, 500)
    levels = decibels(band_means(framed(middle, FINISHED_FRAME), edges.tolist())).mean(axis=0)
    falls = levels[:-2] - levels[2:] > CLIFF
    return float(edges[np.argmax(falls) + 1]) if falls.any() else float(edges[-1])
