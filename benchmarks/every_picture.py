"""What the rhythm gains from a look at every picture instead of every second one.

python benchmarks/every_picture.py VIDEO...

Lift is that of clicks at the pulse, on dance beats of the motion that every picture gives. The
distance of joints is the median between both, in percent of the distance from hips to shoulders.
"""

import argparse
from pathlib import Path

import numpy as np

from d2m_cli.analysis.video import read_motion
from d2m_cli.features.motion import joint_positions, joint_speed
from d2m_cli.features.pose.estimator import STRIDE, PoseOptions
from d2m_cli.features.rhythm import estimate_rhythm
from d2m_cli.ingest.probe import probe
from d2m_cli.metrics.alignment import alignment_lift, kinematic_beats
from d2m_cli.metrics.statistics import margin


def main() -> None:
    """Print a row for each video, and the mean difference of the lifts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", type=Path, nargs="+")
    differences = []
    for video in parser.parse_args().videos:
        clip = probe(video)
        motions = [read_motion(clip, pose=PoseOptions(stride=step)) for step in (1, STRIDE)]
        every, second = (estimate_rhythm(motion) for motion in motions)
        positions = [joint_positions(motion) for motion in motions]
        speed = joint_speed(positions[0], motions[0].rate)
        steps = kinematic_beats(speed, motions[0].rate)
        lifts = [alignment_lift(steps, r.beats, clip.seconds) for r in (every, second)]
        length = min(map(len, positions))
        apart = np.linalg.norm(positions[0][:length] - positions[1][:length], axis=-1)
        told = ", ".join("none" if lift is None else f"{lift:.2f}" for lift in lifts)
        if None not in lifts:
            differences.append(float(lifts[0]) - float(lifts[1]))
        print(
            f"{video.name}: every picture {every.bpm:.1f} bpm, every {STRIDE}. {second.bpm:.1f}; "
            f"lift {told}; joints {100 * np.median(apart):.1f} %",
            flush=True,
        )
    print(f"lift gained: {np.mean(differences):.3f} ± {margin(differences):.3f}")


if __name__ == "__main__":
    main()
