"""A folder of the user's own music to a bundle whose music comes nearer to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from d2m_cli.bundles.bundle import Bundle, load_bundle, save_bundle
from d2m_cli.bundles.styles import read_styles, styles_toml
from d2m_cli.errors import BundleError, OutputError
from d2m_cli.generation.measured_rules import heard_piece, measured_entry
from d2m_cli.progress import Progress, silent
from d2m_cli.spec import Level
from d2m_cli.training.adapt import nearness
from d2m_cli.training.adapt.learn import learn
from d2m_cli.training.adapt.music import OwnMusic, prepare_own_music
from d2m_cli.training.adapt.result import DISTANCES, RIGHTS, Adaption
from d2m_cli.training.styles import collect_styles

ROOM = 400 * 2**20
"""Bytes that must be free beside the bundle: two drafts of it, and some of the music."""
STEPS = 100_000
"""More than any time limit allows."""


@dataclass(frozen=True)
class AdaptOptions:
    """What is learnt, and for how long."""

    style: str
    """Name of the style, for `--style`."""
    bundle: str | None = None
    """The bundle that is adapted; None is the embedded one."""
    levels: Sequence[Level] = (Level.LOW,)
    minutes: float = 10.0
    """Time for learning, of all levels together."""
    steps: int = STEPS
    """Steps for each level, if they end first."""
    workers: int = 2
    """Processes that prepare the music."""
    overwrite: bool = False


def adapt(music: Path, out: Path, options: AdaptOptions, progress: Progress = silent) -> Adaption:
    """Learn a style, its rules and small deltas of the generator from music; write the bundle.

    The bundle appears whole at `out` or not at all. Raises `DataError` for too little usable music,
    `BundleError` for a bundle that cannot be adapted, `OutputError` for a place that cannot be
    written, `KeyboardInterrupt` when a signal stopped the learning.
    """
    base = load_bundle(options.bundle)
    _check(base, options, out)
    with _workshop(out) as work:
        own = prepare_own_music(music, work / "music", options.style, options.workers, progress)
        vectors = collect_styles(own.cache, {}, (), max_unsteadiness=float("inf"))
        known = read_styles(base.folder)
        entry, nearest = measured_entry(
            options.style,
            [heard_piece(file) for file in own.learnt],
            vectors[options.style].numpy(),
            known,
            base.arrays("styles.safetensors"),
        )
        described: dict[str, Mapping[str, Tensor] | str] = {
            "styles.safetensors": vectors,
            "styles.toml": styles_toml({options.style: entry}),
        }
        levels = list(dict.fromkeys(options.levels))
        minutes = options.minutes / len(levels)
        learnt = {
            level: learn(base, own, level, minutes, options.steps, work, progress)
            for level in levels
        }
        _write(work / "before", base, options, own, described)
        changed = {f"generator_{level}.safetensors": learnt[level].weights for level in levels}
        _write(work / "after", base, options, own, {**described, **changed})
        before = (nearest, nearness.usual_tempo(known[nearest], entry.tempo))
        after = (options.style, entry.tempo)
        distances = {
            level: _distances(base, work, own, before, after, level, progress) for level in levels
        }
        result = Adaption(
            options.style,
            entry,
            nearest,
            tuple(file.entry.name for file in own.learnt),
            tuple(file.entry.name for file in own.held_out),
            own.failures,
            {level: found.nats for level, found in learnt.items()},
            {level: found.steps for level, found in learnt.items()},
            distances,
        )
        if out.exists():
            shutil.rmtree(out)
        (work / "after").rename(out)
    return result


def _check(base: Bundle, options: AdaptOptions, out: Path) -> None:
    generators = base.settings.get("generators", {})
    for level in options.levels:
        if level not in generators or not generators[level].get("predicts_std"):
            raise BundleError(
                f"The bundle '{base.name}' has no generator of level {level} that can be adapted: "
                "take the embedded one."
            )
    if out.exists() and not options.overwrite:
        raise OutputError(f"{out} exists: name another folder, or add --overwrite.")
    if out.exists() and not (out / "bundle.json").exists():
        raise OutputError(f"{out} is no bundle, and is not replaced: name another folder.")
    folder = out.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"The folder {folder} does not exist: make it first.")
    free = shutil.disk_usage(folder).free
    if free < ROOM:
        raise OutputError(
            f"{folder} has {free >> 20} MB free, and {ROOM >> 20} MB are needed: free some space."
        )


@contextmanager
def _workshop(out: Path) -> Iterator[Path]:
    """A folder beside `out` for all that is made on the way; it is gone at the end."""
    work = out.absolute().with_name(f".{out.name}.part")
    try:
        shutil.rmtree(work, ignore_errors=True)  # of a run that was killed
        work.mkdir()
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}).") from error
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write(
    folder: Path,
    base: Bundle,
    options: AdaptOptions,
    own: OwnMusic,
    files: Mapping[str, Mapping[str, Tensor] | str],
) -> None:
    """The bundle `base` with some of its files replaced."""
    kept = {n: load_file(base.folder / n) for n in base.config["files"] if n not in files}
    pieces = len(own.learnt)
    config = {
        **{key: value for key, value in base.config.items() if key not in ("files", "scores")},
        "name": options.style,
        "licence": f"{base.config['licence']}; {RIGHTS}",
        "trained_on": f"{base.config.get('trained_on', '')}; then {pieces} pieces of a user's own",
        "recipe": f"d2m adapt, {options.minutes:g} minutes",
    }
    save_bundle(folder, config, {**kept, **files})


def _distances(
    base: Bundle,
    work: Path,
    own: OwnMusic,
    before: tuple[str, tuple[float, float]],
    after: tuple[str, tuple[float, float]],
    level: Level,
    progress: Progress,
) -> dict[str, float]:
    """Distances of `DISTANCES`; `before` and `after` are styles and the range of their tempos."""
    near = nearness.Nearness(own.held_out, own.learnt)
    sets = (
        nearness.made(base.folder, *before, level),
        nearness.made(work / "before", *after, level),
        nearness.made(work / "after", *after, level),
        nearness.excerpts(own.learnt),
    )
    found = {}
    for number, (name, pieces) in enumerate(zip(DISTANCES, sets, strict=True)):
        progress(f"listen {level}", number, len(sets))
        found[name] = near.distance(pieces)
    return found
