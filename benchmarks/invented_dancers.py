"""Dancers that nobody danced: limbs that go from pose to pose in time, each in its own way.

Their limbs are not in step with one another, poses come a little early or late and differ from
round to round, so that the rests of the body show the beat no better than on films of street dance.

    python benchmarks/invented_dancers.py -o FOLDER [--count 60]

writes such dances as `d2m prepare motion FOLDER` reads them: motion to train with that belongs to
nobody.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from d2m_cli.data.pairs.augment import degrade
from d2m_cli.data.skeletons.joints import DANCE_WITH_MELODY, PLACE
from d2m_cli.evaluation.rhythm_report import CAMERA, KnownDance
from d2m_cli.spec import MOTION_RATE, SAMPLE_RATE

Array = NDArray[np.float64]

RIGHT_HALF = {
    "shoulder": (0.3, -1.0), "elbow": (0.45, -0.55), "wrist": (0.5, -0.1), "hip": (0.2, 0.0),
    "knee": (0.22, 0.8), "ankle": (0.25, 1.6), "heel": (0.22, 1.68), "foot_index": (0.35, 1.7),
}  # fmt: skip
"""Torsos from the middle of the hips, y down."""

LIMBS = {
    "arm": (("elbow", 0.35), ("wrist", 0.6)),
    "leg": (("knee", 0.12), ("ankle", 0.25), ("heel", 0.25), ("foot_index", 0.25)),
}
"""How far each joint goes, torsos."""

DEPTHS = {"heel": -0.1, "foot_index": 0.35}
"""How far in front of the body a joint lies, torsos."""

DEEPER = 0.5
"""How far a joint that goes to the side goes to the front, too: a share."""

MELODY_JOINTS = 23
TORSO_METRES = 0.5

UPPER = [place for name, place in PLACE.items() if name.split("_")[-1] in
         ("nose", "shoulder", "elbow", "wrist", "hip")]  # fmt: skip


@dataclass(frozen=True)
class Movement:
    """Of one body, seen from the front."""

    body: Array
    """`(T, J, 2)` at `MOTION_RATE`, torsos, x to the dancer's left, y down."""
    bpm: float
    beats: Array
    """`(B,)` seconds."""


def move(random: Generator, seconds: float, slowest: float, fastest: float) -> Movement:
    """Somebody who dances at a tempo between the two, evenly drawn on a scale of octaves."""
    bpm = slowest * (fastest / slowest) ** random.uniform()
    times = np.arange(round(seconds * MOTION_RATE)) / MOTION_RATE
    phase = times * bpm / 60.0 + random.uniform(0, 8)
    apart = random.uniform(0, 0.35)
    late, vary = random.uniform(0.02, 0.14), random.uniform(0.3, 1.4)
    usual = random.choice([0.5, 1.0, 2.0], p=[0.05, 0.75, 0.2])

    def moves() -> Array:
        unit = usual if random.random() > 0.25 else random.choice([0.5, 1.0, 2.0])
        return _moves(random, (phase + random.normal(0, apart)) / unit, late, vary)

    body = np.zeros((len(times), len(PLACE), 2))
    body[:, PLACE["nose"]] = (0.0, -1.5)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for part, (x, y) in RIGHT_HALF.items():
            body[:, PLACE[f"{side}_{part}"]] = (sign * x, y)
        for joints in LIMBS.values():
            reach, end = random.gamma(2, 0.5), moves()
            for part, far in joints:
                way = 0.5 * end + 0.4 * moves() if part in ("elbow", "knee") else end
                body[:, PLACE[f"{side}_{part}"]] += reach * far * way
    body[:, UPPER] += (random.gamma(2, 0.05) * moves())[:, None]
    body += (random.gamma(2, 0.08) * moves() * [1.0, 0.3])[:, None]
    if random.random() < 0.7:
        pace = random.choice([1.0, 0.5, 2.0], p=[0.75, 0.15, 0.1])
        bounce = np.cos(2 * np.pi * pace * phase + random.normal(0, 0.25))
        body[:, UPPER, 1] += (random.gamma(2, 0.03) * bounce)[:, None]
    body += np.cumsum(random.normal(0, 0.01, (len(times), 2)), axis=0)[:, None]
    beats = np.interp(np.arange(np.ceil(phase[0]), phase[-1]), phase, times)
    return Movement(body, float(bpm), beats)


def dancer(random: Generator, seconds: float, slowest: float, fastest: float) -> KnownDance:
    """What an estimator of poses makes of a film of such a dance."""
    made = move(random, seconds, slowest, fastest)
    seen, found = np.full(made.body.shape[:2], 0.95), np.ones(len(made.body), np.bool_)
    motion = degrade(made.body, seen, found, CAMERA, random)
    return KnownDance(f"invented {made.bpm:.1f}", "invented", motion, made.bpm, made.beats, 4)


def write_dance(folder: Path, name: str, made: Movement) -> None:
    """`NAME.npz` in the joints of `dance_with_melody`, metres, and `NAME.wav`: a click a beat."""
    points = np.zeros((len(made.body), MELODY_JOINTS, 3))
    for joint, number in DANCE_WITH_MELODY.items():
        x, y = np.moveaxis(made.body[:, PLACE[joint]], -1, 0)
        depth = DEPTHS.get(joint.split("_", 1)[1], 0.0)
        points[:, number] = TORSO_METRES * np.stack([x, -y, depth + DEEPER * (x - x.mean())], -1)
    np.savez(
        folder / f"{name}.npz", motion=points.astype(np.float32), genre="invented",
        center=np.zeros((len(points), 3), np.float32), fps=np.float32(MOTION_RATE),
        beat_times=made.beats.astype(np.float32),
    )  # fmt: skip
    sound = np.zeros(round(len(made.body) / MOTION_RATE * SAMPLE_RATE), np.float32)
    click = 0.5 * np.sin(np.arange(400) * 0.3) * np.exp(-np.arange(400) / 80.0)
    for start in np.round(made.beats * SAMPLE_RATE).astype(int):
        stretch = sound[start : start + len(click)]
        stretch += click[: len(stretch)]
    soundfile.write(folder / f"{name}.wav", sound, SAMPLE_RATE)


def _moves(random: Generator, places: Array, late: float, vary: float) -> Array:
    """From pose to pose `(T, 2)`, one at each whole number of `places` `(T,)`, in rounds."""
    first, last = int(np.floor(places.min())) - 1, int(np.ceil(places.max())) + 2
    rounds = int(random.choice([2, 4, 8], p=[0.55, 0.3, 0.15]))
    sharp = random.uniform(1.15, 2.4)
    poses = random.normal(0, 1, (rounds, 2))
    if rounds == 2:
        poses[1] = 0.3 * poses[1] - poses[0]
    numbers = np.arange(first, last)
    when = np.sort(numbers + random.normal(0, late, len(numbers)))
    held = poses[numbers % rounds] + vary * random.normal(0, 1, (len(numbers), 2))
    before = (np.searchsorted(when, places, side="right") - 1).clip(0, len(when) - 2)
    part = (places - when[before]) / np.maximum(when[before + 1] - when[before], 0.05)
    part = part.clip(0, 1)
    glide = (part**sharp / (part**sharp + (1 - part) ** sharp))[:, None]
    return held[before] * (1 - glide) + held[before + 1] * glide


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    names = [f"invented_{number:03d}" for number in range(args.count)]
    for number, name in enumerate(names):
        random = default_rng([args.seed, number])
        write_dance(args.output, name, move(random, args.seconds, 60.0, 180.0))
    held = max(args.count // 10, 1)
    splits = {
        "train": names[2 * held :],
        "validation": names[:held],
        "test": names[held : 2 * held],
    }
    (args.output / "split.json").write_text(json.dumps(splits, indent=1))


if __name__ == "__main__":
    main()
