"""Everything a GPU without this project's other packages needs for training, but for the sound.

Reads the caches that `d2m prepare` made and writes one small file; `unpack.py` decodes the sound
beside the GPU.

python examples/gpu/pack.py --music cache/music --dances cache/dances -o packed.npz
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m_cli.data.cache.manifest import CachedPiece, read_manifest
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.data.pairs.examples import Pairs, PairSettings
from d2m_cli.features.i3d import VisualSettings
from d2m_cli.features.style import SECONDS as STYLE_SECONDS
from d2m_cli.features.style import style_vector
from d2m_cli.librosa_lock import librosa
from d2m_cli.losses.reconstruction import RESOLUTIONS
from d2m_cli.sketch.drums import _strokes
from d2m_cli.spec import SAMPLE_RATE

Arrays = dict[str, NDArray[Any]]
MOTION_UNIT = 32.0
"""Motion is kept in whole steps of one part in so many."""
PLAIN = PairSettings(no_motion=0.0, no_visual=0.0, no_style=0.0, phase_error=0.0)


def music(cache: Path, entries: list[CachedPiece]) -> Arrays:
    """Sketches, beats and styles of all pieces, joined; `*_count` tells how many rows each has."""
    rows: dict[str, list[NDArray[Any]]] = {}
    for entry in entries:
        file = PieceFile(cache, entry)
        found = {
            "samples_count": np.array([file.whole("audio").shape[0]]),
            "phase": file.whole("phase"),
            "confidence": file.whole("confidence"),
            "beats": file.whole("beats"),
            "pitch": file.whole("partial_pitch").T,
            "level": file.whole("partial_level").T,
            "partial_phase": file.whole("partial_phase").T,
            "tuning": file.whole("tuning"),
            "drum_onsets": file.whole("drum_onsets").T,
            "styles": styles(file, entry),
        }
        for name, array in found.items():
            rows.setdefault(name, []).append(array)
            if not name.endswith("_count"):
                rows.setdefault(f"{name}_count", []).append(np.array([len(array)]))
    return {name: np.concatenate(parts) for name, parts in rows.items()}


def styles(file: PieceFile, entry: CachedPiece) -> NDArray[np.float16]:
    """Style vectors of consecutive windows of a piece."""
    samples = file.whole("audio").astype(np.float32) / 32768.0
    length = int(STYLE_SECONDS * SAMPLE_RATE)
    starts = range(0, max(1, len(samples) - length + 1), length)
    loud = [s for s in starts if np.abs(samples[s : s + length]).max() > 1e-3] or [0]
    return np.stack([style_vector(samples[s : s + length]) for s in loud]).astype(np.float16)


def joined(parts: list[Arrays]) -> Arrays:
    """Arrays of several sets, one behind the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def dances(cache: Path, motions: Path, names: list[str], split: str, count: int) -> Arrays:
    """Motions that belong to stretches of two seconds of music: draws of the training data."""
    settings = PairSettings(**{**vars(PLAIN), "music": cache, "dances": motions})
    pairs = Pairs(settings, VisualSettings(size=64), split, 2.0, seed=1)
    motion, piece, begin = [], [], []
    for number in range(count):
        sample = pairs.dataset[number]
        motion.append((sample.motion * MOTION_UNIT).round().clip(-127, 127))
        piece.append(names.index(pairs.dataset.entries[sample.segment.piece].name))
        begin.append(sample.segment.begin)
    return {
        f"{split}_motion": np.stack(motion).astype(np.int8),
        f"{split}_piece": np.array(piece, np.int16),
        f"{split}_begin": np.array(begin, np.int32),
    }


def main() -> None:
    """Write the packed file; see --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--music", type=Path, nargs="+", default=[Path("cache/music")], help="one cache or more"
    )
    parser.add_argument("--dances", type=Path, default=Path("cache/dances"))
    parser.add_argument("--pictures", type=Path, help="visual vectors of real clips, .npy")
    parser.add_argument("--segments", type=int, default=10000)
    parser.add_argument("-o", "--out", type=Path, required=True)
    options = parser.parse_args()
    caches = {cache: list(read_manifest(cache).entries) for cache in options.music}
    entries = [entry for found in caches.values() for entry in found]
    names = [entry.name for entry in entries]
    arrays = joined([music(cache, found) for cache, found in caches.items()])
    for split, count in (("train", options.segments), ("validation", 96), ("test", 96)):
        each = -(-count // len(caches))
        arrays |= joined([dances(cache, options.dances, names, split, each) for cache in caches])
    arrays["names"] = np.array(names)
    arrays["splits"] = np.array([entry.split for entry in entries])
    arrays["strokes"] = _strokes()
    for resolution in RESOLUTIONS:
        n_fft, bands = resolution.n_fft, resolution.bands
        arrays[f"mel_{n_fft}_{bands}"] = librosa.filters.mel(
            sr=SAMPLE_RATE, n_fft=n_fft, n_mels=bands
        )
    if options.pictures:
        arrays["pictures"] = np.load(options.pictures)
    np.savez_compressed(options.out, **arrays)
    seconds = sum(arrays["samples_count"]) / SAMPLE_RATE
    print(f"{len(names)} pieces, {seconds / 3600:.1f} h, {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
