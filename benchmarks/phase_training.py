"""Train the network of `features/phase_network.py`: phases of filmed ballroom and invented dances.

Each point is the parameter of a von Mises distribution of the phase, and its likelihood is the
most (von Mises, 1918); where a bar has no known phase, the point shall be 0. The stored beats of a
rumba or a cha-cha may open another beat, or lie half a beat off (the data's README): that shift is
found anew for each song while the network learns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from ballroom import Ballroom, danced
from invented_dancers import dancer
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from d2m_cli.features.motion import JOINTS
from d2m_cli.features.periodicity import movement_of
from d2m_cli.features.phase_network import (
    BEATS,
    DILATIONS,
    FLOOR,
    STEP,
    PhaseNetwork,
    inputs,
    mirrored,
)
from d2m_cli.features.tempo import FASTEST, SLOWEST
from d2m_cli.spec import MOTION_RATE
from d2m_cli.types import BoolArray

SECONDS = 10.0
CHANNELS = 32
WINDOWS = {"cha-cha": 130, "rumba": 130, "waltz": 60}
"""Of a dance of each kind; one in four at its own tempo, others up to half an octave off."""
INVENTED = 3500
SHARES = {"cha-cha": 0.15, "rumba": 0.25, "waltz": 0.25, "invented": 0.35}
"""What each kind of dance counts."""
WORTH = (1.0, 0.7, 0.7)
"""What each of the points counts."""
STEPS, BATCH, RATE = 1000, 32, 3e-3
DROPPED, JOINTS_DROPPED = 0.2, 0.1
SHIFTS = np.arange(8) / 2.0
"""Beats by which the beats of a song in four may be stored off."""


@dataclass(frozen=True)
class Example:
    """A window to learn from."""

    dance: str
    genre: str
    curves: NDArray[np.float16]
    """`(I, T)`, see `phase_network.inputs`."""
    beats: NDArray[np.float32]
    """`(T,)` beats since the first of the song."""
    places: NDArray[np.int64] | None
    """`(T,)` steps of the dance; None if invented."""


def examples_of(dances: list[Ballroom]) -> list[Example]:
    """Windows of ballroom dances, then of invented ones."""
    made = []
    for number, dance in enumerate(dances):
        for window in range(WINDOWS[dance.genre]):
            random = np.random.default_rng([7, number, window])
            faster = 2.0 ** random.uniform(-0.5, 0.5) if window % 4 else 1.0
            motion, places = danced(dance, SECONDS, faster, random)
            beats = (places / MOTION_RATE - dance.first_beat) * dance.bpm / 60.0
            made.append(_example(dance.name, dance.genre, motion, beats, places[::STEP]))
    times = np.arange(round(SECONDS * MOTION_RATE)) / MOTION_RATE
    for number in range(INVENTED):
        known = dancer(np.random.default_rng([8, number]), SECONDS, SLOWEST, FASTEST)
        assert known.beats is not None
        beats = (times - known.beats[0]) * known.bpm / 60.0
        made.append(_example("", "invented", known.motion, beats, None))
    return made


def _example(dance, genre, motion, beats, places) -> Example:  # type: ignore[no-untyped-def]
    curves = inputs(movement_of(motion)).astype(np.float16)
    middle = beats.reshape(-1, STEP).mean(axis=1).astype(np.float32)
    return Example(dance, genre, curves, middle, None if places is None else places.astype(int))


class Trained(nn.Module):
    """The network while it learns; `weights` are those that NumPy reckons with."""

    def __init__(self, curves: int) -> None:
        super().__init__()
        self.first = nn.Conv1d(curves, CHANNELS, 3, padding=1)
        self.taps = nn.ModuleList([
            nn.Conv1d(CHANNELS, CHANNELS, 5, dilation=gap, padding=2 * gap) for gap in DILATIONS
        ])  # fmt: skip
        self.mix = nn.ModuleList([nn.Conv1d(CHANNELS, CHANNELS, 1) for _ in DILATIONS])
        self.last = nn.Conv1d(CHANNELS, 2 * len(BEATS), 1)
        nn.init.normal_(self.last.weight, 0.0, 0.02)
        nn.init.zeros_(self.last.bias)

    def forward(self, curves: Tensor) -> Tensor:
        """Points `(B, 3, T)` from curves `(B, I, T)`."""
        hidden = self.first(curves)
        for taps, mix in zip(self.taps, self.mix, strict=True):
            inner = functional.relu(taps(_scaled(hidden)))
            hidden = hidden + mix(functional.dropout(inner, DROPPED, self.training))
        parts = self.last(functional.relu(_scaled(hidden)))
        return torch.complex(parts[:, 0::2], parts[:, 1::2])

    def weights(self) -> PhaseNetwork:
        """What it has learned."""

        def stacked(layers: nn.ModuleList, part: str) -> NDArray[np.float32]:
            return np.stack([getattr(layer, part).detach().numpy() for layer in layers])

        one = nn.ModuleList([self.first]), nn.ModuleList([self.last])
        return PhaseNetwork(
            stacked(one[0], "weight")[0], stacked(one[0], "bias")[0],
            stacked(self.taps, "weight"), stacked(self.taps, "bias"),
            stacked(self.mix, "weight")[..., 0], stacked(self.mix, "bias"),
            stacked(one[1], "weight")[0, ..., 0], stacked(one[1], "bias")[0],
        )  # fmt: skip


def train(examples: list[Example], hidden: dict[str, BoolArray], seed: int = 0) -> PhaseNetwork:
    """A network that knows the examples but for the steps `(T,)` of a dance that are `hidden`."""
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    sight = np.array([_sight(one, hidden) for one in examples])
    genres = np.array([one.genre for one in examples])
    chance = np.zeros(len(examples))
    for genre, share in SHARES.items():
        own = np.where(genres == genre, sight.mean(axis=1), 0.0)
        chance += share * own / max(float(own.sum()), 1e-9)
    chance /= chance.sum()
    curves = np.stack([one.curves for one in examples]) * sight[:, None].astype(np.float16)
    beats = np.stack([one.beats for one in examples])
    songs = {one.dance: 0.0 for one in examples if one.genre in ("cha-cha", "rumba")}
    network = Trained(curves.shape[1])
    optimizer = torch.optim.AdamW(network.parameters(), RATE, (0.9, 0.98), weight_decay=0.02)
    for step in range(STEPS):
        pace = min(1.0, step / 50) * (0.5 + 0.5 * np.cos(np.pi * step / STEPS))
        optimizer.param_groups[0]["lr"] = RATE * pace
        chosen = random.choice(len(examples), BATCH, p=chance)
        shift = np.array([songs.get(examples[n].dance, 0.0) for n in chosen], np.float32)
        seen = torch.from_numpy(_disturbed(curves[chosen].astype(np.float32), random))
        begin, end = (0, 150)
        if random.random() < 0.5:
            begin = int(random.integers(75))
            end = begin + 75
        loss = _loss(
            network(seen[..., begin:end]),
            torch.from_numpy((beats[chosen] + shift[:, None])[:, begin:end]),
            torch.from_numpy(sight[chosen][:, begin:end]),
            genres[chosen],
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 99 and 300 < step < 0.7 * STEPS:
            network.eval()
            for song in songs:
                own = [n for n, one in enumerate(examples) if one.dance == song and chance[n] > 0]
                own = random.choice(own, 8) if own else []
                songs[song] = _shift(network, curves[own], beats[own]) if len(own) else 0.0
            network.train()
    return network.weights()


def _sight(example: Example, hidden: dict[str, BoolArray]) -> NDArray[np.float32]:
    if example.places is None:
        return np.ones(len(example.beats), np.float32)
    if example.dance not in hidden:
        return np.ones(len(example.beats), np.float32)
    covered = hidden[example.dance]
    return 1.0 - covered[example.places.clip(max=len(covered) - 1)].astype(np.float32)


def _disturbed(curves: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """Curves `(B, I, T)` without some joints and now and then without accents or bounce."""
    if random.random() < 0.5:
        curves = mirrored(curves)
    joints = len(JOINTS)
    kept = np.ones(curves.shape[:2], np.float32)
    kept[:, : 3 * joints] = np.tile(random.random((len(curves), joints)) > JOINTS_DROPPED, 3)
    kept[:, 3 * joints : -1] = random.random((len(curves), 2)) > JOINTS_DROPPED
    return curves * kept[..., None]


def _loss(points: Tensor, beats: Tensor, sight: Tensor, genres: NDArray[np.str_]) -> Tensor:
    """Negative log-likelihood of phases, of points `(B, 3, T)` for `beats` `(B, T)`."""
    known = np.stack(
        [np.ones(len(genres)), genres == "waltz", np.isin(genres, ["cha-cha", "rumba"])]
    )
    total = torch.zeros(())
    for head, (cycle, worth) in enumerate(zip(BEATS, WORTH, strict=True)):
        point = points[:, head]
        angle = 2.0 * np.pi * beats / cycle
        along = point.real * torch.cos(angle) + point.imag * torch.sin(angle)
        size = torch.abs(point) + 1e-6
        normal = torch.log(torch.special.i0e(size)) + size
        told = torch.from_numpy(known[head].astype(np.float32))[:, None]
        total = total + worth * ((normal - told * along) * sight).sum() / sight.sum()
    return total


def _shift(network: Trained, curves: NDArray[np.float16], beats: NDArray[np.float32]) -> float:
    """Which of `SHIFTS` fits the windows of a song best."""
    with torch.no_grad():
        points = network(torch.from_numpy(curves.astype(np.float32))).numpy()
    fits = [
        sum(
            (points[:, head] * np.exp(-2j * np.pi * (beats + shift) / BEATS[head])).real.sum()
            for head in (0, 2)
        )
        for shift in SHIFTS
    ]
    return float(SHIFTS[int(np.argmax(fits))])


def _scaled(values: Tensor) -> Tensor:
    return values / torch.sqrt((values**2).mean(1, keepdim=True) + FLOOR)
