"""The whole command on 10 s of 1080p30, against decoding the same pictures once with ffmpeg.

python benchmarks/speed.py [--runs 3]
"""

import argparse
import statistics
import tempfile
from pathlib import Path

from common import looped, run_d2m, run_ffmpeg

SECONDS = 10


def main() -> None:
    """Print medians and ratios for both levels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = looped(folder, SECONDS, "1920x1080")
        for level in ("high", "low"):
            decode, whole = [], []
            for _ in range(options.runs):
                decode.append(run_ffmpeg("-i", video, "-f", "null", "-"))
                command = ("generate", video, "-o", folder / "out.mp4", "--overwrite")
                whole.append(run_d2m(*command, "--level", level).seconds)
            ratios = [w / d for w, d in zip(whole, decode, strict=True)]
            print(
                f"{level:4s}: {statistics.median(whole):.1f} s for {SECONDS} s of video "
                f"({statistics.median(whole) / SECONDS:.2f} s per s), "
                f"{statistics.median(ratios):.1f} times the decoding alone"
            )


if __name__ == "__main__":
    main()
