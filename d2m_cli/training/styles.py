"""Named styles of a bundle: style vectors of exemplary stretches of music."""

from collections import defaultdict
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from d2m_cli.bundles.places import bundle_folder
from d2m_cli.bundles.styles import FILE, StyleEntry, style_entry, usual_table
from d2m_cli.data.cache.manifest import read_manifest
from d2m_cli.data.cache.pieces import PieceFile
from d2m_cli.errors import DataError
from d2m_cli.features.style import SECONDS, style_vector
from d2m_cli.pcm import to_float
from d2m_cli.spec import SAMPLE_RATE
from d2m_cli.training.run.settings import read_toml

PER_STYLE = 12
"""Exemplars of a style: the seed picks one of them."""

UNNAMED = "music"
"""Style of music without one in its manifest."""


def collect_styles(
    cache: Path,
    names: Mapping[str, str],
    without: tuple[str, ...] = (),
    max_unsteadiness: float = 0.04,
) -> dict[str, Tensor]:
    """Style vectors `(n, CHANNELS)` by style name, from the training music in `cache`.

    `names` maps a style of the cache's manifest to the name users see; styles it lacks are left
    out. Without `names` every style keeps its own, and music without one is called `UNNAMED`. The
    loudest windows of steady tracks are taken, as many tracks as possible. Raises `DataError` when
    a name finds no music.
    """
    tracks = _steady_tracks(cache, names, without, max_unsteadiness)
    return {name: _exemplars(files) for name, files in tracks.items()}


def describe_styles(
    cache: Path,
    names: Mapping[str, str],
    without: tuple[str, ...] = (),
    max_unsteadiness: float = 0.04,
    chosen: Path | None = None,
) -> dict[str, StyleEntry]:
    """The entries of `styles.toml` for the same styles.

    The tempo is that of the music. The other rules, and how a style sounds, come from the tables of
    the file (or bundle) `chosen`, which may leave out any of them; what it leaves out is as usual.
    Raises `DataError` as `collect_styles`, `SettingsError` for a file that is not TOML,
    `BundleError` for a rule that cannot be used.
    """
    if chosen and chosen.suffix != ".toml":
        chosen = bundle_folder(chosen) / FILE
    tables = read_toml(chosen) if chosen else {}
    styles = {}
    for name, files in _steady_tracks(cache, names, without, max_unsteadiness).items():
        slow, fast = np.percentile([file.entry.bpm or 0.0 for file in files], (10, 90)).round()
        table = usual_table(f"as {len(files)} tracks of {name}", slow, fast) | tables.get(name, {})
        table["tempo"] = [float(slow), float(fast)]
        styles[name] = style_entry(name, table, chosen or cache)
    return styles


def _steady_tracks(
    cache: Path, names: Mapping[str, str], without: tuple[str, ...], max_unsteadiness: float
) -> dict[str, list[PieceFile]]:
    """Steady training music by the name of its style, sorted."""
    tracks = defaultdict(list)
    for entry in read_manifest(cache).entries:
        steady = entry.steadiness is not None and entry.steadiness <= max_unsteadiness
        wanted = not any(fnmatchcase(entry.name, pattern) for pattern in without)
        name = names.get(entry.style) if names else entry.style or UNNAMED
        if entry.split == "train" and name is not None and steady and wanted:
            tracks[name].append(PieceFile(cache, entry))
    missing = sorted(set(names.values()) - tracks.keys())
    if missing or not tracks:
        lacking = ", ".join(missing) or "any style"
        raise DataError(f"{cache} has no steady training music for {lacking}.")
    return dict(sorted(tracks.items()))


def _exemplars(files: list[PieceFile]) -> Tensor:
    """The loudest window of each track, then the second loudest, until there are enough."""
    rounds: list[list[np.ndarray]] = [[], [], []]
    for file in files:
        loud = _windows_by_loudness(file)[: len(rounds)]
        for turn, window in zip(rounds, loud, strict=False):
            turn.append(window)
    chosen = [window for turn in rounds for window in turn][:PER_STYLE]
    return torch.from_numpy(np.stack([style_vector(window) for window in chosen]))


def _windows_by_loudness(file: PieceFile) -> list[np.ndarray]:
    samples = to_float(file.whole("audio"))
    length = int(SECONDS * SAMPLE_RATE)
    count = max(1, len(samples) // length)
    windows = [samples[i * length : (i + 1) * length] for i in range(count)]
    return sorted(windows, key=lambda window: -float(np.mean(window**2)))
