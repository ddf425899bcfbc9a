"""The whole command on 10 s of 1080p30, against decoding the same pictures once with ffmpeg; and
parts of it in seconds per second: features to waveform, and the visual encoder.

python benchmarks/speed.py [--runs 3]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from common import looped, run_d2m, run_ffmpeg

from d2m_cli.bundles.bundle import load_bundle
from d2m_cli.features.i3d import I3DExtractor
from d2m_cli.generation.d2m import D2MMaker
from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.video import read_frames
from d2m_cli.spec import Level

SECONDS = 10


def best_of_three(work: Callable[[], object]) -> float:
    """Fewest seconds of three runs, after one to warm up."""
    work()
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def parts(video: Path) -> None:
    """Print what the networks take, the dance being analyzed already."""
    maker = D2MMaker(load_bundle(), "auto")
    clip = probe(video)
    frames = list(read_frames(clip))
    dance, _ = maker.analyze(clip)
    style = maker.pick_style(dance, seed=0)

    def see() -> None:
        encoder = I3DExtractor(maker.visual_settings, maker.i3d_features)
        for frame in frames:
            encoder.add(frame)
        encoder.visual()

    def sound(level: Level) -> list[object]:
        return list(maker.decode(maker.sample_codes(dance, level, style, 0), clip.seconds))

    print(f"visual encoder: {best_of_three(see) / clip.seconds:.3f} s per s")
    for level in Level:
        seconds = best_of_three(lambda level=level: sound(level))
        print(f"features to waveform, {level}: {seconds / clip.seconds:.3f} s per s")


def main() -> None:
    """Print medians and ratios for both levels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        video = looped(folder, SECONDS, "1920x1080")
        parts(video)
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
