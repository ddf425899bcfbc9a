"""A composer that has heard music: the next sixteenth of a sketch, given those before.

A recurrent network (GRU) hears the frame before, those one, two, four and eight bars ago
("lookback", so that it can repeat), the beat, the tempo, the style and what the dance wants. What
it says of the next frame is drawn value by value, each knowing those before it (NADE, Larochelle
and Murray 2011; as RNN-NADE of Boulanger-Lewandowski et al. 2012): onsets of the three bands first,
then the pitches from the bass up.

Letters: `B` examples, `S` sixteenths, `D` values of a frame, `H` hidden units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

LOOKBACK = (16, 32, 64, 128)
"""Sixteenths: a bar, two, four, eight bars of four beats."""
HEARD = (1, *LOOKBACK)


@dataclass(frozen=True)
class ComposerShape:
    """Sizes of the network."""

    bands: int = 3
    strengths: int = 4
    places: int = 5
    """Classes of an onset's strength, and of its place (`sketch/frames.py`)."""
    pitches: int = 72
    levels: int = 8
    """Classes of a level."""
    style: int = 128
    wishes: int = 20
    """What may be asked for in each sixteenth (`sketch/wishes.py`)."""
    embedded: int = 128
    hidden: int = 320
    chained: int = 64
    """Hidden units of the chain within a frame."""
    copied: int = 16
    """Hidden units that look at one pitch in the frames that are heard."""

    @property
    def onsets(self) -> int:
        """Classes of an onset: none, or a strength and a place."""
        return 1 + self.strengths * self.places


class Wishes(NamedTuple):
    """What is known of the sixteenths before they are composed."""

    beat: Tensor
    """`(B, S)` number of the sixteenth within its beat, 0..3."""
    tempo: Tensor
    """`(B, S)` octaves above 120 beats per minute."""
    style: Tensor
    """`(B, C)`: the mel half of a style vector, normalised; 0 where it is not known."""
    wanted: Tensor
    """`(B, S, W)`: 0..1, or -1 where nothing is asked for."""


class Composer(nn.Module):
    """Probabilities of frames."""

    style_mean: Tensor
    style_std: Tensor

    def __init__(self, shape: ComposerShape = ComposerShape()) -> None:
        super().__init__()
        self.shape = shape
        seen = 3 * shape.bands + 2 * shape.pitches
        self.embed = nn.Linear(seen, shape.embedded)
        self.style = nn.Linear(shape.style, 32)
        given = len(HEARD) * (shape.embedded + 1) + 4 + 1 + 32 + 2 * shape.wishes
        self.gather = nn.Linear(given, shape.hidden)
        self.recur = nn.GRU(shape.hidden, shape.hidden, batch_first=True)
        self.chain = nn.Linear(2 * shape.hidden, shape.chained)
        self.say_onsets = nn.Linear(2 * shape.hidden, shape.bands * shape.onsets)
        self.say_levels = nn.Linear(2 * shape.hidden, shape.pitches * shape.levels)
        self.copy = nn.Sequential(
            nn.Conv1d(2 * len(HEARD), shape.copied, 3, padding=1),
            nn.GELU(),
            nn.Conv1d(shape.copied, shape.levels, 1),
        )
        self.register_buffer("style_mean", torch.zeros(shape.style))
        self.register_buffer("style_std", torch.ones(shape.style))
        scale = shape.chained**-0.5
        self.onset_in = nn.Parameter(scale * torch.randn(shape.bands, shape.onsets, shape.chained))
        self.level_in = nn.Parameter(
            scale * torch.randn(shape.pitches, shape.levels, shape.chained)
        )
        self.onset_out = nn.Parameter(scale * torch.randn(shape.bands, shape.chained, shape.onsets))
        self.level_out = nn.Parameter(
            scale * torch.randn(shape.pitches, shape.chained, shape.levels)
        )

    def normalised(self, style: Tensor) -> Tensor:
        """Styles `(B, C)` in units of the training music's spread; 0 where one is all 0."""
        there = (style != 0).any(-1, keepdim=True)
        return torch.where(there, (style - self.style_mean) / self.style_std, torch.zeros(()))

    def seen(self, onsets: Tensor, levels: Tensor) -> Tensor:
        """Frames, onsets `(..., bands)` and levels `(..., pitches)`, as numbers `(..., V)`."""
        shape, kind = self.shape, (onsets - 1).clamp(min=0)
        struck, middle = (onsets > 0).float(), (self.shape.places - 1) / 2
        strength = struck * (1 + kind // shape.places) / shape.strengths
        late = struck * (kind % shape.places - middle) / middle
        level = levels / (shape.levels - 1)
        return torch.cat([struck, strength, late, (levels > 0).float(), level], -1)

    def contexts(
        self, heard: list[Tensor], known: Tensor, wishes: Wishes, state: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What the frames depend on: context `(B, S, 2 hidden)`, copies `(B, S, pitches, levels)`
        and the network's state.

        `heard` holds the numbers of the frames of `HEARD`, `(B, S, V)` each; `known`
        `(B, S, len(HEARD))` says which are there.
        """
        shape = self.shape
        frames = [self.embed(h) * known[..., n, None] for n, h in enumerate(heard)]
        beat = functional.one_hot(wishes.beat, 4).float()
        style = self.style(wishes.style)[:, None].expand(-1, beat.shape[1], -1)
        asked = wishes.wanted >= 0
        wanted = wishes.wanted * asked, asked.float()
        given = torch.cat(
            (*frames, known, beat, wishes.tempo[..., None], style, *wanted),
            -1,
        )
        gathered = functional.gelu(self.gather(given))
        recurrent, state = self.recur(gathered, state)
        context = torch.cat([recurrent, gathered], -1)
        voices = torch.stack(
            [
                h[..., 3 * shape.bands :].unflatten(-1, (2, shape.pitches))
                * known[..., n, None, None]
                for n, h in enumerate(heard)
            ],
            2,
        )
        flat = voices.flatten(0, 1).flatten(1, 2)
        copies = self.copy(flat).transpose(1, 2).unflatten(0, voices.shape[:2])
        return context, copies, state

    def log_likelihood(
        self, context: Tensor, copies: Tensor, onsets: Tensor, levels: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Log probability `(B, S)` of the onsets, and of the levels, of frames."""
        shape = self.shape
        told = torch.cat([_rows(self.onset_in, onsets), _rows(self.level_in, levels)], -2)
        before = torch.cumsum(told, -2) - told
        hidden = functional.relu(before + self.chain(context)[..., None, :])
        first, second = hidden.split([shape.bands, shape.pitches], -2)
        onset = torch.einsum("bsdh,dhk->bsdk", first, self.onset_out)
        onset = onset + self.say_onsets(context).unflatten(-1, (shape.bands, shape.onsets))
        level = torch.einsum("bsdh,dhk->bsdk", second, self.level_out)
        level = level + self.say_levels(context).unflatten(-1, (shape.pitches, shape.levels))
        level = level + copies
        return _chosen(onset, onsets), _chosen(level, levels)

    def chances(self, context: Tensor, copies: Tensor) -> FrameChances:
        """What one frame may be, of context `(2 hidden,)` and copies `(pitches, levels)`."""
        shape = self.shape
        onsets = self.say_onsets(context).unflatten(-1, (shape.bands, shape.onsets))
        levels = self.say_levels(context).unflatten(-1, (shape.pitches, shape.levels)) + copies
        parts = (self.chain(context), onsets, levels, *self._chain)
        return FrameChances(*(part.detach().numpy() for part in parts))

    @property
    def _chain(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.onset_in, self.level_in, self.onset_out, self.level_out


class FrameChances(NamedTuple):
    """Logits of a frame's values before they are chained, and the chain's weights."""

    chain: NDArray[np.float32]
    onsets: NDArray[np.float32]
    levels: NDArray[np.float32]
    onset_in: NDArray[np.float32]
    level_in: NDArray[np.float32]
    onset_out: NDArray[np.float32]
    level_out: NDArray[np.float32]

    def draw(
        self, random: np.random.Generator, temperatures: tuple[float, float] = (1.0, 1.0)
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Onsets `(bands,)` and levels `(pitches,)`, each value knowing those before it."""
        hidden = self.chain.copy()
        drawn = []
        for temperature, logits, told, say in (
            (temperatures[0], self.onsets, self.onset_in, self.onset_out),
            (temperatures[1], self.levels, self.level_in, self.level_out),
        ):
            found = np.zeros(len(logits), np.uint8)
            luck = random.random(len(logits))
            for place in range(len(logits)):
                value = logits[place] + np.maximum(hidden, 0.0) @ say[place]
                chance = np.exp((value - value.max()) / temperature)
                reached = np.cumsum(chance)
                found[place] = np.searchsorted(reached, luck[place] * reached[-1])
                hidden += told[place, found[place]]
            drawn.append(found)
        return drawn[0], drawn[1]


def heard_frames(numbers: Tensor, known: Tensor, count: int) -> tuple[list[Tensor], Tensor]:
    """What the last `count` of the frames `(B, L + S, V)` hear: the frames of `HEARD`, `(B, S, V)`
    each, and `(B, S, len(HEARD))` which of them are `known` `(B, L + S)`."""
    total = numbers.shape[1]
    begins = [total - count - lag for lag in HEARD]
    heard = [numbers[:, begin : begin + count] for begin in begins]
    there = torch.stack([known[:, begin : begin + count] for begin in begins], -1)
    return heard, there.float()


def _rows(table: Tensor, classes: Tensor) -> Tensor:
    """Of `table` `(D, K, H)` the row `(..., D, H)` of each value's class `(..., D)`.

    As an embedding, whose gradient is summed in one order whatever the number of threads.
    """
    values, kinds, _ = table.shape
    numbers = classes + kinds * torch.arange(values, device=classes.device)
    return functional.embedding(numbers, table.flatten(0, 1))


def _chosen(logits: Tensor, classes: Tensor) -> Tensor:
    chances = functional.log_softmax(logits, -1)
    return chances.gather(-1, classes[..., None]).squeeze(-1).sum(-1)
