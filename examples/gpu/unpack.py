"""Ogg Opus files to 22050 Hz mono 16-bit arrays, beside the GPU: needs libopusfile and scipy only.

python examples/gpu/unpack.py FOLDER -o MUSIC [--libraries FOLDER]
"""

import argparse
import ctypes
import os
import sys
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

OPUS_RATE = 48000
RATIO = (147, 320)
"""22050 to 48000."""
BLOCK = 1 << 18


def libraries(folder: Path | None) -> ctypes.CDLL:
    """libopusfile, from `folder` or from the system."""
    where = "" if folder is None else f"{folder}/"
    for name in ("libogg.so.0", "libopus.so.0"):
        ctypes.CDLL(f"{where}{name}", mode=ctypes.RTLD_GLOBAL)
    opus = ctypes.CDLL(f"{where}libopusfile.so.0")
    opus.op_open_file.restype = ctypes.c_void_p
    opus.op_channel_count.argtypes = [ctypes.c_void_p, ctypes.c_int]
    opus.op_read_float.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p]
    opus.op_free.argtypes = [ctypes.c_void_p]
    return opus


def decode(path: Path, folder: Path | None) -> NDArray[np.float32]:
    """Samples `(N,)` at 48 kHz of a file."""
    opus, error = libraries(folder), ctypes.c_int()
    file = opus.op_open_file(str(path).encode(), ctypes.byref(error))
    if not file:
        raise OSError(f"{path}: opusfile's error {error.value}")
    channels = opus.op_channel_count(file, -1)
    block, parts = np.zeros(BLOCK, np.float32), []
    while (count := opus.op_read_float(file, block.ctypes.data, BLOCK, None)) > 0:
        parts.append(block[: count * channels].reshape(count, channels).mean(1))
    opus.op_free(file)
    if count < 0:
        raise OSError(f"{path}: opusfile's error {count}")
    return np.concatenate(parts)


def unpack(path: Path, root: Path, out: Path, folder: Path | None) -> str:
    """Write the samples of one file under the name that the cache gives it."""
    try:
        samples = resample_poly(decode(path, folder), *RATIO)
    except OSError as error:
        print(error, file=sys.stderr)
        return ""
    name = "__".join(path.relative_to(root).with_suffix("").parts)
    np.save(out / f"{name}.npy", np.round(samples.clip(-1, 1) * 32767).astype(np.int16))
    return name


def main() -> None:
    """Unpack a folder; see --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--libraries", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    paths = sorted(options.root.rglob("*.ogg"), key=lambda path: -path.stat().st_size)
    work = partial(unpack, root=options.root, out=options.out, folder=options.libraries)
    with Pool(os.cpu_count()) as pool:
        done = list(pool.imap_unordered(work, paths))
    print(f"{len([name for name in done if name])} of {len(done)} files", file=sys.stderr)


if __name__ == "__main__":
    main()
