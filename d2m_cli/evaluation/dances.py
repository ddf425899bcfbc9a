"""The dances of an evaluation: of videos, of motion files, of a prepared set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from d2m_cli.cluster import Engine, spread_in_order
from d2m_cli.errors import DataError, InputError
from d2m_cli.evaluation.naming import by_dance
from d2m_cli.evaluation.sources import files_in, read_music
from d2m_cli.progress import Progress

if TYPE_CHECKING:
    from d2m_cli.data.cache.pieces import PieceFile
    from d2m_cli.evaluation.baselines import EvaluatedDance
    from d2m_cli.features.pose.doors import Door
    from d2m_cli.features.pose.estimator import PoseOptions
    from d2m_cli.types import FloatArray, Motion

OWN, NONE = "own", "none"
"""Where the reference music is, besides a folder: the video's own sound, or nowhere."""


def videos_in(places: Sequence[Path]) -> dict[str, Path]:
    """Videos of the dances by name; of `X.mp4` and `X.d2m.mp4` the first, which is the dance.

    Raises `DataError` for a missing place or a dance twice.
    """
    return by_dance(files_in(places), prefer_generated=False)


def dances_in(places: Sequence[Path]) -> dict[str, Path]:
    """Videos and motion files of the dances by name; music beside motion is no dance.

    Raises `DataError` for a missing place or a dance twice.
    """
    from d2m_cli.data.sources.music import SOUND
    from d2m_cli.data.sources.piece import MOTION_SUFFIXES

    files = files_in(places)
    moved = {path.with_suffix("") for path in files if path.suffix.lower() in MOTION_SUFFIXES}
    music = {path for path in files if path.suffix.lower() in SOUND}
    dances = [path for path in files if path not in music or path.with_suffix("") not in moved]
    return by_dance(dances, prefer_generated=False)


def dances_of_videos(
    videos: dict[str, Path],
    reference: str,
    genres: dict[str, str],
    progress: Progress,
    pose: Door | str | None = None,
    engine: Engine = Engine.LOCAL,
    workers: int = 2,
) -> tuple[list[EvaluatedDance], dict[str, str]]:
    """Beats of the dance in each video or motion file, and why others by name are left out.

    `reference` is `OWN` (a video's sound, the sound file beside motion), `NONE` or a folder of
    music. With `Engine.RAY` the dances are looked at by `workers` of a cluster. Raises `DataError`
    when no dance is left.
    """
    from d2m_cli.features.pose.estimator import PoseOptions

    if not videos:
        raise DataError("There is no dance: give videos or motion files, or folders of them.")
    music = {} if reference in (OWN, NONE) else videos_in([Path(reference)])
    begin = partial(PoseOptions.of, pose)
    look = partial(_dance_of_video, own=reference == OWN, genres=genres, music=music)
    work = partial(_dance_or_reason, look)
    title, items = "analyze", list(videos.items())
    found = spread_in_order(begin, work, items, engine, workers, partial(progress, title))
    dances = [dance for dance in found if not isinstance(dance, str)]
    reasons = zip(videos, found, strict=True)
    left_out = {name: reason for name, reason in reasons if isinstance(reason, str)}
    if not dances:
        raise DataError(next(iter(left_out.values())))
    return dances, left_out


def _dance_or_reason(
    look: Callable[[PoseOptions, tuple[str, Path]], EvaluatedDance],
    options: PoseOptions,
    item: tuple[str, Path],
) -> EvaluatedDance | str:
    try:
        return look(options, item)
    except (DataError, InputError) as error:
        return str(error)


def _dance_of_video(
    options: PoseOptions,
    item: tuple[str, Path],
    own: bool,
    genres: dict[str, str],
    music: dict[str, Path],
) -> EvaluatedDance:
    from d2m_cli.analysis.video import read_motion
    from d2m_cli.data.sources.music import find_sound
    from d2m_cli.data.sources.piece import is_motion
    from d2m_cli.generation.motion_file import read_part
    from d2m_cli.ingest.probe import has_sound, probe

    name, path = item
    moved = is_motion(path)
    if not own:
        known = music.get(name)
    elif moved:
        known = find_sound([path.parent], path.stem)
    else:
        known = path if has_sound(path) else None
    samples = read_music(known) if known else None
    motion = read_part(path) if moved else read_motion(probe(path), pose=options)
    return _dance(name, motion, genres.get(name, ""), samples)


def dances_of_cache(cache: Path, split: str) -> list[EvaluatedDance]:
    """Dances of a prepared set. Raises `DataError` when the split has none."""
    from d2m_cli.pcm import to_float

    dances = []
    for file in pieces_of_cache(cache, split):
        entry, samples = file.entry, None
        if "audio" in entry.holds:
            samples = to_float(file.whole("audio"))
        dances.append(_dance(entry.name, motion_of_piece(file), entry.genre, samples))
    return dances


def pieces_of_cache(cache: Path, split: str) -> list[PieceFile]:
    """Cached pieces with motion. Raises `DataError` when the split has none."""
    from d2m_cli.data.cache.manifest import read_manifest
    from d2m_cli.data.cache.pieces import PieceFile

    entries = [e for e in read_manifest(cache).entries if e.split == split and "motion" in e.holds]
    if not entries:
        raise DataError(f"{cache} has no dance in its split '{split}'.")
    return [PieceFile(cache, entry) for entry in entries]


def motion_of_piece(file: PieceFile) -> Motion:
    """Motion of a cached piece."""
    import numpy as np

    from d2m_cli.spec import MOTION_RATE
    from d2m_cli.types import Motion

    return Motion(file.whole("motion"), file.whole("found").astype(np.bool_), MOTION_RATE)


def _dance(name: str, motion: Motion, genre: str, reference: FloatArray | None) -> EvaluatedDance:
    import numpy as np

    from d2m_cli.evaluation.baselines import EvaluatedDance
    from d2m_cli.features.events import dance_events
    from d2m_cli.features.motion import dance_energy, joint_positions, joint_speed
    from d2m_cli.features.rhythm import estimate_rhythm
    from d2m_cli.metrics.alignment import kinematic_beats

    speed = joint_speed(joint_positions(motion), motion.rate).astype(np.float64)
    speed[~motion.found] = np.nan
    beats = kinematic_beats(speed, motion.rate)
    rhythm = estimate_rhythm(motion)
    seconds, energy = len(motion.found) / motion.rate, dance_energy(motion)
    events = dance_events(motion, rhythm)
    return EvaluatedDance(name, seconds, beats, rhythm.beats, genre, reference, energy, events)
