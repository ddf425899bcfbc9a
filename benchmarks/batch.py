"""A batch of clips in one command, against one command for each of them.

python benchmarks/batch.py [--clips 20] [--seconds 6] [--level low]
"""

import argparse
import tempfile
from pathlib import Path

from common import EXAMPLE, run_d2m, run_ffmpeg


def main() -> None:
    """Print both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--level", default="low")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clips = []
        for number in range(options.clips):
            clips.append(folder / f"clip{number}.mp4")
            part = ("-stream_loop", "-1", "-ss", str(0.1 * number), "-i", EXAMPLE)
            run_ffmpeg(*part, "-t", str(options.seconds), "-preset", "veryfast", clips[-1])
        words = ("--level", options.level, "--no-cache")
        alone = [
            run_d2m("generate", clip, "-o", folder / f"alone{clip.name}", *words) for clip in clips
        ]
        batch = run_d2m("generate", *clips, "-o", f"{folder}/batch/", *words)
        single = sum(run.seconds for run in alone)
        used = sum(run.processor_seconds for run in alone)
        print(
            f"{options.clips} clips of {options.seconds:g} s, {options.level}: single runs "
            f"{single:.1f} s ({used:.1f} of processor), batch {batch.seconds:.1f} s "
            f"({batch.processor_seconds:.1f}), ratio {batch.seconds / single:.2f} "
            f"({batch.processor_seconds / used:.2f}); peak {batch.peak_mb:.0f} MB"
        )


if __name__ == "__main__":
    main()
