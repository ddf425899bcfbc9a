"""Fit what `features/tempo.py` and `features/phase_network.py` know, and measure it on dances that
they were not fitted to.

    python benchmarks/fit_rhythm.py DANCE_WITH_MELODY [--shared-takes] [--no-network] [--write]

A share of the dances is held out at a time, with every stretch of the others that shares a take
with them (`--shared-takes` lets those be learned from), and measured as `d2m measure rhythm` does.
The weights of the tempo are fitted by maximum likelihood, none below 0, to windows of ballroom
dances and as many of invented dancers, the network is trained on both (`phase_training.py`).
`--write` then fits both to all dances, prints the weights and writes the network.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ballroom import Ballroom, copied, danced, load_dance
from invented_dancers import dancer
from numpy.typing import NDArray
from phase_training import Example, examples_of, train
from scipy.optimize import minimize

from d2m_cli.evaluation.rhythm_report import KnownDance, rhythm_table, score, windows_of
from d2m_cli.features import phase_network, tempo
from d2m_cli.features.periodicity import FREQUENCIES, VIEWS, Windows, movement_of
from d2m_cli.features.phase_network import PhaseNetwork
from d2m_cli.report.table_data import print_tables

Array = NDArray[np.float64]

FOLDS = 4
SHARES = {"cha-cha": 0.12, "rumba": 0.12, "waltz": 0.16, "invented": 0.6}
"""What each kind of dance counts."""
GRID: Array = tempo.TEMPOS[::4]
LENGTHS = (5.0, 6.0, 8.0)
"""Seconds."""

WRONG = 0.002
"""Probability that a window says nothing about its tempo: a hopeless one decides nothing."""

PENALTY = 0.006
"""Of the squared weights."""

PRIOR = 0.8
"""Octaves, wide (standard deviation): the dances that are fitted have all tempos."""

WINDOWS = 10
"""Of each dance; the tempo of every other one is changed."""


def windows_to_fit(dances: list[Ballroom]) -> list[KnownDance]:
    """Windows of ballroom dances, and as many of invented ones."""
    made = []
    for dance in dances:
        for number in range(WINDOWS):
            random = np.random.default_rng([1, number, *dance.name.encode()])
            faster = 2.0 ** random.uniform(-0.6, 0.6) if number % 2 else 1.0
            motion, places = danced(dance, float(random.choice(LENGTHS)), faster, random)
            bpm = dance.bpm * float(places[1] - places[0])
            if tempo.SLOWEST <= bpm <= tempo.FASTEST:
                made.append(KnownDance(dance.name, dance.genre, motion, bpm, None, dance.meter))
    random = np.random.default_rng(2)
    return made + [
        dancer(random, LENGTHS[number % 3], tempo.SLOWEST, tempo.FASTEST)
        for number in range(len(made))
    ]


def views_of(dance: KnownDance) -> Array:
    """What speaks for each tempo, counted in four and in three: `(2, V R, N)`."""
    windows = Windows(movement_of(dance.motion))
    power = windows.power()[0] * windows.seconds[0]
    grid = np.log(FREQUENCIES)
    return np.array([
        [np.interp(np.log(GRID * ratio), grid, row) for row in power for ratio in ratios]
        for ratios in (tempo.DUPLE_RATIOS, tempo.TRIPLE_RATIOS)
    ])  # fmt: skip


def fit(dances: list[KnownDance], views: Array) -> Array:
    """Weights `(2, V, R)` in four and in three of the dances' `views` `(D, 2, V R, N)`."""
    wanted = np.array([
        np.exp(-0.5 * (np.log(60.0 * GRID / one.bpm) / 0.02) ** 2) for one in dances
    ])  # fmt: skip
    wanted /= wanted.sum(axis=1, keepdims=True)
    right = np.array([[one.meter == 4, one.meter == 3] for one in dances])[..., None]
    counts = {genre: sum(one.genre == genre for one in dances) for genre in SHARES}
    weight = np.array([SHARES[one.genre] / counts[one.genre] for one in dances])
    weight /= weight.sum()
    prior = -0.5 * (np.log2(60.0 * GRID / tempo.COUNTS[0].bpm) / PRIOR) ** 2
    start = np.log([[0.85], [0.15]]) + prior

    def loss(flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(2, -1)
        evidence = np.einsum("mk,dmkn->dmn", weights, views) + start
        chance = np.exp(evidence - evidence.max(axis=(1, 2), keepdims=True))
        chance /= chance.sum(axis=(1, 2), keepdims=True)
        hit = chance * right * wanted[:, None]
        total = hit.sum(axis=(1, 2))
        value = -weight @ np.log(total + WRONG) + PENALTY * (flat**2).sum()
        pull = weight[:, None, None] * (hit - total[:, None, None] * chance)
        pull /= (total + WRONG)[:, None, None]
        slope = np.einsum("dmn,dmkn->mk", pull, views)
        return float(value), 2 * PENALTY * flat - slope.ravel()

    many = views.shape[1] * views.shape[2]
    found = minimize(loss, np.full(many, 0.3), jac=True, method="L-BFGS-B",
                     bounds=[(0, 5)] * many, options={"maxiter": 80})  # fmt: skip
    return np.asarray(found.x.reshape(2, len(VIEWS), -1))


def count_with(weights: Array) -> None:
    """Let `estimate_rhythm` count with these weights."""
    four, waltz, steps = tempo.COUNTS
    tempo.COUNTS = (
        four._replace(weights=weights[0]),
        waltz._replace(weights=weights[1]),
        steps._replace(weights=weights[0]),
    )


def see_with(network: Callable[..., PhaseNetwork]) -> None:
    """Let `dance_phases` see with what `network` gives."""
    phase_network.load_network = network


def deaf(curves: Array) -> Array:
    """A network that tells nothing."""
    return np.zeros((2 * len(phase_network.BEATS), curves.shape[1]))


def trained_without(
    held: list[Ballroom], dances: list[Ballroom], examples: list[Example], shared_takes: bool
) -> PhaseNetwork:
    """A network that knows none of the dances `held`, nor copies of what they show."""
    rest = [dance for dance in dances if dance not in held]
    names = {dance.name for dance in rest} | {""}
    hidden = {} if shared_takes or not held else {one.name: copied(one, held) for one in rest}
    return train([one for one in examples if one.dance in names], hidden)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shared-takes", action="store_true")
    parser.add_argument("--no-network", action="store_true")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    pieces = sorted(given.folder.glob("*.npz"))
    dances = [load_dance(piece) for piece in pieces]
    fold_of = {piece.stem: number % FOLDS for number, piece in enumerate(pieces)}
    examples = [] if given.no_network else examples_of(dances)
    networks = [
        deaf if given.no_network else trained_without(held, dances, examples, given.shared_takes)
        for held in ([one for one in dances if fold_of[one.name] == n] for n in range(FOLDS))
    ]
    windows = windows_to_fit(dances)
    views = np.stack([views_of(one) for one in windows])
    rows: dict[float, list[dict[str, float | str | None]]] = {5.0: [], 10.0: []}
    for fold, network in enumerate(networks):
        rest = [n for n, one in enumerate(windows) if fold_of.get(one.name, -1) != fold]
        count_with(fit([windows[n] for n in rest], views[rest]))
        see_with(lambda network=network: network)
        for seconds, found in rows.items():
            for piece in (one for one in pieces if fold_of[one.stem] == fold):
                for one in windows_of(piece, seconds, 4):
                    found.append({"name": one.name, "genre": one.genre, **score(one)})
    for seconds, found in rows.items():
        print(f"Held out, windows of {seconds:g} s")
        print_tables([rhythm_table(found)])
    if given.write:
        print(np.array2string(fit(windows, views), precision=2, suppress_small=True))
        network = trained_without([], dances, examples, given.shared_takes)
        saved = {name: part.astype(np.float16) for name, part in network._asdict().items()}
        np.savez_compressed(Path(phase_network.__file__).with_name("phases.npz"), **saved)


if __name__ == "__main__":
    main()
