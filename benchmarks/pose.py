"""Milliseconds that the pose takes a picture, by door and threads; and how alike the doors are.

Both doors look at the same pictures of the example, every one of them. Wall time is what passes,
processor time what all threads take together: where it is more, threads work or spin beside. With
videos, the distance of landmarks in their first 60 pictures is printed instead.

python benchmarks/pose.py [VIDEO ...] [--pictures 120] [--runs 3]
"""

import argparse
import statistics
import time
from itertools import islice
from pathlib import Path

import numpy as np
from common import EXAMPLE

from d2m_cli.features.pose.doors import Door
from d2m_cli.features.pose.estimator import PoseEstimator, PoseOptions
from d2m_cli.features.pose.networks import litert
from d2m_cli.ingest.probe import probe
from d2m_cli.ingest.video import read_frames
from d2m_cli.types import FloatArray, FrameArray


def run(frames: list[FrameArray], door: Door) -> tuple[float, float, float]:
    """Milliseconds until the first picture is done; wall and processor time of a later one."""
    begin = time.perf_counter()
    with PoseEstimator(30.0, PoseOptions(door, stride=1)) as pose:
        pose.add(frames[0])
        first = time.perf_counter() - begin
        wall, processor = time.perf_counter(), time.process_time()
        for frame in frames[1:]:
            pose.add(frame)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return tuple(1000.0 * s for s in (first, wall / len(frames[1:]), processor / len(frames[1:])))


def look(frames: list[FrameArray], door: Door) -> FloatArray:
    """Landmarks `(T, 33, 4)` in heights of the picture."""
    with PoseEstimator(30.0, PoseOptions(door, stride=1)) as pose:
        for frame in frames:
            pose.add(frame)
        return pose.landmarks().points


def distance(points: FloatArray, others: FloatArray) -> float:
    """Median distance of landmarks in percent of the body's height."""
    height = np.nanmedian(np.ptp(others[..., 1], axis=1))
    return float(100 * np.nanmedian(np.linalg.norm((points - others)[..., :2], axis=-1)) / height)


def compare(videos: list[Path]) -> None:
    """Print how far the doors are apart, and MediaPipe from itself."""
    for video in videos:
        frames = list(islice(read_frames(probe(video)), 60))
        mediapipe, again = (look(frames, Door.MEDIAPIPE) for _ in range(2))
        apart = distance(look(frames, Door.LITERT), mediapipe)
        print(
            f"{video.name}: doors {apart:.2f} %, MediaPipe twice {distance(again, mediapipe):.2f} %"
        )


def main() -> None:
    """Print a row for each door that is here, and for LiteRT with two threads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", type=Path, nargs="*")
    parser.add_argument("--pictures", type=int, default=120)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    if options.videos:
        compare(options.videos)
        return
    frames = list(islice(read_frames(probe(EXAMPLE)), options.pictures))
    rows = [(door, 1) for door in Door if door.version] + [(Door.LITERT, 2)]
    print("door, threads: first picture with loading, then a picture: wall, processor (ms)")
    for door, threads in rows:
        litert.THREADS = threads
        runs = [run(frames, door) for _ in range(options.runs)]
        first, wall, processor = (statistics.median(column) for column in zip(*runs, strict=True))
        told = "its own" if door is Door.MEDIAPIPE else threads
        print(f"{door}, {told}: {first:.0f}, {wall:.1f}, {processor:.1f}")


if __name__ == "__main__":
    main()
