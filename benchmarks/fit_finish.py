"""Fits the network of the finish to full-band stereo music, and writes its weights.

    python benchmarks/fit_finish.py FOLDER... [--out finish.npz]

Every piece is heard low-passed, and every fourth through the codec of each level, too. Pieces are
split by their names, three fifths to learn from; a fifth says when to stop, and the last fifth is
left to `benchmarks/measure_finish.py`. Weights of the levels are found by Adam on Huber's loss of
dB, those of the sides, which a tenth of a second says little of, by ridge regression.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from finish_music import Array, Original, codecs, framed, pieces, read_originals
from torch import Tensor

from d2m_cli.output.finish.frames import FINISHED_FRAME, FRAME, band_means, decibels
from d2m_cli.output.finish.network import ADDED, APART, CONTEXT, Network, inputs, treble

HIDDEN = 24
HUBER = 6.0
"""dB beyond which an error counts linearly."""
SILENT = -85.0
"""dB of the treble under which a frame teaches nothing."""
RANGE = (-40.0, 15.0)
"""dB against the treble: what lies outside counts as this."""
SIDE_RANGE = (-30.0, 3.0)
RIDGE = 1.0
STEPS, EVERY, BATCH = 600, 100, 2048
SPREAD = 768
"""Samples of the filter of the side: 16 ms."""


class Examples(NamedTuple):
    """Frames to learn from; no number where nothing is known."""

    heard: Array
    added: Array
    apart: Array


def examples(original: Original, mono: Array) -> Examples:
    """What the network is to tell of a piece, heard as `mono`."""
    heard = framed(mono, FRAME, CONTEXT)
    level = treble(heard)[CONTEXT : len(heard) - CONTEXT]
    middle = framed(original.middle, FINISHED_FRAME)
    side = framed(original.side, FINISHED_FRAME)
    count = min(len(level), len(middle))
    sounding = level[:count] > SILENT
    added = decibels(band_means(middle[:count], ADDED)) - level[:count, None]
    added[:, ~original.known] = np.nan
    smooth = [_smoothed(band_means(one[:count], APART)) for one in (side, middle)]
    apart = (decibels(smooth[0]) - decibels(smooth[1])).clip(*SIDE_RANGE)
    apart[:, np.array(APART[1:]) > original.top] = np.nan
    keep = [one[:count][sounding] for one in (inputs(heard), added.clip(*RANGE), apart)]
    return Examples(*keep)


def fit(learned: list[Examples], checked: list[Examples], spread: Array) -> Network:
    """Weights learned from some pieces, of the step where others are told best."""
    heard, added, apart = (np.concatenate(part) for part in zip(*learned, strict=True))
    centre, scale = heard.mean(axis=0), heard.std(axis=0) + 1e-3
    hidden, levels = _fit_levels(heard, added, centre, scale, checked)
    return Network(hidden, levels, _fit_sides(heard, apart, centre, scale), spread)


def error(network: Network, pieces: list[Examples]) -> Array:
    """Mean error in dB `(B,)` of the levels of `ADDED`, every piece counting the same."""
    told = [np.abs(network.added(one.heard) - one.added) for one in pieces]
    found: Array = np.nanmean([_column_means(one) for one in told], axis=0)
    return found


def side_error(network: Network, pieces: list[Examples]) -> Array:
    """Mean error in dB `(B,)` of the sides of `APART`, every piece counting the same."""
    told = [np.abs(network.apart(one.heard) - one.apart) for one in pieces]
    found: Array = np.nanmean([_column_means(one) for one in told], axis=0)
    return found


def design_spread(seed: int = 0) -> Array:
    """A filter `(SPREAD,)` that lasts 16 ms, dies away, and is as loud at all frequencies.

    Noise, made flat and cut to its length by turns.
    """
    fade = np.exp(-np.arange(SPREAD) / (SPREAD / 5))
    noise = np.random.default_rng(seed).standard_normal(SPREAD) * fade
    for _ in range(200):
        spectrum = np.fft.rfft(noise, 2 * FINISHED_FRAME)
        flat = np.fft.irfft(spectrum / np.abs(spectrum))
        noise = flat[:SPREAD] * np.minimum(1, (SPREAD - np.arange(SPREAD)) / 96)
    found: Array = noise / np.sqrt((noise**2).sum())
    return found


def _fit_levels(
    heard: Array, added: Array, centre: Array, scale: Array, checked: list[Examples]
) -> tuple[Array, Array]:
    torch.manual_seed(0)
    given, wanted = _tensor((heard - centre) / scale), _tensor(added)
    width, bands = given.shape[1], wanted.shape[1]
    first, second = torch.nn.Linear(width, HIDDEN), torch.nn.Linear(HIDDEN + width, bands)
    torch.nn.init.zeros_(second.weight)
    known = ~wanted.isnan()
    with torch.no_grad():
        second.bias.copy_(wanted.nanmean(dim=0))
    rest = [*first.parameters(), *second.parameters()]
    optimizer = torch.optim.AdamW(rest, lr=3e-3, weight_decay=1e-2)
    plan = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    best, kept = np.inf, (np.zeros(0), np.zeros(0))
    for step in range(STEPS):
        rows = torch.randint(len(given), (BATCH,))
        told = second(torch.cat([first(given[rows]).tanh(), given[rows]], dim=1))
        sure = known[rows]
        loss = torch.nn.functional.huber_loss(told[sure], wanted[rows][sure], delta=HUBER)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        plan.step()
        if step % EVERY == EVERY - 1:
            weights = _unscaled(first, second, centre, scale)
            now = float(np.nanmean(error(Network(*weights, *(np.zeros(0),) * 2), checked)))
            if now < best:
                best, kept = now, weights
    return kept


def _unscaled(
    first: torch.nn.Linear, second: torch.nn.Linear, centre: Array, scale: Array
) -> tuple[Array, Array]:
    """Weights for inputs as they are, with a last row that is added."""
    hidden = first.weight.detach().double().numpy().T / scale[:, None]
    bias = first.bias.detach().double().numpy() - centre @ hidden
    outer = second.weight.detach().double().numpy().T.copy()
    outer[HIDDEN:] /= scale[:, None]
    offset = second.bias.detach().double().numpy() - centre @ outer[HIDDEN:]
    return np.vstack([hidden, bias]), np.vstack([outer, offset])


def _fit_sides(heard: Array, apart: Array, centre: Array, scale: Array) -> Array:
    given = (heard - centre) / scale
    columns = []
    for wanted in apart.T:
        sure = ~np.isnan(wanted)
        mean = wanted[sure].mean()
        square = given[sure].T @ given[sure] / sure.sum()
        pull = given[sure].T @ (wanted[sure] - mean) / sure.sum()
        slope = np.linalg.solve(square + RIDGE * np.eye(len(square)), pull) / scale
        columns.append([*slope, mean - centre @ slope])
    return np.array(columns).T


def _smoothed(values: Array) -> Array:
    """Means over 17 frames."""
    padded = np.pad(values, ((8, 8), (0, 0)), mode="edge")
    found: Array = np.lib.stride_tricks.sliding_window_view(padded, 17, axis=0).mean(axis=-1)
    return found


def _column_means(values: Array) -> Array:
    known = ~np.isnan(values)
    sums = np.where(known, values, 0).sum(axis=0)
    return np.where(known.any(axis=0), sums / known.sum(axis=0).clip(min=1), np.nan)


def _tensor(values: Array) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def main() -> None:
    """Fit, print how far the levels are off in pieces that were not learned from, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("finish.npz"))
    parser.add_argument("--start", type=float, default=35.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    ways = codecs()
    sets: dict[str, list[Examples]] = {}
    for part in ("train", "validation"):
        found = read_originals(pieces(given.folders, [part]), given.start, given.seconds)
        sets[part] = [
            examples(one, way(one.mono))
            for one in found
            for way in (list(ways.values()) if one.through_codec else [lambda mono: mono])
        ]
    network = fit(sets["train"], sets["validation"], design_spread())
    for part, ones in sets.items():
        print(part, len(ones), "levels", error(network, ones).round(1), "dB")
        print(part, len(ones), "sides", side_error(network, ones).round(1), "dB")
    np.savez(given.out, **{n: v.astype(np.float32) for n, v in network._asdict().items()})


if __name__ == "__main__":
    main()
