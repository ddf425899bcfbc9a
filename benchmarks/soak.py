"""Two hundred clips in one process: memory, open files, threads and temporary files must not grow.

python benchmarks/soak.py [--clips 200] [--seconds 2]
"""

import argparse
import ctypes
import gc
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from common import looped

from d2m_cli import Dance2Music


def main() -> None:
    """Print the state after the tenth clip, on the way, and after the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scratch = folder / "scratch"
        scratch.mkdir()
        tempfile.tempdir = str(scratch)
        video = looped(folder, options.seconds)
        maker = Dance2Music.from_bundle()
        states = {}
        for number in range(1, options.clips + 1):
            track = maker.generate(video, "high", seed=number, quality="draft")
            track.save(folder / "out.mp4", overwrite=True)
            del track
            if number == 10 or number % 25 == 0 or number == options.clips:
                states[number] = state(scratch)
                print(f"after {number:4d}: {states[number]}", flush=True)
        first, last = states[min(states)], states[max(states)]
        print(f"memory of the last over that of the tenth: {last['MB'] / first['MB']:.3f}")


def state(scratch: Path) -> dict[str, float]:
    """Resident megabytes, open files, threads, and files in the scratch folder, of this process.

    What the C library keeps of memory that was given back goes to the system first: how much that
    is differs from one moment to the next.
    """
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "MB": round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1),
        "open files": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "temporary files": sum(1 for _ in scratch.rglob("*")),
    }


if __name__ == "__main__":
    main()
