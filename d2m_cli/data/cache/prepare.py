"""A data set -> a cache of features: resumable, over processes or a Ray cluster."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from d2m_cli.analysis.video import VisualFactory
from d2m_cli.cluster import Engine
from d2m_cli.data.cache.engines import run
from d2m_cli.data.cache.extract import extract
from d2m_cli.data.cache.manifest import CachedPiece, FailedPiece, Manifest, write_manifest
from d2m_cli.data.cache.pieces import cached_entry, write_piece
from d2m_cli.data.sources.aist import read_aist
from d2m_cli.data.sources.motion import read_motion_folder
from d2m_cli.data.sources.music import read_music
from d2m_cli.data.sources.piece import MotionKind, Piece, Reading
from d2m_cli.data.sources.splits import check_songs
from d2m_cli.data.sources.tiktok import read_tiktok
from d2m_cli.data.sources.videos import read_folder
from d2m_cli.errors import DataError
from d2m_cli.features.pose.estimator import PoseOptions
from d2m_cli.files import make_folder
from d2m_cli.progress import Progress, silent

LAYOUTS: dict[str, Callable[[Path], Reading]] = {
    "aist": read_aist,
    "tiktok": read_tiktok,
    "folder": read_folder,
    "motion": read_motion_folder,
    "music": read_music,
}
"""Reader of each layout."""


def prepare(
    layout: str,
    root: Path,
    cache: Path,
    *,
    visual: VisualFactory | None = None,
    pose: PoseOptions = PoseOptions(),
    workers: int = 1,
    engine: Engine = Engine.LOCAL,
    progress: Progress = silent,
) -> Manifest:
    """Read the data set at `root` and write the features of its pieces to `cache`.

    `visual` makes the encoder of the pictures, or `None` for no visual vectors; `pose` says how the
    dancer of a video is found. Pieces that are already there, made from the same files with the
    same encoder and pose, are kept. A piece that fails is named in the manifest's `failures`; the
    others go on.

    Raises `DataError` when the layout is unknown, the folder holds nothing, a song is shared
    between splits, or no piece at all could be prepared.
    """
    if layout not in LAYOUTS:
        raise DataError(f"Unknown layout '{layout}': choose one of {', '.join(LAYOUTS)}.")
    if not root.is_dir():
        raise DataError(f"There is no folder {root}.")
    reading = LAYOUTS[layout](root)
    check_songs(reading.pieces)
    make_folder(cache)
    work = partial(prepare_piece, cache=cache, visual=visual, pose=pose)
    results = list(_reported(run(work, reading.pieces, workers, engine), reading, progress))
    entries = sorted(
        (r for r in results if isinstance(r, CachedPiece)), key=lambda entry: entry.name
    )
    failures = [FailedPiece(str(problem.path), problem.reason) for problem in reading.problems]
    failures += sorted((r for r in results if isinstance(r, FailedPiece)), key=lambda f: f.path)
    if not entries:
        raise DataError(
            f"No piece of {root} could be prepared: {failures[-1].path}: {failures[-1].reason}"
        )
    left_out = tuple(FailedPiece(str(problem.path), problem.reason) for problem in reading.left_out)
    manifest = Manifest(layout, tuple(entries), tuple(failures), left_out)
    write_manifest(cache, manifest)
    return manifest


def prepare_piece(
    piece: Piece,
    cache: Path,
    visual: VisualFactory | None = None,
    pose: PoseOptions = PoseOptions(),
) -> CachedPiece | FailedPiece:
    """Compute and write one piece unless it is there. Never raises on a broken source file."""
    source = fingerprint(piece, visual, pose)
    entry = cached_entry(cache, piece.name, source)
    if entry is not None:
        # The lists of the data set may have changed since.
        return replace(entry, **{label: text for label, text in _labels(piece).items() if text})
    try:
        features = extract(piece, visual, pose)
        entry = CachedPiece(
            **{**_labels(piece), "genre": piece.genre or features.genre},
            name=piece.name,
            seconds=features.seconds,
            holds=tuple(features.arrays),
            bpm=features.bpm,
            steadiness=features.steadiness,
            found=features.found,
            visual_rate=features.visual_rate,
        )
        write_piece(cache, entry, features.arrays, source)
    except Exception as error:  # a broken file can fail anywhere inside a decoder
        return FailedPiece(
            str(piece.motion.path if piece.motion else piece.music),
            str(error) or type(error).__name__,
        )
    return entry


def fingerprint(
    piece: Piece, visual: VisualFactory | None, pose: PoseOptions = PoseOptions()
) -> str:
    """Name, size and time of the source files, the visual encoder and the pose's door, hashed."""
    marks = [repr(visual) if piece.video else ""]
    if piece.motion and piece.motion.kind is MotionKind.VIDEO:
        marks.append(pose.facts())
    motion = (piece.motion.path, piece.motion.keypoints3d) if piece.motion else ()
    for path in (*motion, piece.music, piece.video):
        if path is not None and path.exists():
            stat = path.stat()
            marks.append(f"{path.name} {stat.st_size} {stat.st_mtime_ns}")
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()


def _labels(piece: Piece) -> dict[str, Any]:
    labels = ("song", "split", "genre", "style", "licence")
    return {label: getattr(piece, label) for label in labels}


def _reported(
    results: Iterator[CachedPiece | FailedPiece], reading: Reading, progress: Progress
) -> Iterator[CachedPiece | FailedPiece]:
    total = len(reading.pieces)
    progress("pieces", 0, total)
    for done, result in enumerate(results, start=1):
        yield result
        progress("pieces", done, total)
