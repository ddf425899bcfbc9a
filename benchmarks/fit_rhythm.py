"""Fit the weights of `features/tempo.py`, and measure them on dances that they were not fitted to.

    python benchmarks/fit_rhythm.py DANCE_WITH_MELODY [--folds 4]

Windows of ballroom dances (filmed from random sides, their tempo changed by up to 0.6 octaves) and
as many of invented dancers; maximum likelihood of the true tempo, weights at least 0. Whole dances
are held out, and measured as `d2m measure rhythm` does; then everything is fitted, and printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from invented_dancers import dancer
from numpy.typing import NDArray
from scipy.optimize import minimize

from d2m_cli.data.pairs.augment import degrade, film
from d2m_cli.data.pairs.segments import generator
from d2m_cli.data.skeletons.load import load_motion
from d2m_cli.data.sources.piece import MotionFile, MotionKind
from d2m_cli.evaluation.rhythm_report import (
    CAMERA,
    METERS_OF,
    KnownDance,
    rhythm_table,
    score,
    windows_of,
)
from d2m_cli.features import tempo
from d2m_cli.features.periodicity import FREQUENCIES, VIEWS, Windows, movement_of
from d2m_cli.report.table_data import print_tables
from d2m_cli.spec import MOTION_RATE

Array = NDArray[np.float64]

SHARES = {"cha-cha": 0.12, "rumba": 0.12, "waltz": 0.16, "invented": 0.6}
"""What each kind of dance counts."""

GRID: Array = tempo.TEMPOS[::4]
WRONG = 0.002
"""Probability that a window says nothing about its tempo: a hopeless one decides nothing."""

PENALTY = 0.006


def ballroom(piece: Path, count: int) -> list[KnownDance]:
    """Windows of a stored dance; the tempo of every other one is changed."""
    dance = load_motion(MotionFile(piece, MotionKind.JOINTS))
    assert dance.joints is not None and dance.beats is not None
    joints = dance.joints.transpose(2, 0, 1).astype(np.float64)
    bpm = float(60.0 / np.median(np.diff(dance.beats)))
    made = []
    for number in range(count):
        random = generator(1, number, piece.stem)
        faster = 2.0 ** random.uniform(-0.6, 0.6) if number % 2 else 1.0
        steps = round(random.choice([5.0, 6.0, 8.0]) * MOTION_RATE)
        start = random.uniform(0, max(1.0, len(joints) - faster * steps - 1))
        places = start + faster * np.arange(steps)
        before = np.floor(places).astype(int).clip(max=len(joints) - 2)
        part = (places - before)[:, None, None]
        seen = joints[before] * (1 - part) + joints[before + 1] * part
        positions, visible = film(seen, CAMERA, random)
        motion = degrade(positions, visible, np.ones(steps, np.bool_), CAMERA, random)
        meter = METERS_OF[dance.genre]
        made.append(KnownDance(piece.stem, dance.genre, motion, bpm * faster, None, meter))
    return [one for one in made if tempo.SLOWEST <= one.bpm <= tempo.FASTEST]


def views(dance: KnownDance) -> Array:
    """What speaks for each tempo, counted in four and in three: `(2, V * R, N)`."""
    windows = Windows(movement_of(dance.motion))
    power = windows.power()[0] * windows.seconds[0]
    grid = np.log(FREQUENCIES)
    return np.array([
        [np.interp(np.log(GRID * ratio), grid, row) for row in power for ratio in ratios]
        for ratios in (tempo.DUPLE_RATIOS, tempo.TRIPLE_RATIOS)
    ])  # fmt: skip


def fit(dances: list[KnownDance], seen: Array) -> tuple[Array, Array]:
    """Weights `(V, R)` in four and in three of the dances' `views` `(D, 2, V * R, N)`."""
    wanted = np.array([
        np.exp(-0.5 * (np.log(60.0 * GRID / one.bpm) / 0.02) ** 2) for one in dances
    ])  # fmt: skip
    wanted /= wanted.sum(axis=1, keepdims=True)
    right = np.array([[one.meter == 4, one.meter == 3] for one in dances])[..., None]
    counts = {genre: sum(one.genre == genre for one in dances) for genre in SHARES}
    weight = np.array([SHARES[one.genre] / counts[one.genre] for one in dances])
    weight /= weight.sum()
    prior = -0.5 * (np.log2(60.0 * GRID / tempo.COUNTS[0].bpm) / 0.8) ** 2
    start = np.log([[0.85], [0.15]]) + prior

    def loss(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(2, -1)
        evidence = np.einsum("mk,dmkn->dmn", weights, seen) + start
        chance = np.exp(evidence - evidence.max(axis=(1, 2), keepdims=True))
        chance /= chance.sum(axis=(1, 2), keepdims=True)
        hit = chance * right * wanted[:, None]
        total = hit.sum(axis=(1, 2))
        value = -weight @ np.log(total + WRONG) + PENALTY * (flat**2).sum()
        pull = (hit - total[:, None, None] * chance) / (total + WRONG)[:, None, None]
        slope = -np.einsum("d,dmn,dmkn->mk", weight, pull, seen)
        return float(value), slope.ravel() + 2 * PENALTY * flat

    size = seen.shape[1] * seen.shape[2]
    found = minimize(loss, np.full(size, 0.3), jac=True, method="L-BFGS-B", bounds=[(0, 5)] * size,
                     options={"maxiter": 60})  # fmt: skip
    duple, triple = found.x.reshape(2, len(VIEWS), -1)
    return duple, triple


def use(duple: Array, triple: Array) -> None:
    """Let `estimate_rhythm` count with these weights."""
    four, waltz, steps = tempo.COUNTS
    tempo.COUNTS = (
        four._replace(weights=duple),
        waltz._replace(weights=triple),
        steps._replace(weights=duple),
    )


def main() -> None:
    """Fit with a share of the dances held out at a time, print their figures, then fit to all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--windows", type=int, default=10)
    given = parser.parse_args()
    pieces = sorted(given.folder.glob("*.npz"))
    dances = [window for piece in pieces for window in ballroom(piece, given.windows)]
    random = np.random.default_rng(2)
    lengths = [5.0, 6.0, 8.0]
    dances += [
        dancer(random, lengths[number % 3], tempo.SLOWEST, tempo.FASTEST)
        for number in range(len(dances))
    ]
    seen = np.stack([views(one) for one in dances])
    folds = {piece.stem: number % given.folds for number, piece in enumerate(pieces)}
    for seconds in (5.0, 10.0):
        rows: list[dict[str, float | str | None]] = []
        for fold in range(given.folds):
            rest = [n for n, one in enumerate(dances) if folds.get(one.name, -1) != fold]
            use(*fit([dances[n] for n in rest], seen[rest]))
            for piece in pieces:
                if folds[piece.stem] == fold:
                    for one in windows_of(piece, seconds, 4):
                        facts = {"name": one.name, "genre": one.genre}
                        rows.append({**facts, **score(one)})
        print(f"Held out, windows of {seconds:g} s")
        print_tables([rhythm_table(rows)])
    for name, weights in zip(("DUPLE", "TRIPLE"), fit(dances, seen), strict=True):
        print(name, np.array2string(weights, precision=2, suppress_small=True))


if __name__ == "__main__":
    main()
