"""Peak memory for ten minutes of video against one minute: it must not grow with the length.

python benchmarks/memory.py [--level low]
"""

import argparse
import tempfile
from pathlib import Path

from common import looped, run_d2m


def main() -> None:
    """Print both peaks and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--level", default="low")
    parser.add_argument("--seconds", type=int, nargs=2, default=(60, 600))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = []
        for seconds in options.seconds:
            video = looped(folder, seconds)
            run = run_d2m(
                "generate", video, "-o", folder / f"{seconds}.mp4", "--level", options.level
            )
            runs.append(run)
            print(f"{seconds:5d} s: peak {run.peak_mb:.0f} MB, {run.seconds / seconds:.2f} s per s")
    print(f"ratio of the peaks: {runs[1].peak_mb / runs[0].peak_mb:.3f}")


if __name__ == "__main__":
    main()
