"""Dancers that nobody danced: limbs that go from pose to pose in time, each in its own way.

Their limbs are not in step with one another, poses come a little early or late and differ from
round to round, so that the rests of the body show the beat no better than on films of street dance.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from d2m_cli.data.pairs.augment import degrade
from d2m_cli.data.skeletons.joints import PLACE
from d2m_cli.evaluation.rhythm_report import CAMERA, KnownDance
from d2m_cli.spec import MOTION_RATE

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

UPPER = [place for name, place in PLACE.items() if name.split("_")[-1] in
         ("nose", "shoulder", "elbow", "wrist", "hip")]  # fmt: skip


def dancer(random: Generator, seconds: float, slowest: float, fastest: float) -> KnownDance:
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
    seen = np.full(body.shape[:2], 0.95)
    motion = degrade(body, seen, np.ones(len(times), np.bool_), CAMERA, random)
    beats = np.interp(np.arange(np.ceil(phase[0]), phase[-1]), phase, times)
    return KnownDance(f"invented {bpm:.1f}", "invented", motion, float(bpm), beats, 4)


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
